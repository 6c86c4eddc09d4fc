/**
 * Load harnesses: Flotilla's node processes beside redis-server on the same machine in the same
 * run.
 */
@NullMarked
package io.flotilla.bench;

import org.jspecify.annotations.NullMarked;
