/** The checkers' own proof: known verdicts, brute force, generated histories, mutation. */
@NullMarked
package io.flotilla.chaos.check;

import org.jspecify.annotations.NullMarked;
