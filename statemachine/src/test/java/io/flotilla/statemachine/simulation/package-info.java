/**
 * The shard's machine over a model of a replicated log, under a seeded scheduler: thousands of
 * histories without a thread.
 */
@NullMarked
package io.flotilla.statemachine.simulation;

import org.jspecify.annotations.NullMarked;
