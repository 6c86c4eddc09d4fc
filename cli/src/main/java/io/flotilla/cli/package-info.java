/** The operator's hand: commands over the admin gRPC API, and local clusters of node processes. */
@NullMarked
package io.flotilla.cli;

import org.jspecify.annotations.NullMarked;
