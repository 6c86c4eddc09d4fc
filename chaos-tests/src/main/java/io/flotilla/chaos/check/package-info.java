/** Checkers of histories: linearizability, list-append, and what single workloads promise. */
@NullMarked
package io.flotilla.chaos.check;

import org.jspecify.annotations.NullMarked;
