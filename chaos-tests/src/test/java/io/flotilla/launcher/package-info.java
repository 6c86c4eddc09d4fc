/** The scripts under bin/, run as a user runs them. */
@NullMarked
package io.flotilla.launcher;

import org.jspecify.annotations.NullMarked;
