/** Counts of distinct elements in strings of at most 12 KB. */
@NullMarked
package io.flotilla.statemachine.commands.hyperloglogs;

import org.jspecify.annotations.NullMarked;
