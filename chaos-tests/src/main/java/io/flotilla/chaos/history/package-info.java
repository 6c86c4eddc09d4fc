/** What clients asked, when, and what they were told: the evidence that checkers judge. */
@NullMarked
package io.flotilla.chaos.history;

import org.jspecify.annotations.NullMarked;
