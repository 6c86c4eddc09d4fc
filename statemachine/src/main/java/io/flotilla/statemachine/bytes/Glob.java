package io.flotilla.statemachine.bytes;

/**
 * Patterns of KEYS, SCAN, PSUBSCRIBE and CONFIG GET: {@code *} any bytes, {@code ?} any byte,
 * {@code [a-c]} and {@code [^a-c]} classes, {@code \} takes away a byte's meaning.
 *
 * <p>The oddities are Redis's: a class may end with the pattern instead of {@code ]}; a range may
 * be written backwards; within a class a {@code -} counts only between two bytes, of which the
 * second may be {@code ]}; a lone {@code \} at the end stands for itself; the empty string matches
 * only the empty pattern. Bytes compare as signed numbers in ranges, as C's {@code char} does.
 *
 * <p>Only the last star is ever gone back to: where what follows a star has failed at every place,
 * an earlier star cannot help, since it would only begin further to the right. So the cost is at
 * most the product of the lengths, and no pattern of a client can hang a shard. Redis goes back to
 * every star, and since 7.0.15 and 7.2.6 gives up behind {@value #MAX_STARS} of them; here too, so
 * that the same keys are found.
 */
public final class Glob {
  private static final int NO_STAR = -1;

  /** What needs more stars than these to match does not; one at the very end does not count. */
  private static final int MAX_STARS = 1000;

  private final byte[] pattern;
  private final boolean ignoreCase;

  /** A pattern in which the case of letters counts. */
  public Glob(byte[] pattern) {
    this(pattern, false);
  }

  /** A pattern. */
  public Glob(byte[] pattern, boolean ignoreCase) {
    this.pattern = pattern;
    this.ignoreCase = ignoreCase;
  }

  /** Whether it matches everything, by being one star. */
  public boolean isEverything() {
    return pattern.length == 1 && pattern[0] == '*';
  }

  /**
   * Whether nothing in it has a special meaning: it matches the bytes equal to itself, and nothing
   * else.
   */
  public boolean isLiteral() {
    for (byte b : pattern) {
      if (b == '*' || b == '?' || b == '[' || b == '\\') {
        return false;
      }
    }
    return !ignoreCase;
  }

  /** Whether the pattern matches the whole of these bytes. */
  public boolean matches(byte[] bytes) {
    if (bytes.length == 0) {
      return pattern.length == 0; // in Redis no star matches the empty string
    }
    int at = 0; // in the pattern
    int i = 0; // in the bytes
    int star = NO_STAR; // behind the last star
    int starred = 0; // where in the bytes what follows the star was tried last
    int stars = 0; // neighbours count as one
    while (i < bytes.length) {
      int next = at < pattern.length ? step(at, bytes[i]) : FAILED;
      if (next == STAR) {
        while (at < pattern.length && pattern[at] == '*') {
          at++;
        }
        star = at;
        starred = i;
        if (at == pattern.length) {
          return true;
        }
        if (++stars > MAX_STARS) {
          return false;
        }
      } else if (next != FAILED) {
        at = next;
        i++;
      } else if (star != NO_STAR) {
        at = star;
        i = ++starred;
      } else {
        return false;
      }
    }
    while (at < pattern.length && pattern[at] == '*') {
      at++;
    }
    return at == pattern.length;
  }

  private static final int FAILED = -1;
  private static final int STAR = -2;

  /** Where the pattern goes on after this byte, or FAILED; STAR if it is a star's turn. */
  private int step(int at, byte b) {
    return switch (pattern[at]) {
      case '*' -> STAR;
      case '?' -> at + 1;
      case '[' -> classStep(at + 1, b);
      case '\\' ->
          at + 1 < pattern.length
              ? (equal(pattern[at + 1], b) ? at + 2 : FAILED)
              : (equal(pattern[at], b) ? at + 1 : FAILED);
      default -> equal(pattern[at], b) ? at + 1 : FAILED;
    };
  }

  private int classStep(int from, byte b) {
    int at = from;
    boolean negated = at < pattern.length && pattern[at] == '^';
    if (negated) {
      at++;
    }
    boolean found = false;
    while (at < pattern.length && pattern[at] != ']') {
      if (pattern[at] == '\\' && at + 1 < pattern.length) {
        found |= pattern[at + 1] == b; // Redis heeds the case here, whatever was asked
        at += 2;
      } else if (at + 2 < pattern.length && pattern[at + 1] == '-') {
        found |= isBetween(pattern[at], pattern[at + 2], b);
        at += 3;
      } else {
        found |= equal(pattern[at], b);
        at++;
      }
    }
    int behind = Math.min(at + 1, pattern.length);
    return found == negated ? FAILED : behind;
  }

  private boolean isBetween(byte one, byte other, byte b) {
    int low = Math.min(one, other);
    int high = Math.max(one, other);
    if (!ignoreCase) {
      return b >= low && b <= high;
    }
    int folded = folded(b);
    return folded >= folded((byte) low) && folded <= folded((byte) high);
  }

  private boolean equal(byte one, byte other) {
    return one == other || (ignoreCase && folded(one) == folded(other));
  }

  private static int folded(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }
}
