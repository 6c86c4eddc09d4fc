/** Clusters of real node processes, started by the launcher as anybody would start them. */
@NullMarked
package io.flotilla.chaos.cluster;

import org.jspecify.annotations.NullMarked;
