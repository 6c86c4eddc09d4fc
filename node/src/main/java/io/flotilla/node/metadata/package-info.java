/**
 * Hosts the metadata group and publishes what it says: the immutable {@code ClusterView}, and soft
 * hints of who leads.
 */
@NullMarked
package io.flotilla.node.metadata;

import org.jspecify.annotations.NullMarked;
