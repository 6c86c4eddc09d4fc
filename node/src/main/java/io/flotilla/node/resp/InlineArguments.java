package io.flotilla.node.resp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An inline command's line, split into arguments by Redis's quoting rules.
 *
 * <p>Arguments stand between white space. In double quotes, {@code \n \r \t \b \a}, {@code \xHH}
 * and a backslash before any other character mean what they do in C, and white space is content; in
 * single quotes only {@code \'} is special. A closing quote must end its argument, and every quote
 * must be closed: else the line is refused as a whole. A NUL ends the line, since Redis reads it as
 * a C string.
 */
final class InlineArguments {
  private final byte[] line;
  private final int end;
  private int at;
  private byte[] word = new byte[32];
  private int length;

  private InlineArguments(byte[] line, int from, int to) {
    this.line = line;
    this.at = from;
    int stop = from;
    while (stop < to && line[stop] != 0) {
      stop++;
    }
    this.end = stop;
  }

  /**
   * The arguments between {@code from} and {@code to}, maybe none; null where the quotes are
   * unbalanced.
   */
  static byte @Nullable [][] split(byte[] line, int from, int to) {
    return new InlineArguments(line, from, to).split();
  }

  private byte @Nullable [][] split() {
    List<byte[]> arguments = new ArrayList<>();
    while (true) {
      while (at < end && isSpace(line[at])) {
        at++;
      }
      if (at == end) {
        return arguments.toArray(new byte[0][]);
      }
      length = 0;
      if (!word()) {
        return null;
      }
      arguments.add(Arrays.copyOf(word, length));
    }
  }

  private boolean word() {
    while (at < end && !isSpace(line[at])) {
      byte b = line[at++];
      boolean closed =
          switch (b) {
            case '"' -> doubleQuoted();
            case '\'' -> singleQuoted();
            default -> {
              put(b);
              yield true;
            }
          };
      if (!closed) {
        return false;
      }
    }
    return true;
  }

  /**
   * What follows an opening double quote, up to its closing one, which must be the argument's last
   * character.
   */
  private boolean doubleQuoted() {
    while (at < end) {
      byte b = line[at++];
      if (b == '"') {
        return at == end || isSpace(line[at]);
      }
      if (b != '\\' || at == end) {
        put(b);
      } else if (line[at] == 'x'
          && at + 2 < end
          && hex(line[at + 1]) >= 0
          && hex(line[at + 2]) >= 0) {
        put((byte) (hex(line[at + 1]) << 4 | hex(line[at + 2])));
        at += 3;
      } else {
        put(unescaped(line[at++]));
      }
    }
    return false;
  }

  private boolean singleQuoted() {
    while (at < end) {
      byte b = line[at++];
      if (b == '\'') {
        return at == end || isSpace(line[at]);
      }
      if (b == '\\' && at < end && line[at] == '\'') {
        b = line[at++];
      }
      put(b);
    }
    return false;
  }

  private void put(byte b) {
    if (length == word.length) {
      word = Arrays.copyOf(word, length * 2);
    }
    word[length++] = b;
  }

  private static byte unescaped(byte b) {
    return switch (b) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 7;
      default -> b;
    };
  }

  private static int hex(byte b) {
    return Character.digit((char) (b & 0xff), 16);
  }

  /** C's isspace in the C locale. */
  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
