/**
 * Clusters as a black box: real processes and real clients, faults, and the judgement over what was
 * acknowledged. All of it is test code, beside this; it knows the cluster by its ports only.
 */
@NullMarked
package io.flotilla.chaos;

import org.jspecify.annotations.NullMarked;
