/** The set commands. */
@NullMarked
package io.flotilla.statemachine.commands.sets;

import org.jspecify.annotations.NullMarked;
