/** The operator's service and the calls between nodes, over gRPC: the only room that knows it. */
@NullMarked
package io.flotilla.node.admin;

import org.jspecify.annotations.NullMarked;
