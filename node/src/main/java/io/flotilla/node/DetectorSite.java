package io.flotilla.node;

import io.flotilla.node.admin.AdminException;
import io.flotilla.node.admin.DivergenceDetector;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running node as the detector sees it: what it leads, and how it stops. */
final class DetectorSite implements DivergenceDetector.Site {
  private static final Logger log = LoggerFactory.getLogger(DetectorSite.class);

  /** How long one hand-over of a leadership may take. */
  private static final Duration HAND_OVER_TIMEOUT = Duration.ofSeconds(3);

  private final RunningNode running;

  DetectorSite(RunningNode running) {
    this.running = running;
  }

  @Override
  public SortedMap<Integer, GroupId> checkable() {
    SortedMap<Integer, GroupId> led = new TreeMap<>();
    RunningNode.Member member = running.member();
    if (member != null) {
      for (ClusterView.Shard shard : running.views().get().shards()) {
        ShardReplica replica = member.shards().shard(shard.group());
        if (replica != null && replica.isLeading() && !replica.isChecking()) {
          led.put(shard.number(), shard.group());
        }
      }
    }
    return led;
  }

  @Override
  public @Nullable Voters voters(GroupId group) {
    RunningNode.Member member = running.member();
    ShardLog raft = member == null ? null : member.raft().log(group);
    return raft == null ? null : raft.voters();
  }

  /**
   * A node stops as a whole, so the groups whose state is right must be able to spare it: two nodes
   * that are each contradicted in another shard must not end together.
   */
  @Override
  public @Nullable String objection() {
    RunningNode.Member member = running.member();
    if (member == null) {
      return "this node belongs to no cluster";
    }
    for (GroupId group : member.raft().groups()) {
      Voters voters = voters(group);
      if (voters != null && !(livesWithout(voters.current()) && livesWithout(voters.old()))) {
        return "group " + group + " would be left without a majority of living voters";
      }
    }
    return null;
  }

  private boolean livesWithout(Set<NodeId> voters) {
    NodeId self = running.directory().nodeId();
    long living = voters.stream().filter(v -> !v.equals(self) && running.isAlive(v)).count();
    return !voters.contains(self) || 2 * living > voters.size();
  }

  @Override
  public void stop(GroupId group, Set<NodeId> right, String why) {
    stepDown(group, right);
    running.distrust(why);
  }

  /** Has one of those lead the group whose state is right. */
  private void stepDown(GroupId group, Set<NodeId> right) {
    RunningNode.Member member = running.member();
    for (NodeId to : right) {
      ShardLog raft = member == null ? null : member.raft().log(group);
      if (member == null || raft == null || !raft.isLeader()) {
        return;
      }
      try {
        Groups.settled(member.raft().transferLeadership(group, to), HAND_OVER_TIMEOUT);
      } catch (AdminException e) {
        log.warn("group {}: not handed over to {}: {}", group, to.brief(), e.getMessage());
      }
    }
  }
}
