/** The generic family: commands on keys of any type. */
@NullMarked
package io.flotilla.statemachine.commands.keys;

import org.jspecify.annotations.NullMarked;
