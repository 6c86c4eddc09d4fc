/** The Redis protocol, raw: what is sent is sent once, and what comes back is told as it is. */
@NullMarked
package io.flotilla.chaos.resp;

import org.jspecify.annotations.NullMarked;
