/**
 * The differential fuzzer: random commands of all families, asked of the bare machine and of a real
 * Redis, and what differs made small.
 */
@NullMarked
package io.flotilla.statemachine.fuzz;

import org.jspecify.annotations.NullMarked;
