/** The list commands that do not block. */
@NullMarked
package io.flotilla.statemachine.commands.lists;

import org.jspecify.annotations.NullMarked;
