package io.flotilla.statemachine.log;

import io.flotilla.statemachine.metadata.NodeId;

/**
 * A batch's name, unique for ever: who gathered it, in which life of that process, and as which of
 * its batches. A node that lost the leadership recognises by it what it had proposed.
 *
 * @param node the proposing node
 * @param incarnation a number that each start of that node draws anew
 * @param number counted up from 1 in each incarnation, over all shards
 */
public record BatchId(NodeId node, long incarnation, long number) {}
