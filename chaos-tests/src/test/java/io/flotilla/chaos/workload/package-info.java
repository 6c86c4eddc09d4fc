/** What clients do during a chaos run, and the judgement over each kind of it. */
@NullMarked
package io.flotilla.chaos.workload;

import org.jspecify.annotations.NullMarked;
