/**
 * The Redis protocol on sockets: the Netty pipeline, the request decoder, the RESP2 and RESP3
 * encoder, and the limits that keep one client, or all of them, from filling the node's memory.
 */
@NullMarked
package io.flotilla.node.resp;

import org.jspecify.annotations.NullMarked;
