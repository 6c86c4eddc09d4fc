package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.Ascii;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Random elements of every packed form: integers of all widths, strings of all length classes. */
final class Elements {
  private Elements() {}

  /** One of about {@code distinct} short elements, so that random operations meet each other. */
  static byte[] among(Random random, int distinct) {
    int choice = random.nextInt(distinct);
    return Ascii.bytes(choice % 3 == 0 ? Integer.toString(choice * 7919) : "member:" + choice);
  }

  /** Any element. */
  static byte[] any(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> Ascii.bytes(Integer.toString(random.nextInt(128)));
      case 1 -> Ascii.bytes(Integer.toString(random.nextInt(8192) - 4096));
      case 2 -> Ascii.bytes(Integer.toString(random.nextInt(65536) - 32768));
      case 3 -> Ascii.bytes(Integer.toString(random.nextInt(1 << 24) - (1 << 23)));
      case 4 -> Ascii.bytes(Integer.toString(random.nextInt()));
      case 5 -> Ascii.bytes(Long.toString(random.nextLong()));
      case 6 -> bytes(random, 60 + random.nextInt(8));
      case 7 ->
          random.nextInt(8) == 0 ? bytes(random, 4090 + random.nextInt(12)) : bytes(random, 130);
      case 8 -> random.nextInt(20) == 0 ? bytes(random, 20_000) : bytes(random, 500);
      default -> bytes(random, random.nextInt(20));
    };
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** What a capture shows: elements, each member of a sorted set followed by its score. */
  static List<Object> shown(Chunks chunks) {
    List<Object> shown = new ArrayList<>();
    chunks.showAll(collecting(shown));
    return shown;
  }

  /** What a value shows. */
  static List<Object> shown(Value value) {
    List<Object> shown = new ArrayList<>();
    value.show(collecting(shown));
    return shown;
  }

  private static ElementVisitor collecting(List<Object> shown) {
    return new ElementVisitor() {
      @Override
      public void element(byte[] array, int from, int length) {
        shown.add(Arrays.copyOfRange(array, from, from + length));
      }

      @Override
      public void score(double score) {
        shown.add(score);
      }

      @Override
      public void piece(byte[] array, int from, int length) {
        element(array, from, length);
      }
    };
  }
}
