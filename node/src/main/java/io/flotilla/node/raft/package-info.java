/**
 * Implements the ports of {@link io.flotilla.node.proposal} on Apache Ratis; the only room that
 * knows {@code org.apache.ratis}.
 */
@NullMarked
package io.flotilla.node.raft;

import org.jspecify.annotations.NullMarked;
