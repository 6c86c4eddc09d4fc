/**
 * Typed settings and every limit of a node, each with its reason; an unknown key refuses to start.
 */
@NullMarked
package io.flotilla.node.config;

import org.jspecify.annotations.NullMarked;
