/** The kernel: what a command is, how its arguments are read, and what it may touch. */
@NullMarked
package io.flotilla.statemachine.command;

import org.jspecify.annotations.NullMarked;
