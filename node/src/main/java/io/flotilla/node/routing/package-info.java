/**
 * Where a command goes: from its slots, a frozen view of the cluster and hints of who leads, to
 * {@link io.flotilla.node.routing.Route}. Pure: no sockets, no waiting.
 */
@NullMarked
package io.flotilla.node.routing;

import org.jspecify.annotations.NullMarked;
