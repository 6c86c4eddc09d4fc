package io.flotilla.statemachine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A shard of several replicas over a model of Raft: one committed log, replicas that apply it at
 * their own pace, crash, restart from their last durable snapshot, are given a snapshot instead of
 * the log, and leaders with clocks that disagree.
 *
 * <p>What it holds at every step: whoever applies entry <i>i</i> gives the same replies to it;
 * whoever reports CHECK <i>c</i> reports the same digest; machine time never runs back.
 */
final class ModelShard {
  /** A committed entry; empty bytes are Raft's own. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Committed(long term, byte[] bytes) {}

  private final CommandTable table;
  private final List<Committed> log = new ArrayList<>();
  private final Map<Long, List<String>> repliesByIndex = new HashMap<>();
  private final Map<Long, String> digests = new HashMap<>();
  private final List<Replica> replicas = new ArrayList<>();
  private long term;
  private int leader;

  ModelShard(CommandTable table, int size) {
    this.table = table;
    for (int i = 0; i < size; i++) {
      replicas.add(new Replica());
    }
    elect(0);
  }

  /** One replica: what it has in memory, and what is durable. */
  final class Replica {
    private ShardMachine machine = newMachine();
    private @Nullable ByteArrayOutputStream writing;
    private long writingIndex;
    private byte @Nullable [] durable;
    private long durableIndex = -1;

    /** This node's wall clock is off by so much. */
    long skewMillis;

    ShardMachine machine() {
      return machine;
    }

    boolean maybeApply() {
      long index = machine.appliedIndex() + 1;
      if (index >= log.size()) {
        return false;
      }
      Committed committed = log.get((int) index);
      long before = machine.machineTimeMillis();
      if (committed.bytes.length == 0) {
        machine.pass(committed.term, index);
      } else {
        List<String> replies =
            Shown.replies(
                machine.apply(
                    committed.term, index, EntryCodec.decode(ByteBuffer.wrap(committed.bytes))));
        List<String> known = repliesByIndex.putIfAbsent(index, replies);
        if (known != null) {
          assertThat(replies).as("replies to entry %s", index).isEqualTo(known);
        }
      }
      assertThat(machine.machineTimeMillis()).isGreaterThanOrEqualTo(before);
      return true;
    }

    void catchUp() {
      while (maybeApply()) {
        assertThat(machine.appliedIndex()).isLessThan(log.size());
      }
    }

    void step(int keys) {
      machine.step(keys);
    }

    void beginSnapshot() {
      if (writing == null && machine.appliedIndex() > durableIndex) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writing = out;
        writingIndex = machine.beginSnapshot(out::writeBytes).index();
      }
    }

    void finishSnapshot() {
      ByteArrayOutputStream out = writing;
      if (out != null) {
        while (machine.step(50)) {
          assertThat(machine.hasWork()).isTrue();
        }
        durable = out.toByteArray();
        durableIndex = writingIndex;
        writing = null;
      }
    }

    /** Loses what was in memory, a snapshot in the making included. */
    void crash() {
      machine = newMachine();
      writing = null;
      if (durable != null) {
        restore(durable);
      }
    }

    /** Gets another replica's snapshot, as a follower does that lags behind the purged log. */
    void install(Replica from) {
      if (from.durable != null && from.durableIndex > machine.appliedIndex()) {
        restore(from.durable);
        durable = from.durable;
        durableIndex = from.durableIndex;
        writing = null;
      }
    }

    private void restore(byte[] snapshot) {
      try {
        machine.restore(new ByteArrayInputStream(snapshot));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private ShardMachine newMachine() {
      return new ShardMachine(table, 42, this::checked);
    }

    private void checked(Check check) {
      String known = digests.putIfAbsent(check.checkId(), check.digest());
      if (known != null) {
        assertThat(check.digest())
            .as("digest of check %s at %s", check.checkId(), check.index())
            .isEqualTo(known);
      }
    }
  }

  int size() {
    return replicas.size();
  }

  Replica replica(int number) {
    return replicas.get(number);
  }

  Replica leader() {
    return replicas.get(leader);
  }

  int leaderNumber() {
    return leader;
  }

  long checksAgreed() {
    return digests.size();
  }

  /** Elects a replica: a new term, with an entry of Raft's own. */
  void elect(int number) {
    leader = number;
    term++;
    log.add(new Committed(term, new byte[0]));
  }

  /** Commits an entry in the current term; its index. */
  long commit(Entry entry) {
    log.add(new Committed(term, EntryCodec.encode(entry)));
    return log.size() - 1L;
  }

  /** The replies that whoever applied this entry first gave. */
  List<String> repliesTo(long index) {
    return Objects.requireNonNull(repliesByIndex.get(index), "nobody has applied it");
  }
}
