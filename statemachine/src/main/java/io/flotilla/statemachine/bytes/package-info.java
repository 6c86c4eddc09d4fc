/** Binary-safe strings: Redis-exact number parsing and formatting, patterns, and the hash slot. */
@NullMarked
package io.flotilla.statemachine.bytes;

import org.jspecify.annotations.NullMarked;
