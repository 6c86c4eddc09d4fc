/** What the operator's hand is held to. */
@NullMarked
package io.flotilla.cli;

import org.jspecify.annotations.NullMarked;
