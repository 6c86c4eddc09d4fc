/**
 * Key to value: type checks, deadlines, versions for WATCH, and the slot as the unit of everything.
 */
@NullMarked
package io.flotilla.statemachine.keyspace;

import org.jspecify.annotations.NullMarked;
