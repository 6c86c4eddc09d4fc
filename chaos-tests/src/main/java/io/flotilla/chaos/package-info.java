/**
 * Clusters as a black box: what clients were told, and the judgement over it. Here stand the
 * histories and their checkers, which know nothing of Flotilla; the clusters, clients and faults
 * are test code beside this, and know the cluster by its ports only.
 */
@NullMarked
package io.flotilla.chaos;

import org.jspecify.annotations.NullMarked;
