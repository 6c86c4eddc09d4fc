/** The sorted set commands that do not block. */
@NullMarked
package io.flotilla.statemachine.commands.sortedsets;

import org.jspecify.annotations.NullMarked;
