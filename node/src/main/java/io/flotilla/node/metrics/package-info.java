/** Counters and gauges for Prometheus, and the node's health, over HTTP. */
@NullMarked
package io.flotilla.node.metrics;

import org.jspecify.annotations.NullMarked;
