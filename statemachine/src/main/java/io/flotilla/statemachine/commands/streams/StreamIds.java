package io.flotilla.statemachine.commands.streams;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ids of streams as clients write them: {@code 5-1}, {@code 5}, {@code 5-*}, bounds of ranges. */
final class StreamIds {
  private static final Reply.Error INVALID =
      new Reply.Error("ERR Invalid stream ID specified as stream command argument");
  private static final Reply.Error INVALID_START =
      new Reply.Error("ERR invalid start ID for the interval");
  private static final Reply.Error INVALID_END =
      new Reply.Error("ERR invalid end ID for the interval");

  /** What C takes for white space. */
  private static final String SPACES = " \t\n\u000b\f\r";

  /** Longer ones Redis refuses unread. */
  private static final int MAX_LENGTH = 127;

  private StreamIds() {}

  /** An id, and whether its seq is still to be chosen ({@code 5-*}). */
  record Pattern(StreamId id, boolean seqIsOpen) {}

  /** The id at this place; 0 for a seq that is not said. */
  static StreamId at(Arguments arguments, int place) {
    return checked(strict(arguments.text(place), 0, false)).id();
  }

  /** The ids from this place to the end. */
  static List<StreamId> from(Arguments arguments, int place) {
    List<StreamId> ids = new ArrayList<>();
    for (int i = place; i < arguments.count(); i++) {
      ids.add(at(arguments, i));
    }
    return ids;
  }

  /** The id at this place, or null if it is none. */
  static @Nullable StreamId maybeAt(Arguments arguments, int place) {
    Pattern pattern = strict(arguments.text(place), 0, false);
    return pattern == null ? null : pattern.id();
  }

  /** The id at this place, {@code -} and {@code +} for the least and the greatest. */
  static StreamId orEdgeAt(Arguments arguments, int place) {
    return checked(orEdge(arguments.text(place), 0));
  }

  /** What XADD is given: an id, or one whose seq is open. */
  static Pattern patternAt(Arguments arguments, int place) {
    return checked(strict(arguments.text(place), 0, true));
  }

  /** Where a range begins: an id, {@code -}, or behind one with a {@code (}. */
  static StreamId startAt(Arguments arguments, int place) {
    String text = arguments.text(place);
    if (!isExclusive(text)) {
      return checked(orEdge(text, 0));
    }
    StreamId next = checked(strict(text.substring(1), 0, false)).id().next();
    if (next == null) {
      throw new CommandException(INVALID_START);
    }
    return next;
  }

  /** Where a range ends; an id without seq takes its whole millisecond in. */
  static StreamId endAt(Arguments arguments, int place) {
    String text = arguments.text(place);
    if (!isExclusive(text)) {
      return checked(orEdge(text, -1));
    }
    StreamId previous = checked(strict(text.substring(1), -1, false)).id().previous();
    if (previous == null) {
      throw new CommandException(INVALID_END);
    }
    return previous;
  }

  /** An id as a reply. */
  static Reply reply(StreamId id) {
    return Reply.bulk(id.toString());
  }

  /** An entry as a reply: its id, and its fields and values in a row. */
  static Reply entry(StreamId id, byte[][] fieldsAndValues) {
    List<Reply> elements = new ArrayList<>(fieldsAndValues.length);
    for (byte[] element : fieldsAndValues) {
      elements.add(Reply.bulk(element));
    }
    return Reply.array(reply(id), Reply.array(elements));
  }

  private static boolean isExclusive(String text) {
    return text.length() > 1 && text.charAt(0) == '(';
  }

  private static StreamId checked(@Nullable StreamId id) {
    if (id == null) {
      throw new CommandException(INVALID);
    }
    return id;
  }

  private static Pattern checked(@Nullable Pattern pattern) {
    if (pattern == null) {
      throw new CommandException(INVALID);
    }
    return pattern;
  }

  private static @Nullable StreamId orEdge(String text, long missingSeq) {
    if (text.equals("-")) {
      return StreamId.MIN;
    }
    if (text.equals("+")) {
      return StreamId.MAX;
    }
    Pattern pattern = strict(text, missingSeq, false);
    return pattern == null ? null : pattern.id();
  }

  private static @Nullable Pattern strict(String text, long missingSeq, boolean mayBeOpen) {
    if (text.length() > MAX_LENGTH) {
      return null;
    }
    int dash = text.indexOf('-');
    if (dash < 0) {
      return isUnsigned(text) ? new Pattern(new StreamId(unsigned(text), missingSeq), false) : null;
    }
    String ms = text.substring(0, dash);
    String seq = text.substring(dash + 1);
    if (!isUnsigned(ms)) {
      return null;
    }
    if (mayBeOpen && seq.equals("*")) {
      return new Pattern(new StreamId(unsigned(ms), 0), true);
    }
    return isUnsigned(seq) ? new Pattern(new StreamId(unsigned(ms), unsigned(seq)), false) : null;
  }

  /**
   * Whether this is an unsigned number of 64 bits. Leading spaces, zeros and a plus go through, as
   * C's {@code strtoull}, to which Redis leaves what is not a strict integer, takes them.
   */
  private static boolean isUnsigned(String text) {
    String digits = digits(text);
    return !digits.isEmpty()
        && digits.chars().allMatch(c -> c >= '0' && c <= '9')
        && fits(digits.replaceFirst("^0+(?=.)", ""));
  }

  private static boolean fits(String digits) {
    String most = "18446744073709551615";
    return digits.length() < most.length()
        || (digits.length() == most.length() && digits.compareTo(most) <= 0);
  }

  private static String digits(String text) {
    int from = 0;
    while (from < text.length() && SPACES.indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    return text.substring(from < text.length() && text.charAt(from) == '+' ? from + 1 : from);
  }

  private static long unsigned(String text) {
    byte[] bytes = Ascii.bytes(text);
    return Integers.isStrict(bytes)
        ? Integers.parseStrict(bytes)
        : Long.parseUnsignedLong(digits(text));
  }
}
