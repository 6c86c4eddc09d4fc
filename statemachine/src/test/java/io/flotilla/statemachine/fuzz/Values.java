package io.flotilla.statemachine.fuzz;

import java.util.Locale;
import java.util.Random;

/** Draws arguments, a letter a kind; {@code fuzz/commands.txt} tells what the letters are. */
final class Values {
  /** What all keys begin with, so that all are in one slot. */
  static final String TAG = "{k}";

  private static final String KEYS = "hlszxtgpr";
  private static final int KEYS_OF_A_KIND = 3;
  private static final long FAR_MILLIS = 9_999_999_990_000L;

  private static final String[] EDGES = {
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775806",
    "4294967296",
    "4294967295",
    "2147483648",
    "2147483647",
    "-2147483648",
    "65536",
    "32768",
    "-32769",
    "9007199254740993"
  };

  private final Random random;

  /** The milliseconds of the last id drawn for a new entry. */
  private long streamMillis;

  Values(Random random) {
    this.random = random;
  }

  /** An argument of this kind; what is no kind stands for itself. */
  String draw(char letter) {
    return switch (letter) {
      case 'h', 'l', 's', 'z', 't', 'g', 'p', 'r', 'x' ->
          random.nextInt(250) == 0 ? anyKey() : TAG + letter + random.nextInt(KEYS_OF_A_KIND);
      case 'a' -> anyKey();
      case 'm' -> member();
      case 'v' -> value();
      case 'n' ->
          "" + (random.nextInt(20) == 0 ? random.nextInt(400) - 200 : random.nextInt(14) - 4);
      case 'N' ->
          random.nextInt(3) == 0
              ? EDGES[random.nextInt(EDGES.length)]
              : "" + (random.nextLong() >> random.nextInt(64));
      case 'F' -> fraction();
      case 'd' -> score();
      case 'b' -> (random.nextInt(3) == 0 ? "(" : "") + score();
      case 'B' -> bound();
      case 'o' -> "" + random.nextInt(random.nextInt(30) == 0 ? 9000 : 120);
      case 'O' -> String.format(Locale.ROOT, "%.6f", random.nextDouble() * 360 - 180);
      case 'A' -> String.format(Locale.ROOT, "%.6f", random.nextDouble() * 150 - 75);
      case 'R' -> "" + (random.nextInt(4) == 0 ? random.nextInt(9000) : random.nextInt(900));
      case 'P' -> pattern();
      case 'y' -> (random.nextBoolean() ? "u" : "i") + (1 + random.nextInt(63));
      case 'G' -> "group" + random.nextInt(2);
      case 'C' -> "consumer" + random.nextInt(3);
      case 'J' -> {
        streamMillis += random.nextInt(3);
        yield streamMillis + (random.nextInt(3) == 0 ? "-" + random.nextInt(5) : "-*");
      }
      case 'I' ->
          Math.max(0, streamMillis + 2 - random.nextInt(random.nextInt(8) == 0 ? 400 : 40))
              + (random.nextInt(3) == 0 ? "" : "-" + random.nextInt(3));
      case 'S' -> "" + (1_000_000L + (random.nextLong() >>> 31));
      case 'M' -> "" + (1_000_000_000L + (random.nextLong() >>> 24));
      case 'E' ->
          switch (random.nextInt(6)) {
            case 0 -> "1";
            case 1 -> "-5";
            default -> "" + (FAR_MILLIS / 1000 + random.nextInt(5));
          };
      case 'e' ->
          switch (random.nextInt(6)) {
            case 0 -> "1000";
            case 1 -> "-5";
            default -> "" + (FAR_MILLIS + random.nextInt(5));
          };
      case 'D' -> "" + (1 + random.nextInt(3)) * 500_000_000L;
      default -> String.valueOf(letter);
    };
  }

  /** An argument that is seldom right. */
  String odd() {
    return switch (random.nextInt(14)) {
      case 0 -> "";
      case 1 -> "abc";
      case 2 -> EDGES[random.nextInt(EDGES.length)];
      case 3 -> "9223372036854775808";
      case 4 -> "-9223372036854775809";
      case 5 -> random.nextBoolean() ? " 1" : "1 ";
      case 6 -> random.nextBoolean() ? "+1" : "-0";
      case 7 -> random.nextBoolean() ? "1.5" : "1e3";
      case 8 -> random.nextBoolean() ? "nan" : "-inf";
      case 9 -> random.nextBoolean() ? "0x10" : "007";
      case 10 -> "\u00ff\r\n\"";
      case 11 -> random.nextBoolean() ? "(" : "[";
      case 12 -> "" + (random.nextInt(5) - 2);
      default -> random.nextBoolean() ? "-" : "*";
    };
  }

  String anyKey() {
    return TAG + KEYS.charAt(random.nextInt(KEYS.length())) + random.nextInt(KEYS_OF_A_KIND);
  }

  private String member() {
    return random.nextInt(400) == 0
        ? "long:" + "m".repeat(60 + random.nextInt(10)) + random.nextInt(3)
        : random.nextInt(4) == 0
            ? "" + (random.nextInt(300) - 100)
            : random.nextInt(100) == 0 ? odd() : "member:" + random.nextInt(300);
  }

  private String value() {
    return switch (random.nextInt(12)) {
      case 0 -> "v".repeat(random.nextInt(80));
      case 1 -> "" + (random.nextLong() >> random.nextInt(64));
      case 2 -> random.nextInt(40) == 0 ? "w".repeat(9000) : "";
      case 3 -> random.nextInt(4) == 0 ? odd() : fraction();
      case 4 -> random.nextInt(4) == 0 ? "\u0001\u0080" + random.nextInt(9) : "a";
      default -> "" + random.nextInt(30);
    };
  }

  private String fraction() {
    return switch (random.nextInt(8)) {
      case 0 -> "" + (random.nextInt(7) - 3);
      case 1 -> String.format(Locale.ROOT, "%.3e", random.nextGaussian() * 1e9);
      case 2 -> "0.1";
      case 3 -> "-1.25";
      default ->
          String.format(Locale.ROOT, "%." + random.nextInt(12) + "f", random.nextGaussian() * 90);
    };
  }

  private String score() {
    return switch (random.nextInt(10)) {
      case 0 -> random.nextInt(8) == 0 ? "inf" : "100";
      case 1 -> random.nextInt(8) == 0 ? "-inf" : "-100";
      case 2 -> String.format(Locale.ROOT, "%.3f", random.nextGaussian() * 50);
      case 3 -> String.format(Locale.ROOT, "%.5e", random.nextGaussian() * 1e20);
      default -> "" + (random.nextInt(60) - 20);
    };
  }

  private String bound() {
    return switch (random.nextInt(8)) {
      case 0 -> "-";
      case 1 -> "+";
      case 2 -> "[";
      case 3 -> "(" + member();
      default -> "[" + member();
    };
  }

  private String pattern() {
    return switch (random.nextInt(6)) {
      case 0 -> "*";
      case 1 -> "*" + random.nextInt(KEYS_OF_A_KIND);
      case 2 -> "?k?[" + KEYS.charAt(random.nextInt(KEYS.length())) + "-z]*";
      case 3 -> "\\{k}*[^12]";
      case 4 -> "member:*";
      default -> anyKey();
    };
  }
}
