/**
 * Node-to-node frames over Netty: confirmation rounds, leader hints, questions, and later fan-out.
 */
@NullMarked
package io.flotilla.node.peer;

import org.jspecify.annotations.NullMarked;
