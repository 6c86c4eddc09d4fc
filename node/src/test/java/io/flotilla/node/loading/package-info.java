/** Imports, against machines without a network and with all the faults that one has. */
@NullMarked
package io.flotilla.node.loading;

import org.jspecify.annotations.NullMarked;
