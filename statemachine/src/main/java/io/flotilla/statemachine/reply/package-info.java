/** What a command answers, before RESP2 or RESP3 gives it bytes. */
@NullMarked
package io.flotilla.statemachine.reply;

import org.jspecify.annotations.NullMarked;
