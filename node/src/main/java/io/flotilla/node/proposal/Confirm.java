package io.flotilla.node.proposal;

import java.util.List;

/**
 * The question of a confirmation round to one node: what are your terms of these groups?
 *
 * @param incarnation the asking process: an answer to an earlier process of the node is no answer
 * @param round the asker's number of the round, from 1, never used twice in one incarnation
 * @param groups the groups whose voter the asked node is, with the term in which the asker leads
 */
public record Confirm(long incarnation, long round, List<GroupTerm> groups) {
  public Confirm {
    groups = List.copyOf(groups);
  }
}
