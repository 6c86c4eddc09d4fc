/** Faults: what they do, whom they hit, how they are healed. */
@NullMarked
package io.flotilla.chaos.nemesis;

import org.jspecify.annotations.NullMarked;
