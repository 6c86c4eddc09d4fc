package io.flotilla.statemachine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Thousands of histories of one shard: random commands, crashes, restarts, snapshots, installs,
 * elections and clocks that disagree, each from a seed that is printed when it fails. {@link
 * ModelShard} holds replicas against each other; this holds them against a dumb model of keys with
 * deadlines: what a read answers is what the log says, and a key that was seen as expired never
 * comes back.
 *
 * <p>{@code -Dsimulation.seeds=N} runs more, {@code -Dsimulation.seed=S} runs one again.
 */
class ShardSimulationTest {
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final Command GET = Objects.requireNonNull(TABLE.find(Ascii.bytes("get")));
  private static final NodeId NODE = new NodeId("bb".repeat(20));
  private static final int STEPS = 160;

  @Test
  void replicasAgreeAndReadsTellTheTruthInEveryHistory() {
    Long only = Long.getLong("simulation.seed");
    long seeds = only == null ? Long.getLong("simulation.seeds", 1000) : 1;
    long first = only == null ? new Random().nextLong() : only;
    long checks = 0;
    long reads = 0;
    long expiries = 0;
    for (long i = 0; i < seeds; i++) {
      History history = new History(first + i);
      try {
        history.run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("repeat with -Dsimulation.seed=" + (first + i), e);
      }
      checks += history.shard.checksAgreed();
      reads += history.reads;
      expiries += history.seenExpired;
    }
    if (only == null) {
      assertThat(checks).as("checks").isGreaterThan(seeds);
      assertThat(reads).as("reads").isGreaterThan(seeds);
      assertThat(expiries).as("keys that a read saw expire").isGreaterThan(seeds / 10);
    }
  }

  /** What the dumb model knows of a key. */
  private record Known(String value, long deadline) {}

  private static final class History {
    final Random random;
    final ModelShard shard;
    final RandomHistory others;
    final Map<String, Known> model = new HashMap<>();
    final Map<String, Known> gone = new HashMap<>();
    long wall = 10_000_000;
    long lastStamp;
    long number;
    long reads;
    long seenExpired;

    History(long seed) {
      random = new Random(seed);
      shard = new ModelShard(TABLE, 3);
      others = new RandomHistory(TABLE, random, Set.of("flushall", "flushdb"));
      others.beginning().forEach(shard::commit);
      for (int i = 0; i < shard.size(); i++) {
        shard.replica(i).skewMillis = random.nextInt(400) - 200L;
      }
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        wall += random.nextInt(30);
        ModelShard.Replica any = shard.replica(random.nextInt(shard.size()));
        switch (random.nextInt(16)) {
          case 0 -> elect();
          case 1 -> any.crash();
          case 2 -> any.beginSnapshot();
          case 3 -> any.finishSnapshot();
          case 4 -> any.install(shard.replica(random.nextInt(shard.size())));
          case 5 -> shard.commit(new Entry.Check(stamp(), ++number));
          case 6, 7 -> shard.commit(others.next());
          case 8, 9, 10 -> write();
          case 11, 12 -> read();
          case 13 -> any.step(1 + random.nextInt(10));
          default -> any.maybeApply();
        }
      }
      long last = shard.commit(new Entry.Check(stamp(), ++number));
      for (int i = 0; i < shard.size(); i++) {
        shard.replica(i).catchUp();
        while (shard.replica(i).machine().step(100)) {
          assertThat(shard.replica(i).machine().appliedIndex()).isEqualTo(last);
        }
      }
    }

    /**
     * A new leader's time starts at its machine time or its own clock, whichever is later
     * (ARCHITECTURE §2).
     */
    private void elect() {
      shard.elect(random.nextInt(shard.size()));
      shard.leader().catchUp();
      lastStamp = shard.leader().machine().machineTimeMillis();
    }

    private long stamp() {
      lastStamp = Math.max(lastStamp, wall + shard.leader().skewMillis);
      return lastStamp;
    }

    private void write() {
      String key = "{t}" + random.nextInt(4);
      String value = "v" + ++number;
      long stamp = stamp();
      long life = 1L + random.nextInt(120);
      boolean expires = random.nextBoolean();
      byte[][] argv = expires ? argv("SET", key, value, "PX", "" + life) : argv("SET", key, value);
      shard.commit(
          new Entry.Batch(new BatchId(NODE, 2, number), stamp, List.of(new Item.Single(argv))));
      shard.leader().catchUp();
      long machineTime = shard.leader().machine().machineTimeMillis();
      model.put(key, new Known(value, expires ? machineTime + life : Long.MAX_VALUE));
      gone.remove(key);
    }

    /** A read at the leader, applied up to the end of the log, as the node runs it. */
    private void read() {
      String key = "{t}" + random.nextInt(4);
      ModelShard.Replica leader = shard.leader();
      leader.catchUp();
      long now = Math.max(stamp(), leader.machine().machineTimeMillis());
      Reply reply = leader.machine().read(GET, argv("GET", key), now, 1);
      if (reply == null) {
        shard.commit(new Entry.Advance(now));
        leader.catchUp();
        reply = leader.machine().read(GET, argv("GET", key), now, 1);
        assertThat(reply).as("after a time entry to its now, a read answers").isNotNull();
      }
      reads++;
      Known known = model.get(key);
      boolean there = known != null && known.deadline > now && !gone.containsKey(key);
      assertThat(Shown.reply(Objects.requireNonNull(reply)))
          .as("GET %s at %s, model %s", key, now, known)
          .isEqualTo(there ? "\"" + Objects.requireNonNull(known).value + "\"" : "Nil[]");
      if (known != null && !there && gone.put(key, known) == null) {
        seenExpired++;
      }
    }

    private static byte[][] argv(String... words) {
      byte[][] argv = new byte[words.length][];
      for (int i = 0; i < argv.length; i++) {
        argv[i] = Ascii.bytes(words[i]);
      }
      return argv;
    }
  }
}
