package io.flotilla.statemachine.command;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.reply.Reply;

/**
 * A command's arguments, its name at place 0, with Redis's ways of reading them. What cannot be
 * read ends the command with Redis's error, so read before you change.
 */
public final class Arguments {
  private final byte[][] argv;

  /** Arguments over this array, which is not copied. */
  public Arguments(byte[][] argv) {
    this.argv = argv;
  }

  /** The number of arguments, the name included. */
  public int count() {
    return argv.length;
  }

  /** The argument at this place; the name (in the client's spelling) at 0. Never to be changed. */
  public byte[] at(int place) {
    return argv[place];
  }

  /** The argument at this place as text, one char a byte: to be quoted in an error. */
  public String text(int place) {
    return Ascii.text(argv[place]);
  }

  /** All arguments, never to be changed. */
  public byte[][] all() {
    return argv;
  }

  /**
   * Whether the argument at this place spells the word, given in upper case, in any case. False
   * behind the end.
   */
  public boolean is(int place, String upperCaseWord) {
    return place < argv.length && Ascii.spells(argv[place], upperCaseWord);
  }

  /** The 64-bit integer at this place. */
  public long integer(int place) {
    return integer(place, Errors.NOT_AN_INTEGER);
  }

  /** The 64-bit integer at this place, or else this error. */
  public long integer(int place, Reply.Error otherwise) {
    byte[] bytes = argv[place];
    if (!Integers.isStrict(bytes)) {
      throw new CommandException(otherwise);
    }
    return Integers.parseStrict(bytes);
  }

  /** The integer at this place, between these bounds inclusive, or else this error. */
  public long integer(int place, long least, long most, Reply.Error otherwise) {
    long value = integer(place, otherwise);
    if (value < least || value > most) {
      throw new CommandException(otherwise);
    }
    return value;
  }

  /** The integer at this place, between these bounds inclusive, else Redis's word on a range. */
  public long integer(int place, long least, long most) {
    long value = integer(place);
    if (value < least || value > most) {
      throw new CommandException(Errors.notBetween(least, most));
    }
    return value;
  }

  /** The float at this place: finite or infinite, never NaN. */
  public double floating(int place) {
    return floating(place, Errors.NOT_A_FLOAT);
  }

  /** The float at this place, or else this error. */
  public double floating(int place, Reply.Error otherwise) {
    double value = Doubles.parse(argv[place]);
    if (Double.isNaN(value)) {
      throw new CommandException(otherwise);
    }
    return value;
  }

  /** Ends the command with {@code ERR syntax error}. */
  public CommandException syntaxError() {
    return new CommandException(Errors.SYNTAX);
  }
}
