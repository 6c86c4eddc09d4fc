package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.transcripts.Notation;
import java.util.Arrays;
import java.util.Locale;

/** A command and its arguments; never changed. */
final class Line {
  private final byte[][] argv;

  Line(byte[][] argv) {
    this.argv = argv;
  }

  static Line of(String... words) {
    return new Line(Arrays.stream(words).map(Ascii::bytes).toArray(byte[][]::new));
  }

  /** The arguments, the name first; not to be written. */
  byte[][] argv() {
    return argv;
  }

  int size() {
    return argv.length;
  }

  /** The name in upper case. */
  String name() {
    return word(0);
  }

  /** An argument in upper case; "" beyond the last. */
  String word(int place) {
    return place < argv.length ? Ascii.text(argv[place]).toUpperCase(Locale.ROOT) : "";
  }

  /** An argument as text, one char a byte. */
  String text(int place) {
    return Ascii.text(argv[place]);
  }

  /** The same without the arguments from {@code from} to {@code to}, exclusive. */
  Line without(int from, int to) {
    byte[][] fewer = new byte[argv.length - (to - from)][];
    System.arraycopy(argv, 0, fewer, 0, from);
    System.arraycopy(argv, to, fewer, from, argv.length - to);
    return new Line(fewer);
  }

  /** The same with one argument more. */
  Line inserted(int place, byte[] argument) {
    byte[][] more = new byte[argv.length + 1][];
    System.arraycopy(argv, 0, more, 0, place);
    more[place] = argument;
    System.arraycopy(argv, place, more, place + 1, argv.length - place);
    return new Line(more);
  }

  /** The same with another argument in one place. */
  Line replaced(int place, byte[] argument) {
    byte[][] other = argv.clone();
    other[place] = argument;
    return new Line(other);
  }

  /** As it is written in a transcript. */
  String shown() {
    StringBuilder text = new StringBuilder();
    for (byte[] argument : argv) {
      text.append(text.isEmpty() ? "" : " ").append(shown(argument));
    }
    return text.toString();
  }

  private static String shown(byte[] argument) {
    boolean plain = argument.length > 0 && argument.length < 48;
    for (byte b : argument) {
      plain &= b > ' ' && b < 127 && b != '"' && b != '\\';
    }
    return plain ? Ascii.text(argument) : Notation.quoted(argument);
  }

  @Override
  public String toString() {
    String shown = shown();
    return shown.length() > 300 ? shown.substring(0, 300) + "…" : shown;
  }
}
