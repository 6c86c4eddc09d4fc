package io.flotilla.statemachine.reply;

import io.flotilla.statemachine.bytes.Doubles;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command answers, free of any encoding.
 *
 * <p>A command says what it means once, and the protocol of the asking connection decides on the
 * bytes: RESP3 has types for maps, sets, doubles and nulls, RESP2 flattens them. That is why a
 * reply has more kinds than RESP2 can show. The encoder in {@code node.resp} and the script bridge
 * switch over this sealed type exhaustively.
 *
 * <p>Replies are immutable by convention: the arrays that they hold are never written after
 * construction, and may be shared with the keyspace only where the keyspace never changes them in
 * place.
 */
public sealed interface Reply {

  /** {@code +OK}. */
  Simple OK = new Simple("OK");

  /** {@code +QUEUED}, said of a command inside MULTI. */
  Simple QUEUED = new Simple("QUEUED");

  /** {@code +PONG}. */
  Simple PONG = new Simple("PONG");

  /** The missing value: {@code $-1} in RESP2, {@code _} in RESP3. */
  Nil NIL = new Nil();

  /** The missing array: {@code *-1} in RESP2, {@code _} in RESP3. */
  NilArray NIL_ARRAY = new NilArray();

  /** Zero, also Redis's "no". */
  Int ZERO = new Int(0);

  /** One, also Redis's "yes". */
  Int ONE = new Int(1);

  /** An array without elements. */
  Array EMPTY_ARRAY = new Array(List.of());

  /** A map without pairs. */
  Map EMPTY_MAP = new Map(List.of());

  /** A set without elements. */
  Set EMPTY_SET = new Set(List.of());

  /** An empty bulk string. */
  Bulk EMPTY_BULK = new Bulk(new byte[0]);

  /** A status line; the text holds neither CR nor LF. */
  record Simple(String text) implements Reply {}

  /**
   * An error; the text begins with its upper-case code, as in {@code "WRONGTYPE Operation …"}. A
   * text that carries user bytes is Latin-1 (one char, one byte); the encoder turns CR and LF into
   * spaces.
   */
  record Error(String text) implements Reply {
    /** The code: the text up to the first space. */
    public String code() {
      int space = text.indexOf(' ');
      return space < 0 ? text : text.substring(0, space);
    }
  }

  /** A signed 64-bit integer. */
  record Int(long value) implements Reply {}

  /** A binary-safe string. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity on purpose: never used as a key
  record Bulk(byte[] bytes) implements Reply {}

  /** A missing value. */
  record Nil() implements Reply {}

  /** A missing array. */
  record NilArray() implements Reply {}

  /** An ordered list of replies. */
  record Array(List<? extends Reply> elements) implements Reply {}

  /**
   * Keys and values in turn, so an even number of elements: a map in RESP3, a flat array in RESP2.
   */
  record Map(List<? extends Reply> keysAndValues) implements Reply {}

  /** Distinct elements: a set in RESP3, an array in RESP2. */
  record Set(List<? extends Reply> elements) implements Reply {}

  /**
   * Pairs in order, flattened as first, second, first, second …: an array of two-element arrays in
   * RESP3, a flat array in RESP2 (as {@code ZRANGE … WITHSCORES} and {@code HRANDFIELD …
   * WITHVALUES} do).
   */
  record Pairs(List<? extends Reply> firstsAndSeconds) implements Reply {}

  /**
   * Keys and values in turn: a map in RESP3, an array of two-element arrays in RESP2 (as {@code
   * XREAD} tells what each stream has).
   */
  record MapOfPairs(List<? extends Reply> keysAndValues) implements Reply {}

  /**
   * A double: {@code ,1.5} in RESP3, a bulk string in RESP2.
   *
   * @param digits how it is written where that is not {@link Doubles#format}: coordinates have more
   *     digits; else null
   */
  record Double(double value, @Nullable String digits) implements Reply {
    /** A double in Redis's usual notation. */
    public Double(double value) {
      this(value, null);
    }

    /** A double in these digits. */
    public static Double written(double value, String digits) {
      return new Double(value, digits.equals(Doubles.format(value)) ? null : digits);
    }

    /** How it is written, in both protocols. */
    public String text() {
      return digits == null ? Doubles.format(value) : digits;
    }
  }

  /** A truth value: {@code #t} in RESP3, 1 or 0 in RESP2. */
  record Bool(boolean value) implements Reply {}

  /** An integer beyond 64 bits, in decimal digits: {@code (} in RESP3, a bulk string in RESP2. */
  record BigNumber(String digits) implements Reply {}

  /**
   * Text with a three-letter format ({@code txt}, {@code mkd}): {@code =} in RESP3, a bulk string
   * in RESP2.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Verbatim(String format, byte[] bytes) implements Reply {}

  /** Out-of-band data: {@code >} in RESP3, an array in RESP2. */
  record Push(List<? extends Reply> elements) implements Reply {}

  /**
   * Not run: the slot is not this shard's at this point of the log. The node turns it into {@code
   * MOVED} or {@code CLUSTERDOWN}; it never reaches an encoder.
   */
  record Elsewhere(int slot) implements Reply {}

  /** An integer, shared where it is common. */
  static Int integer(long value) {
    return value == 0 ? ZERO : value == 1 ? ONE : new Int(value);
  }

  /** Redis's yes and no: 1 and 0 in both protocols. */
  static Int yesNo(boolean yes) {
    return yes ? ONE : ZERO;
  }

  /** A bulk string over these bytes, which are not copied. */
  static Bulk bulk(byte[] bytes) {
    return new Bulk(bytes);
  }

  /** A bulk string of Latin-1 text. */
  static Bulk bulk(String text) {
    return new Bulk(text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  /** An array of these elements. */
  static Array array(List<? extends Reply> elements) {
    return elements.isEmpty() ? EMPTY_ARRAY : new Array(elements);
  }

  /** An array of these elements. */
  static Array array(Reply... elements) {
    return new Array(List.of(elements));
  }

  /** An error in Redis's words, code first. */
  static Error error(String text) {
    return new Error(text);
  }
}
