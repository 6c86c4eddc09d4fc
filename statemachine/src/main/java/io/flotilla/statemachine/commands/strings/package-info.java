/** The string family: values that are bytes, and numbers written as bytes. */
@NullMarked
package io.flotilla.statemachine.commands.strings;

import org.jspecify.annotations.NullMarked;
