/** What the suite prints is read as it is meant. */
@NullMarked
package io.flotilla.conformance;

import org.jspecify.annotations.NullMarked;
