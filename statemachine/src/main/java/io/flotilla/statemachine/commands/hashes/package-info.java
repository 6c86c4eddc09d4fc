/** The hash commands. */
@NullMarked
package io.flotilla.statemachine.commands.hashes;

import org.jspecify.annotations.NullMarked;
