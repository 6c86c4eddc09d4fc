/** Loads the keys of Redis's dump files into the shards, wherever they are led. */
@NullMarked
package io.flotilla.node.loading;

import org.jspecify.annotations.NullMarked;
