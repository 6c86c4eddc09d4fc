/** Chaos runs: a cluster, workloads and faults at once, then the judgement and the report. */
@NullMarked
package io.flotilla.chaos.harness;

import org.jspecify.annotations.NullMarked;
