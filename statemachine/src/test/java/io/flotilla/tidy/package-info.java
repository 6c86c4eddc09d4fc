/** Checks of the repository's files themselves: what no compiler looks at. */
@NullMarked
package io.flotilla.tidy;

import org.jspecify.annotations.NullMarked;
