package io.flotilla.node.proposal;

import java.util.List;

/**
 * The answer to a {@link Confirm}.
 *
 * @param incarnation the question's, given back
 * @param round the question's, given back
 * @param groups the current terms of those groups that the answering node has; a group that it has
 *     not (yet) is left out and is no vote
 */
public record Confirmed(long incarnation, long round, List<GroupTerm> groups) {
  public Confirmed {
    groups = List.copyOf(groups);
  }
}
