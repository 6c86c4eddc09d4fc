package io.flotilla.statemachine.command;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Glob;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What HSCAN, SSCAN and ZSCAN are asked: {@code [MATCH pattern] [COUNT count]}, and how they
 * answer.
 *
 * @param pattern what elements must match; null if anything goes
 * @param count about how many elements to look at
 */
public record ScanOptions(@Nullable Glob pattern, long count) {
  private static final Reply.Error INVALID_CURSOR = new Reply.Error("ERR invalid cursor");
  private static final long DEFAULT_COUNT = 10;

  /** The options from this place to the end of the arguments. */
  public static ScanOptions of(Arguments arguments, int from) {
    Glob pattern = null;
    long count = DEFAULT_COUNT;
    for (int i = from; i < arguments.count(); i += 2) {
      if (i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      }
      if (arguments.is(i, "COUNT")) {
        count = arguments.integer(i + 1);
        if (count < 1) {
          throw arguments.syntaxError();
        }
      } else if (arguments.is(i, "MATCH")) {
        // a star alone takes anything in, even what is empty, which as a pattern it does not
        Glob given = new Glob(arguments.at(i + 1));
        pattern = given.isEverything() ? null : given;
      } else {
        throw arguments.syntaxError();
      }
    }
    return new ScanOptions(pattern, count);
  }

  /**
   * The cursor at this place, by the rules of C's {@code strtoul}: an unsigned 64-bit number, so
   * that one from 2⁶³ on shows as negative.
   */
  public static long cursor(Arguments arguments, int place) {
    String text = Ascii.text(arguments.at(place));
    boolean signed = !text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+');
    String digits = signed ? text.substring(1) : text;
    if (text.isEmpty()) {
      return 0;
    }
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new CommandException(INVALID_CURSOR);
    }
    try {
      long cursor = Long.parseUnsignedLong(digits);
      return text.charAt(0) == '-' ? -cursor : cursor;
    } catch (NumberFormatException overflow) {
      throw new CommandException(INVALID_CURSOR);
    }
  }

  /** Whether an element is wanted. */
  public boolean matches(byte[] element) {
    return pattern == null || pattern.matches(element);
  }

  /** The reply: the cursor to go on with, 0 at the end, and what was found. */
  public static Reply reply(long nextCursor, List<Reply> found) {
    return Reply.array(Reply.bulk(Long.toUnsignedString(nextCursor)), Reply.array(found));
  }
}
