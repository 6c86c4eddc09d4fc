package io.flotilla.node.admin;

import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The digests of one CHECK, and what follows from them: whether the replicas agree, and who stands
 * against a majority. Pure.
 *
 * <p>A replica is <em>outvoted</em> if a strict majority of all voters, the silent ones counted,
 * found one and the same other digest. So whoever is outvoted is in a minority, and never are so
 * many outvoted that the others are none. What is not clear outvotes nobody: voters that are just
 * being changed, a replica that is no voter, and digests made by another version of the program,
 * which may write down equal states differently.
 *
 * @param voters of the group; others' digests count for nothing
 * @param found by each node that told
 */
record Findings(Voters voters, Map<NodeId, Finding> found) {
  /** A replica's digest, and the version of the program that made it. */
  record Finding(String digest, String version) {}

  /** What a CHECK showed. */
  enum Outcome {
    /** All voters found the same. */
    AGREED,
    /** Some did not tell, and the others found the same. */
    INCOMPLETE,
    /** Two voters found different things. */
    DISAGREED
  }

  Findings {
    found = Map.copyOf(found);
  }

  Outcome outcome() {
    Set<String> digests = new HashSet<>();
    int told = 0;
    for (NodeId voter : voters.current()) {
      Finding finding = found.get(voter);
      if (finding != null) {
        digests.add(finding.digest);
        told++;
      }
    }
    if (digests.size() > 1) {
      return Outcome.DISAGREED;
    }
    return told > 0 && told == voters.current().size() ? Outcome.AGREED : Outcome.INCOMPLETE;
  }

  boolean isOutvoted(NodeId voter) {
    return !against(voter).isEmpty();
  }

  /** All who are outvoted, in order. */
  Set<NodeId> outvoted() {
    Set<NodeId> outvoted = new TreeSet<>(voters.current());
    outvoted.removeIf(voter -> !isOutvoted(voter));
    return outvoted;
  }

  /** The majority that found one other digest than this voter, in order; empty if there is none. */
  Set<NodeId> against(NodeId voter) {
    Finding own = found.get(voter);
    if (own == null || !voters.old().isEmpty() || !voters.current().contains(voter)) {
      return Set.of();
    }
    for (Finding other : found.values()) {
      if (!other.digest.equals(own.digest) && other.version.equals(own.version)) {
        Set<NodeId> same = new TreeSet<>(voters.current());
        same.removeIf(each -> !isSame(found.get(each), other));
        if (2 * same.size() > voters.current().size()) {
          return same;
        }
      }
    }
    return Set.of();
  }

  private static boolean isSame(@Nullable Finding one, Finding other) {
    return other.equals(one);
  }
}
