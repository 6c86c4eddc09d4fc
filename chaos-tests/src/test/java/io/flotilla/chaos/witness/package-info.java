/**
 * The committed log as a second witness: read from the nodes' files, compared with what clients
 * saw.
 */
@NullMarked
package io.flotilla.chaos.witness;

import org.jspecify.annotations.NullMarked;
