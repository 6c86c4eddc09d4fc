/** Machine time and deadlines, and the index that finds what is due. */
@NullMarked
package io.flotilla.statemachine.expiry;

import org.jspecify.annotations.NullMarked;
