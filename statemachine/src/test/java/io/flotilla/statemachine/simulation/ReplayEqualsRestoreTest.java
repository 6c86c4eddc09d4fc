package io.flotilla.statemachine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.Entry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * The law of the state machine, in its two forms: a replica that was restored from a snapshot goes
 * on exactly like one that replayed the log; and a log replayed twice gives the same replies and
 * the same state. Over random histories of every command that there is.
 */
class ReplayEqualsRestoreTest {
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final long GROUP = 42;

  /** A machine with the last digest that it reported. */
  private static final class Replica {
    final AtomicReference<Check> last = new AtomicReference<>();
    final ShardMachine machine = new ShardMachine(TABLE, GROUP, last::set);
    long index;

    List<String> apply(Entry entry) {
      return Shown.replies(machine.apply(1, index++, entry));
    }

    String digest() {
      apply(new Entry.Check(0, index));
      while (machine.step(1000)) {
        assertThat(machine.hasWork()).isTrue();
      }
      return last.get().digest();
    }
  }

  @Property(tries = 200)
  void restoredReplicaGoesOnLikeOneThatReplayed(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    RandomHistory history = new RandomHistory(TABLE, random);
    Replica replayed = new Replica();
    List<Entry> log = new ArrayList<>(history.beginning());
    for (int i = random.nextInt(150); i > 0; i--) {
      log.add(history.next());
    }
    log.forEach(replayed::apply);

    ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
    replayed.machine.beginSnapshot(snapshot::writeBytes);
    final long cut = replayed.index;
    List<Entry> rest = new ArrayList<>();
    List<List<String>> replies = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Entry entry = history.next();
      rest.add(entry);
      replies.add(replayed.apply(entry)); // the snapshot is cut while the shard goes on
      if (random.nextInt(3) == 0) {
        replayed.machine.step(1 + random.nextInt(5));
      }
    }
    while (replayed.machine.step(3)) {
      assertThat(replayed.machine.hasWork()).isTrue();
    }

    Replica restored = new Replica();
    restored.machine.restore(new ByteArrayInputStream(snapshot.toByteArray()));
    assertThat(restored.machine.appliedIndex()).isEqualTo(cut - 1);
    restored.index = cut;
    for (int i = 0; i < rest.size(); i++) {
      assertThat(restored.apply(rest.get(i)))
          .as("replies of entry %s, %s", i, rest.get(i))
          .isEqualTo(replies.get(i));
    }
    assertThat(restored.digest()).isEqualTo(replayed.digest());

    Replica again = new Replica();
    log.forEach(again::apply);
    rest.forEach(again::apply);
    assertThat(again.digest()).isEqualTo(replayed.last.get().digest());
  }

  /**
   * Large keys go over many chunks, and are written between them; the cut is exact all the same,
   * the digest does not depend on how the walk was cut, and no chunk is large.
   */
  @Property(tries = 60)
  void largeKeysAreCutExactlyWhileTheyAreWritten(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    RandomHistory history =
        new RandomHistory(TABLE, random, Set.of("flushall", "flushdb", "sort", "lcs"));
    List<Entry> log = new ArrayList<>(history.beginning());
    log.addAll(history.largeKeys());
    Replica walked = new Replica();
    Replica whole = new Replica();
    log.forEach(walked::apply);
    log.forEach(whole::apply);
    assertThat(walked.digest()).isEqualTo(whole.digest());

    List<byte[]> pieces = new ArrayList<>();
    walked.machine.beginSnapshot(pieces::add);
    long checked = walked.index;
    walked.apply(new Entry.Check(0, checked));
    whole.digest();
    for (int i = 0; walked.machine.hasWork(); i++) {
      if (i < 200) {
        walked.apply(history.next());
      }
      walked.machine.step(1 + random.nextInt(100_000));
    }
    assertThat(walked.last.get().index()).isEqualTo(checked);
    assertThat(walked.last.get().digest()).isEqualTo(whole.last.get().digest());
    assertThat(pieces).as("seed %s", seed).allMatch(piece -> piece.length < 600_000);

    ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
    pieces.forEach(snapshot::writeBytes);
    Replica restored = new Replica();
    restored.machine.restore(new ByteArrayInputStream(snapshot.toByteArray()));
    restored.index = checked;
    assertThat(restored.digest()).isEqualTo(whole.last.get().digest());
  }

  /** A damaged snapshot is refused, and the state before it stays: validate before touching. */
  @Property(tries = 150)
  void damagedSnapshotIsRefusedAndChangesNothing(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    RandomHistory history = new RandomHistory(TABLE, random);
    Replica replica = new Replica();
    history.beginning().forEach(replica::apply);
    for (int i = 0; i < 60; i++) {
      replica.apply(history.next());
    }
    ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
    replica.machine.beginSnapshot(snapshot::writeBytes);
    while (replica.machine.step(100)) {
      assertThat(replica.machine.hasWork()).isTrue();
    }
    byte[] bytes = snapshot.toByteArray();
    byte[] damaged;
    if (random.nextInt(3) == 0) {
      damaged = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
    } else {
      damaged = bytes.clone();
      damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    Replica meddled = new Replica();
    Replica untouched = new Replica();
    List<Entry> log = new ArrayList<>(history.beginning());
    log.add(history.next());
    log.forEach(meddled::apply);
    log.forEach(untouched::apply);
    boolean refused = false;
    try {
      meddled.machine.restore(new ByteArrayInputStream(damaged));
    } catch (CorruptException expected) {
      refused = true;
    }
    assertThat(refused).as("a damaged snapshot of %s bytes is refused", bytes.length).isTrue();
    assertThat(meddled.digest()).isEqualTo(untouched.digest());
  }
}
