/**
 * The other machine: nodes, shards, slot owners, epochs, users, functions and settings, on which
 * the whole cluster agrees.
 */
@NullMarked
package io.flotilla.statemachine.metadata;

import org.jspecify.annotations.NullMarked;
