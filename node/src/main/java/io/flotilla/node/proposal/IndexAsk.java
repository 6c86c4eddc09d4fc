package io.flotilla.node.proposal;

/**
 * A replica's question to the leader: up to which index must I have applied to read what is
 * certainly not old?
 *
 * @param incarnation the asking process
 * @param number the asker's number of the question, never used twice in one incarnation
 */
public record IndexAsk(long incarnation, long number, GroupId group) {}
