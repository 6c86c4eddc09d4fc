/**
 * Commands that the node answers itself: connection, server and cluster, a file for those that
 * share a thought; rows on top, functions below, and {@link io.flotilla.node.commands.NodeCommands}
 * to put them together.
 */
@NullMarked
package io.flotilla.node.commands;

import org.jspecify.annotations.NullMarked;
