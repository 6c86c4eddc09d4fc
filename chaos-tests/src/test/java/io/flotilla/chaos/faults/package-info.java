/** What a cluster does when it is hurt, or told nonsense. */
@NullMarked
package io.flotilla.chaos.faults;

import org.jspecify.annotations.NullMarked;
