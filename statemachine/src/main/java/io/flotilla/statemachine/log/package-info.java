/** What may stand in a Raft log for ever: the kinds of entries and their codec. */
@NullMarked
package io.flotilla.statemachine.log;

import org.jspecify.annotations.NullMarked;
