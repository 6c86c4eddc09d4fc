/**
 * One connection's conversation: who it is, its MULTI queue, the order of its replies, and where
 * its commands go; with what all connections of a node share. Node commands are bound here and
 * written in {@code node.commands}.
 */
@NullMarked
package io.flotilla.node.session;

import org.jspecify.annotations.NullMarked;
