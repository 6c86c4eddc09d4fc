/** Clients that exist, unchanged, against a cluster. */
@NullMarked
package io.flotilla.chaos.clients;

import org.jspecify.annotations.NullMarked;
