package io.flotilla.node.metadata;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.Deque;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * The metadata group's log as a test wants it: it leads or not, and applies a proposal, loses it or
 * keeps silent about it.
 */
public final class FakeLog implements ShardLog {
  public static final GroupId GROUP = new GroupId(new UUID(7, 7));

  private final NodeId self;
  public final Deque<Proposal> proposed = new ConcurrentLinkedDeque<>();
  public volatile boolean leading = true;

  /** Whether each proposal is applied at once; else it waits in {@link #proposed}. */
  public volatile boolean applies;

  private long index;
  private @Nullable MetadataGroup group;

  public FakeLog(NodeId self) {
    this.self = self;
  }

  /** A metadata group on this log. */
  public MetadataGroup group(ClusterViews views, LeaderHints hints) {
    MetadataGroup made = new MetadataGroup(this, views, hints, (checkId, at, digest) -> {});
    group = made;
    return made;
  }

  /** Commits and applies a proposal here. */
  public synchronized void apply(Proposal proposal) {
    if (group != null) {
      group.apply(1, ++index, proposal.entry(), proposal);
    }
  }

  /** Applies an entry that some other node proposed. */
  public synchronized void apply(MetadataEntry entry) {
    if (group != null) {
      group.apply(1, ++index, entry.toByteString().asReadOnlyByteBuffer(), null);
    }
  }

  @Override
  public void propose(Proposal proposal) {
    if (!leading) {
      proposal.refused(Proposal.Refusal.NOT_LEADER);
    } else if (applies) {
      apply(proposal);
    } else {
      proposed.add(proposal);
    }
  }

  @Override
  public GroupId group() {
    return GROUP;
  }

  @Override
  public NodeId self() {
    return self;
  }

  @Override
  public long currentTerm() {
    return 1;
  }

  @Override
  public boolean isLeaderReady() {
    return leading;
  }

  @Override
  public boolean isLeader() {
    return leading;
  }

  @Override
  public synchronized long committedIndex() {
    return index;
  }

  @Override
  public synchronized LogPosition lastApplied() {
    return new LogPosition(1, index);
  }

  @Override
  public @Nullable LeaderHint leader() {
    return leading ? new LeaderHint(1, self) : null;
  }

  @Override
  public Voters voters() {
    return new Voters(Set.of(self), Set.of());
  }

  @Override
  public int followersHolding(long at) {
    return 0;
  }

  @Override
  public void stepDown(String reason) {
    leading = false;
  }
}
