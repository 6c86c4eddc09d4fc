/** MULTI, EXEC and their kin: queued by the session, applied as one entry by the machine. */
@NullMarked
package io.flotilla.statemachine.commands.transactions;

import org.jspecify.annotations.NullMarked;
