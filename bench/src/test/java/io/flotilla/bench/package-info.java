/** The harness's own arithmetic is held here; its figures are not. */
@NullMarked
package io.flotilla.bench;

import org.jspecify.annotations.NullMarked;
