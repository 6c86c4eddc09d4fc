/** Redis's own test suite, run against a cluster and judged name by name. */
@NullMarked
package io.flotilla.conformance;

import org.jspecify.annotations.NullMarked;
