/** The stream commands, those on consumer groups included. */
@NullMarked
package io.flotilla.statemachine.commands.streams;

import org.jspecify.annotations.NullMarked;
