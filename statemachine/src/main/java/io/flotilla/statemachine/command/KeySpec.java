package io.flotilla.statemachine.command;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Integers;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Where a command's keys stand among its arguments: where to begin, and how to go on. Source:
 * Redis's key specifications.
 *
 * @param begin where the keys begin
 * @param find how to find them from there
 * @param flags what the command does to them
 */
public record KeySpec(Begin begin, Find find, Set<KeyFlag> flags) {
  /** Where the keys begin. */
  public sealed interface Begin {
    /** At this place. */
    record Index(int place) implements Begin {}

    /** Behind this word, looked for from a place on (negative: from the end backwards). */
    record Keyword(String word, int from) implements Begin {}

    /** Where no specification can tell: the command's own finder knows. */
    record Unknown() implements Begin {}
  }

  /** How to find the keys from where they begin. */
  public sealed interface Find {
    /**
     * From the beginning to {@code last} (relative to it; negative: from the end of the arguments),
     * each {@code step} places. {@code limit} divides what is left, where −1 is given for last: 2
     * is the first half.
     */
    record Range(int last, int step, int limit) implements Find {}

    /** Their number stands {@code count} places on, the first key {@code first} places on. */
    record Number(int count, int first, int step) implements Find {}

    /** As no specification can tell. */
    record Unknown() implements Find {}
  }

  /** What a command does to a key, by the names that {@code COMMAND INFO} shows. */
  public enum KeyFlag {
    /** Reads and changes. */
    RW,
    /** Reads. */
    RO,
    /** Overwrites without reading. */
    OW,
    /** Removes. */
    RM,
    /** Shows what the value holds. */
    ACCESS,
    /** Changes the value in place. */
    UPDATE,
    /** Adds without changing what is there. */
    INSERT,
    /** Takes content or the whole away. */
    DELETE,
    /** No key, though it is hashed like one. */
    NOT_KEY,
    /** Some keys are not found by the specs. */
    INCOMPLETE,
    /** The flags depend on the arguments. */
    VARIABLE_FLAGS
  }

  /** One key at this place. */
  public static KeySpec at(int place, KeyFlag... flags) {
    return range(place, 0, 1, flags);
  }

  /**
   * Keys from a place to {@code last} (relative to it, or negative: from the end), each {@code
   * step} places.
   */
  public static KeySpec range(int place, int last, int step, KeyFlag... flags) {
    return new KeySpec(new Begin.Index(place), new Find.Range(last, step, 0), inOrder(flags));
  }

  /** As many keys as the argument at this place says, behind it. */
  public static KeySpec numbered(int place, KeyFlag... flags) {
    return new KeySpec(new Begin.Index(place), new Find.Number(0, 1, 1), inOrder(flags));
  }

  /** Keys that only the command's own finder knows. */
  public static KeySpec unknown(KeyFlag... flags) {
    return new KeySpec(new Begin.Unknown(), new Find.Unknown(), inOrder(flags));
  }

  /** One key behind a word. */
  public static KeySpec behind(String word, int from, KeyFlag... flags) {
    return new KeySpec(new Begin.Keyword(word, from), new Find.Range(0, 1, 0), inOrder(flags));
  }

  /** The first half of what stands behind a word. */
  public static KeySpec halfBehind(String word, int from, KeyFlag... flags) {
    return new KeySpec(new Begin.Keyword(word, from), new Find.Range(-1, 1, 2), inOrder(flags));
  }

  /** The flags in the order in which {@code COMMAND INFO} shows them, the same in every process. */
  static Set<KeyFlag> inOrder(KeyFlag... flags) {
    EnumSet<KeyFlag> ordered = EnumSet.noneOf(KeyFlag.class);
    Collections.addAll(ordered, flags);
    return Collections.unmodifiableSet(ordered);
  }

  /**
   * Adds the places of the keys among the arguments; false if the arguments do not fit the
   * specification.
   */
  boolean find(byte[][] argv, PlaceList places) {
    int first =
        switch (begin) {
          case Begin.Index index -> index.place();
          case Begin.Keyword keyword -> placeBehind(argv, keyword);
          case Begin.Unknown unknown -> -1;
        };
    if (first < 0) {
      return true; // an optional word that is not there
    }
    if (first >= argv.length) {
      return false;
    }
    return switch (find) {
      case Find.Range range -> {
        int last = range.last() >= 0 ? first + range.last() : argv.length + range.last();
        if (range.last() == -1 && range.limit() > 1) {
          last = first + (argv.length - first) / range.limit() - 1;
        }
        if (last >= argv.length || last < first) {
          yield false;
        }
        for (int place = first; place <= last; place += range.step()) {
          places.add(place);
        }
        yield true;
      }
      case Find.Unknown unknown -> true;
      case Find.Number number -> {
        int countPlace = first + number.count();
        if (countPlace >= argv.length) {
          yield false;
        }
        long keys = smallNumber(argv[countPlace]);
        long end = first + number.first() + (keys - 1) * number.step();
        if (keys < 0 || end >= argv.length) {
          yield false;
        }
        for (int i = 0; i < keys; i++) {
          places.add(first + number.first() + i * number.step());
        }
        yield true;
      }
    };
  }

  private static int placeBehind(byte[][] argv, Begin.Keyword keyword) {
    if (keyword.from() >= 0) {
      for (int i = keyword.from(); i < argv.length - 1; i++) {
        if (Ascii.spells(argv[i], keyword.word())) {
          return i + 1;
        }
      }
    } else {
      for (int i = argv.length + keyword.from(); i > 0; i--) {
        if (i < argv.length - 1 && Ascii.spells(argv[i], keyword.word())) {
          return i + 1;
        }
      }
    }
    return -1;
  }

  private static long smallNumber(byte[] bytes) {
    return Integers.isStrict(bytes) && bytes.length < 10 ? Integers.parseStrict(bytes) : -1;
  }

  /** Places of keys, in the order of the specifications. */
  public static final class PlaceList {
    private int[] places = new int[8];
    private int count;

    /** Adds a place. */
    public void add(int place) {
      if (count == places.length) {
        places = Arrays.copyOf(places, count * 2);
      }
      places[count++] = place;
    }

    /** The places, in a new array. */
    public int[] toArray() {
      return Arrays.copyOf(places, count);
    }
  }
}
