/**
 * Structures and codecs by themselves, measured with JMH: classes that its generator extends, hence
 * public and not final.
 */
@NullMarked
package io.flotilla.bench.jmh;

import org.jspecify.annotations.NullMarked;
