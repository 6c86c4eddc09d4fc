/** Versioned chunks of a shard's state, slot by slot: Raft snapshots, slot moves and digests. */
@NullMarked
package io.flotilla.statemachine.snapshot;

import org.jspecify.annotations.NullMarked;
