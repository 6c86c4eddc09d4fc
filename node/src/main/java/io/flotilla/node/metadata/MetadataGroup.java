package io.flotilla.node.metadata;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.statemachine.metadata.MetadataMachine;
import io.flotilla.statemachine.metadata.MetadataSnapshot;
import io.flotilla.statemachine.metadata.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's replica of the metadata group: the machine, its log, and the views that it publishes.
 *
 * <p>Voters and listeners run the same; only a leader's proposals are taken. The machine lives on
 * the group's loop; {@link #state} and the published view are immutable and may be read anywhere.
 */
public final class MetadataGroup implements ReplicatedMachine {
  private static final Logger log = LoggerFactory.getLogger(MetadataGroup.class);

  private final GroupId group;
  private final ShardLog raft;
  private final ClusterViews views;
  private final LeaderHints hints;
  private final MetadataMachine.Checks checks;
  private MetadataMachine machine;
  private LogPosition applied = LogPosition.NONE;
  private volatile MetadataState state = MetadataState.getDefaultInstance();

  /**
   * A replica.
   *
   * @param checks hears what CHECK entries find here
   */
  public MetadataGroup(
      ShardLog raft, ClusterViews views, LeaderHints hints, MetadataMachine.Checks checks) {
    this.checks = checks;
    this.machine = new MetadataMachine(checks);
    this.group = raft.group();
    this.raft = raft;
    this.views = views;
    this.hints = hints;
  }

  /** The group's id. */
  public GroupId id() {
    return group;
  }

  /** The replica's log. */
  public ShardLog log() {
    return raft;
  }

  /** The state as last applied here; empty before the cluster is formed. */
  public MetadataState state() {
    return state;
  }

  /** What came of a proposal. */
  public sealed interface Outcome {
    /**
     * The entry was applied at this place here (or somewhere, where another node tells), with this
     * verdict.
     */
    record Decided(Verdict verdict, LogPosition position) implements Outcome {}

    /** The entry did not reach the log. */
    record NotDone(String why) implements Outcome {}

    /** The entry may be applied later. */
    record Unknown(String why) implements Outcome {}
  }

  /**
   * Proposes a change to the local replica; any thread; the outcome is told once, on the loop or on
   * a thread of the log.
   */
  public void propose(MetadataEntry entry, Consumer<Outcome> then) {
    raft.propose(new Change(entry.toByteString().asReadOnlyByteBuffer(), then));
  }

  private static final class Change implements Proposal {
    private final ByteBuffer bytes;
    private final Consumer<Outcome> then;
    private final AtomicBoolean told = new AtomicBoolean();

    Change(ByteBuffer bytes, Consumer<Outcome> then) {
      this.bytes = bytes;
      this.then = then;
    }

    /** An entry may be applied after its outcome was told to be unknown: the first word counts. */
    void tell(Outcome outcome) {
      if (told.compareAndSet(false, true)) {
        then.accept(outcome);
      }
    }

    @Override
    public ByteBuffer entry() {
      return bytes;
    }

    @Override
    public void refused(Refusal why) {
      tell(new Outcome.NotDone(why.name()));
    }

    @Override
    public void unknown(String why) {
      tell(new Outcome.Unknown(why));
    }
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own) {
    long epochBefore = machine.epoch();
    Verdict verdict = machine.apply(index, entry);
    applied = new LogPosition(term, index);
    if (verdict instanceof Verdict.Applied) {
      publish();
      if (machine.epoch() != epochBefore) {
        log.info(
            "the cluster's epoch is {} (was {}), metadata entry {}",
            machine.epoch(),
            epochBefore,
            index);
      }
    }
    if (own instanceof Change change) {
      change.tell(new Outcome.Decided(verdict, applied));
    }
  }

  @Override
  public void pass(long term, long index) {
    applied = new LogPosition(term, index);
  }

  @Override
  public void leaderChanged(@Nullable LeaderHint leader, boolean selfIsLeader) {
    if (leader == null) {
      return;
    }
    if (selfIsLeader) {
      log.info("node {} leads the metadata group at term {}", raft.self().brief(), leader.term());
      hints.confirmed(group, leader);
    } else {
      hints.offer(group, leader);
    }
  }

  @Override
  public SnapshotCut beginSnapshot() {
    MetadataState cut = state;
    LogPosition position = applied;
    return new SnapshotCut() {
      @Override
      public LogPosition position() {
        return position;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        out.write(MetadataSnapshot.encode(cut));
      }

      @Override
      public void close() {
        // Holds nothing.
      }
    };
  }

  @Override
  public void restore(LogPosition position, InputStream snapshot) throws IOException {
    byte[] bytes = snapshot.readNBytes(MetadataSnapshot.MAX_BYTES);
    MetadataMachine restored;
    try {
      restored = MetadataMachine.of(MetadataSnapshot.decode(bytes), checks);
    } catch (MetadataSnapshot.Corrupt e) {
      throw new IOException("metadata snapshot at " + position + ": " + e.getMessage(), e);
    }
    machine = restored;
    applied = position;
    if (machine.formed()) {
      publish();
    }
  }

  private void publish() {
    MetadataState next = machine.state();
    state = next;
    views.publish(Views.of(next));
  }
}
