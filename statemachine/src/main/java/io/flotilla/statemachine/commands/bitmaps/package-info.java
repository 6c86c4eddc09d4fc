/** Strings as arrays of bits: bits, counts, searches, operations and integers of any width. */
@NullMarked
package io.flotilla.statemachine.commands.bitmaps;

import org.jspecify.annotations.NullMarked;
