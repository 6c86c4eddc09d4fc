package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ReplicatedMachine;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardLoop;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The plainest machine: it keeps the entries in their order, as text. It checks what every machine
 * may rely on, and notes what it was told.
 */
public final class JournalMachine implements ReplicatedMachine {
  private final ShardLoop loop;
  private final List<String> entries = new CopyOnWriteArrayList<>();
  private final List<String> faults = new CopyOnWriteArrayList<>();
  private final List<String> leaders = new CopyOnWriteArrayList<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private long term = -1;
  private long index = -1;
  private final AtomicInteger restored = new AtomicInteger();
  private volatile Consumer<String> beforeApply = entry -> {};
  private volatile @Nullable CountDownLatch snapshotGate;

  public JournalMachine(ShardLog log, ShardLoop loop) {
    this.loop = loop;
    if (log.lastApplied().index() != -1) {
      faults.add("a new replica has applied " + log.lastApplied());
    }
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own) {
    step(term, index);
    String text = StandardCharsets.UTF_8.decode(entry).toString();
    beforeApply.accept(text);
    entries.add(text);
    if (own instanceof TestProposal mine) {
      mine.applied(new LogPosition(term, index), text);
    } else if (own != null) {
      faults.add("a foreign proposal at " + index);
    }
    busy.set(false);
  }

  @Override
  public void pass(long term, long index) {
    step(term, index);
    busy.set(false);
  }

  private void step(long newTerm, long newIndex) {
    if (!loop.isOnLoop() || !busy.compareAndSet(false, true)) {
      faults.add("not alone at " + newIndex);
    }
    if (newIndex != index + 1 || newTerm < term) {
      faults.add("(" + newTerm + ", " + newIndex + ") after (" + term + ", " + index + ")");
    }
    term = newTerm;
    index = newIndex;
  }

  @Override
  public void leaderChanged(ShardLog.@Nullable LeaderHint leader, boolean selfIsLeader) {
    leaders.add(
        (leader == null ? "nobody" : leader.node().brief() + "@" + leader.term())
            + (selfIsLeader ? " me" : ""));
  }

  @Override
  public SnapshotCut beginSnapshot() {
    List<String> frozen = new ArrayList<>(entries);
    LogPosition position = new LogPosition(term, index);
    CountDownLatch gate = snapshotGate;
    return new SnapshotCut() {
      @Override
      public LogPosition position() {
        return position;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        if (gate != null) {
          try {
            gate.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        }
        for (String entry : frozen) {
          out.write((entry + "\n").getBytes(StandardCharsets.UTF_8));
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void restore(LogPosition position, InputStream snapshot) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(snapshot, StandardCharsets.UTF_8));
    List<String> all = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      all.add(line);
    }
    entries.clear();
    entries.addAll(all);
    term = position.term();
    index = position.index();
    restored.incrementAndGet();
  }

  /** The entries so far, in order. */
  public List<String> entries() {
    return List.copyOf(entries);
  }

  /** What broke the contract of {@link ReplicatedMachine}; empty in a good world. */
  public List<String> faults() {
    return List.copyOf(faults);
  }

  /** What it was told of leaders, in order. */
  public List<String> leaders() {
    return List.copyOf(leaders);
  }

  /** How often it took a snapshot in. */
  public int restored() {
    return restored.get();
  }

  /** Runs before each entry is applied; what it throws is thrown at apply. */
  public void beforeApply(Consumer<String> hook) {
    beforeApply = hook;
  }

  /** Snapshots that begin from now on are not written before the latch opens. */
  public void holdSnapshotsUntil(CountDownLatch gate) {
    snapshotGate = gate;
  }
}
