/**
 * Gathers a shard's commands into log entries, matches replies to askers, and answers linearizable
 * reads; owns the {@link io.flotilla.node.proposal.ShardLog} port that {@code node.raft}
 * implements.
 */
@NullMarked
package io.flotilla.node.proposal;

import org.jspecify.annotations.NullMarked;
