/** The front door of the shard's machine, entry by entry. */
@NullMarked
package io.flotilla.statemachine.apply;

import org.jspecify.annotations.NullMarked;
