/** The front door: applies log entries to a shard's state and runs reads on it. */
@NullMarked
package io.flotilla.statemachine.apply;

import org.jspecify.annotations.NullMarked;
