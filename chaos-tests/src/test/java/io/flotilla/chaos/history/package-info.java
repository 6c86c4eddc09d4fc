/** Histories, tested. */
@NullMarked
package io.flotilla.chaos.history;

import org.jspecify.annotations.NullMarked;
