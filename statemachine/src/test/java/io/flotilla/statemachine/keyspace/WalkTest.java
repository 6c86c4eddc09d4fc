package io.flotilla.statemachine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.Chunks;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.ElementVisitor;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * A walk sees the keyspace exactly as it was when the walk began, whatever is written while it
 * goes.
 */
class WalkTest {
  private final Keyspace keyspace = new Keyspace(new SipHash(1, 2));
  private final Map<String, String> now = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();
  private long index;

  /** Collects what a walk meets, and fails on a key that it meets twice. */
  private static final class Collected implements Walk.Visitor {
    final Map<String, String> seen = new HashMap<>();
    int announced;

    @Override
    public void range(int slot, int keys) {
      announced += keys;
    }

    @Override
    public int key(byte[] key, Value value, long deadlineMillis, long version) {
      met(key, Ascii.text(((StringValue) value).bytes()), deadlineMillis, version);
      return 1;
    }

    @Override
    public Walk.Pieces large(int slot, byte[] key, Value value, long deadlineMillis, long version) {
      announced++;
      Chunks chunks = value.capture();
      StringBuilder text = new StringBuilder();
      int[] shown = {0};
      return new Walk.Pieces() {
        @Override
        public int next() {
          chunks.show(shown[0]++, new Piece(text));
          if (isDone()) {
            met(key, text.toString(), deadlineMillis, version);
          }
          return 100;
        }

        @Override
        public boolean isDone() {
          return shown[0] == chunks.count();
        }

        @Override
        public void close() {
          chunks.close();
        }
      };
    }

    private void met(byte[] key, String value, long deadlineMillis, long version) {
      String text = value.hashCode() + "@" + version + "!" + deadlineMillis;
      assertThat(seen.put(Ascii.text(key), text)).as("key %s met twice", Ascii.text(key)).isNull();
    }
  }

  /** Collects a large string. */
  private record Piece(StringBuilder text) implements ElementVisitor {
    @Override
    public void element(byte[] array, int from, int length) {
      throw new AssertionError("a string is shown in pieces");
    }

    @Override
    public void score(double score) {
      throw new AssertionError("a string has no scores");
    }

    @Override
    public void piece(byte[] array, int from, int length) {
      text.append(Ascii.text(Arrays.copyOfRange(array, from, from + length)));
    }
  }

  @Property(tries = 150)
  void seesTheCutWhateverIsWrittenMeanwhile(@ForAll long seed) {
    Random random = new Random(seed);
    int keys = 1 + random.nextInt(4000);
    for (int i = 0; i < keys; i++) {
      write(random, keys, 9);
    }
    Collected first = new Collected();
    final Map<String, String> cut = Map.copyOf(now);
    Walk walk = Objects.requireNonNull(keyspace.beginWalk(first));
    Collected second = new Collected();
    Map<String, String> secondCut = Map.of();
    Walk secondWalk = null;
    int rounds = 0;
    boolean more = true;
    while (more) {
      int writes = random.nextInt(400);
      for (int i = 0; i < writes; i++) {
        write(random, keys, 5);
      }
      if (++rounds == 2) {
        secondCut = Map.copyOf(now);
        secondWalk = Objects.requireNonNull(keyspace.beginWalk(second));
      }
      more = walk.step(1 + random.nextInt(300));
      if (secondWalk != null) {
        more |= secondWalk.step(1 + random.nextInt(300));
      }
    }
    assertThat(first.seen).isEqualTo(cut);
    assertThat(first.announced).isEqualTo(cut.size());
    if (secondWalk != null) {
      assertThat(second.seen).isEqualTo(secondCut);
    }
  }

  private void write(Random random, int keys, int sets) {
    int number = random.nextInt(keys);
    String name = number % 4 == 0 ? "key:" + number : "{tag}:" + number;
    byte[] key = Ascii.bytes(name);
    keyspace.beginWrite(1, ++index);
    int dice = random.nextInt(11);
    if (dice == 10 && random.nextInt(400) == 0) {
      keyspace.clear(slot -> true);
      now.clear();
    } else if (dice < sets) {
      String text =
          random.nextInt(60) == 0
              ? ("v" + index).repeat(random.nextInt(40_000)) + "v"
              : "v" + index;
      keyspace.put(key, StringValue.of(Ascii.bytes(text)), EventClass.STRING, "set");
      now.put(name, text.hashCode() + "@" + index + "!-1");
      texts.put(name, text);
    } else if (dice == 9 && random.nextBoolean()) {
      overwrite(random, name, key);
    } else if (dice < 9) {
      keyspace.remove(key, EventClass.GENERIC, "del");
      now.remove(name);
    } else if (keyspace.deadline(key, 1000 + index, "expire")) {
      now.computeIfPresent(
          name,
          (k, text) -> text.substring(0, text.indexOf('@')) + "@" + index + "!" + (1000 + index));
    }
  }

  /** SETRANGE: what a walk has captured and not shown yet changes in place. */
  private void overwrite(Random random, String name, byte[] key) {
    StringValue value = keyspace.modify(key, DataType.STRING);
    if (value != null) {
      StringBuilder text = new StringBuilder(texts.getOrDefault(name, ""));
      byte[] written = Ascii.bytes("" + index);
      int offset = random.nextInt(text.length());
      value.write(offset, written);
      keyspace.changed(key, value, EventClass.STRING, "setrange");
      text.replace(offset, Math.min(text.length(), offset + written.length), Ascii.text(written));
      texts.put(name, text.toString());
      now.computeIfPresent(
          name,
          (k, known) ->
              text.toString().hashCode() + "@" + index + known.substring(known.indexOf('!')));
    }
  }

  /**
   * Who begins a walk may remember it until the next one: what is flushed since must go all the
   * same, or a FLUSHALL frees nothing until then.
   */
  @Test
  void aWalkThatHasEndedKeepsNothingAlive() {
    keyspace.beginWrite(1, ++index);
    WeakReference<byte[]> key = new WeakReference<>(Ascii.bytes("flushed"));
    keyspace.put(
        Objects.requireNonNull(key.get()),
        StringValue.of(Ascii.bytes("v")),
        EventClass.STRING,
        "set");
    assertThat(keyspace.exists(Ascii.bytes("another"))).isFalse(); // the last key is remembered
    Walk finished = Objects.requireNonNull(keyspace.beginWalk(new Collected()));
    assertThat(finished.step(Integer.MAX_VALUE)).isFalse();
    Walk givenUp = Objects.requireNonNull(keyspace.beginWalk(new Collected()));
    givenUp.close();
    keyspace.clear(slot -> true);
    System.gc();
    assertThat(key.get()).isNull();
    assertThat(finished.isDone()).isTrue(); // both are held until here
    assertThat(givenUp.isDone()).isTrue();
  }

  /** A third walk must wait: the copy-on-write of each costs memory, so their number is bounded. */
  @Test
  void moreWalksThanLanesAreRefused() {
    Walk one = Objects.requireNonNull(keyspace.beginWalk(new Collected()));
    Walk two = Objects.requireNonNull(keyspace.beginWalk(new Collected()));
    assertThat(keyspace.beginWalk(new Collected())).isNull();
    one.close();
    assertThat(keyspace.beginWalk(new Collected())).isNotNull();
    two.close();
  }
}
