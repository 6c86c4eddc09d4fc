/** All families of data commands, side by side; none knows another. */
@NullMarked
package io.flotilla.statemachine.commands;

import org.jspecify.annotations.NullMarked;
