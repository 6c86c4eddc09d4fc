/** The shape of this module, held by tests: which package may know which, and what none may use. */
@NullMarked
package io.flotilla.architecture;

import org.jspecify.annotations.NullMarked;
