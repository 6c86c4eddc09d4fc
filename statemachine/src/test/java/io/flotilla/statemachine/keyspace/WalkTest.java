package io.flotilla.statemachine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
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
    public void key(byte[] key, Value value, long deadlineMillis, long version) {
      String text =
          Ascii.text(((StringValue) value).bytes()) + "@" + version + "!" + deadlineMillis;
      assertThat(seen.put(Ascii.text(key), text)).as("key %s met twice", Ascii.text(key)).isNull();
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
      keyspace.put(key, StringValue.of(Ascii.bytes("v" + index)), EventClass.STRING, "set");
      now.put(name, "v" + index + "@" + index + "!-1");
    } else if (dice < 9) {
      keyspace.remove(key, EventClass.GENERIC, "del");
      now.remove(name);
    } else if (keyspace.deadline(key, 1000 + index, "expire")) {
      now.computeIfPresent(
          name,
          (k, text) -> text.substring(0, text.indexOf('@')) + "@" + index + "!" + (1000 + index));
    }
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
