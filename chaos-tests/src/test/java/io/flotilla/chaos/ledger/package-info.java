/** A load whose every acknowledged write is written down, and the check that none is missing. */
@NullMarked
package io.flotilla.chaos.ledger;

import org.jspecify.annotations.NullMarked;
