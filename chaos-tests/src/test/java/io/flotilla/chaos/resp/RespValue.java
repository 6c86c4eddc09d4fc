package io.flotilla.chaos.resp;

import java.util.List;

/** What a server answers, in RESP2. */
public sealed interface RespValue {
  /** {@code +OK}. */
  record Simple(String text) implements RespValue {}

  /** {@code -ERR …}, without the dash. */
  record Failure(String text) implements RespValue {}

  /** {@code :7}. */
  record Number(long value) implements RespValue {}

  /** {@code $3 abc}; tests write text only. */
  record Bulk(String text) implements RespValue {}

  /** {@code $-1} and {@code *-1}. */
  record Null() implements RespValue {}

  /** {@code *2 …}. */
  record Array(List<RespValue> elements) implements RespValue {}

  /** The text of a bulk or simple string; anything else is not what was expected. */
  static String text(RespValue value) {
    return switch (value) {
      case Bulk bulk -> bulk.text();
      case Simple simple -> simple.text();
      default -> throw new AssertionError("a string was expected, not " + value);
    };
  }

  /** The value of a number; anything else is not what was expected. */
  static long number(RespValue value) {
    if (value instanceof Number number) {
      return number.value();
    }
    throw new AssertionError("a number was expected, not " + value);
  }

  /** The elements of an array; anything else is not what was expected. */
  static List<RespValue> elements(RespValue value) {
    if (value instanceof Array array) {
      return array.elements();
    }
    throw new AssertionError("an array was expected, not " + value);
  }
}
