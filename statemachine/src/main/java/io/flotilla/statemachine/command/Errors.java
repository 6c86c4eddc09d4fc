package io.flotilla.statemachine.command;

import io.flotilla.statemachine.reply.Reply;

/** The errors that many commands share, in Redis's exact words. */
public final class Errors {
  /** An option or a combination that the command does not know. */
  public static final Reply.Error SYNTAX = new Reply.Error("ERR syntax error");

  /** Not a 64-bit integer in strict notation. */
  public static final Reply.Error NOT_AN_INTEGER =
      new Reply.Error("ERR value is not an integer or out of range");

  /** Not a finite or infinite float. */
  public static final Reply.Error NOT_A_FLOAT = new Reply.Error("ERR value is not a valid float");

  /** RENAME and its kin on an absent key. */
  public static final Reply.Error NO_SUCH_KEY = new Reply.Error("ERR no such key");

  /** An index outside the value. */
  public static final Reply.Error INDEX_OUT_OF_RANGE = new Reply.Error("ERR index out of range");

  /** An integer that must not be negative. */
  public static final Reply.Error MUST_BE_POSITIVE =
      new Reply.Error("ERR value is out of range, must be positive");

  /** An integer outside its bounds. */
  public static final Reply.Error OUT_OF_RANGE = new Reply.Error("ERR value is out of range");

  /** A string that would grow over {@code proto-max-bulk-len}. */
  public static final Reply.Error STRING_TOO_LONG =
      new Reply.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");

  /** A sum that leaves 64 bits. */
  public static final Reply.Error OVERFLOW =
      new Reply.Error("ERR increment or decrement would overflow");

  /** A float sum that is no number. */
  public static final Reply.Error NAN_OR_INFINITY =
      new Reply.Error("ERR increment would produce NaN or Infinity");

  private Errors() {}

  /** What an arity check says: the command's name as Redis writes it. */
  public static Reply.Error wrongArity(String fullName) {
    return new Reply.Error("ERR wrong number of arguments for '" + fullName + "' command");
  }

  /** What is said of an integer outside these bounds. */
  public static Reply.Error notBetween(long least, long most) {
    return new Reply.Error(
        "ERR value is out of range, value must between " + least + " and " + most);
  }

  /** What a command with an expire option says of a time that does not fit. */
  public static Reply.Error invalidExpireTime(String fullName) {
    return new Reply.Error("ERR invalid expire time in '" + fullName + "' command");
  }
}
