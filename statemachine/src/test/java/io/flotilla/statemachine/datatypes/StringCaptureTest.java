package io.flotilla.statemachine.datatypes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * A string that is half written to a snapshot goes on changing, and the snapshot must not see it;
 * nor may a snapshot of a long string copy it.
 */
class StringCaptureTest {
  /** A capture under way, and what it must come to. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Running(Chunks chunks, byte[] wanted, ByteArrayOutputStream shown, int[] next) {
    boolean goOn() {
      if (next[0] < chunks.count()) {
        chunks.show(next[0]++, new Piece(shown));
      }
      return next[0] < chunks.count();
    }
  }

  private record Piece(ByteArrayOutputStream shown) implements ElementVisitor {
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
      shown.write(array, from, length);
    }
  }

  @Property(tries = 200)
  void capturesShowTheStringAsItWas(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] first = new byte[random.nextInt(6 * StringCapture.PIECE_BYTES)];
    random.nextBytes(first);
    StringValue value =
        random.nextBoolean() ? StringValue.of(first) : StringValue.changedInPlace(first);
    byte[] twin = first.clone();
    List<Running> running = new ArrayList<>();
    for (int step = 0; step < 80; step++) {
      switch (random.nextInt(6)) {
        case 0 -> {
          if (running.size() < 2) {
            running.add(
                new Running(
                    value.capture(), twin.clone(), new ByteArrayOutputStream(), new int[1]));
          }
        }
        case 1, 2 -> {
          byte[] more = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 100_000 : 50)];
          random.nextBytes(more);
          int offset = random.nextInt(4) == 0 ? twin.length : random.nextInt(twin.length + 100);
          value.write(offset, more);
          twin = Arrays.copyOf(twin, Math.max(twin.length, offset + more.length));
          System.arraycopy(more, 0, twin, offset, more.length);
        }
        case 3 -> {
          int at = random.nextInt(twin.length + 10);
          value.set(at, (byte) step);
          twin = Arrays.copyOf(twin, Math.max(twin.length, at + 1));
          twin[at] = (byte) step;
        }
        default -> {
          if (!running.isEmpty()) {
            Running one = running.get(random.nextInt(running.size()));
            if (random.nextInt(20) == 0) {
              one.chunks.close();
              running.remove(one);
            } else if (!one.goOn()) {
              assertThat(one.shown.toByteArray()).isEqualTo(one.wanted);
              running.remove(one);
            }
          }
        }
      }
    }
    for (Running one : running) {
      while (one.goOn()) {
        assertThat(one.next[0]).isPositive();
      }
      assertThat(one.shown.toByteArray()).isEqualTo(one.wanted);
    }
    assertThat(value.bytes()).isEqualTo(twin);
  }

  @Test
  void appendsAreNotInTheWayOfACapture() {
    StringValue value = StringValue.changedInPlace(new byte[3 * StringCapture.PIECE_BYTES]);
    Chunks chunks = value.capture();
    value.append(new byte[] {1, 2, 3});
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    chunks.showAll(new Piece(shown));
    assertThat(shown.toByteArray()).isEqualTo(new byte[3 * StringCapture.PIECE_BYTES]);
  }
}
