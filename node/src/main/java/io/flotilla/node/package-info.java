/** The node's process: what is made, started and stopped, and in which order. */
@NullMarked
package io.flotilla.node;

import org.jspecify.annotations.NullMarked;
