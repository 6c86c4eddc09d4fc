package io.flotilla.node.proposal;

import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A log that does what the test says: it takes proposals in, and the test decides what becomes of
 * each.
 */
final class ScriptedLog implements ShardLog {
  private final GroupId group;
  private final NodeId self;
  final Deque<Proposal> proposed = new ArrayDeque<>();
  long term = 1;
  boolean leading;
  boolean ready;
  long committed = -1;
  LogPosition applied = LogPosition.NONE;
  Voters voters;
  @Nullable LeaderHint hint;
  int stepDowns;

  ScriptedLog(GroupId group, NodeId self) {
    this.group = group;
    this.self = self;
    this.voters = new Voters(Set.of(self), Set.of());
  }

  /** From here on it leads at this term, and is ready. */
  void lead(long newTerm) {
    term = newTerm;
    leading = true;
    ready = true;
    applied = new LogPosition(newTerm, applied.index());
    hint = new LeaderHint(newTerm, self);
  }

  /** It leads no more. */
  void fall() {
    leading = false;
    ready = false;
    hint = null;
  }

  ReadPoint point() {
    return ReadPoint.take(this);
  }

  @Override
  public GroupId group() {
    return group;
  }

  @Override
  public NodeId self() {
    return self;
  }

  @Override
  public void propose(Proposal proposal) {
    proposed.add(proposal);
  }

  @Override
  public long currentTerm() {
    return term;
  }

  @Override
  public boolean isLeaderReady() {
    return leading && ready;
  }

  @Override
  public boolean isLeader() {
    return leading;
  }

  @Override
  public long committedIndex() {
    return committed;
  }

  @Override
  public LogPosition lastApplied() {
    return applied;
  }

  @Override
  public @Nullable LeaderHint leader() {
    return hint;
  }

  @Override
  public Voters voters() {
    return voters;
  }

  @Override
  public int followersHolding(long index) {
    return 0;
  }

  @Override
  public void stepDown(String reason) {
    stepDowns++;
    fall();
  }
}
