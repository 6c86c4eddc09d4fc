package io.flotilla.statemachine.commands.streams;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * What XADD and XTRIM are told to trim, and what XADD is told besides.
 *
 * @param strategy by what to trim
 * @param length for {@link Strategy#MAXLEN}, how many entries to leave
 * @param minId for {@link Strategy#MINID}, the first id to leave
 * @param whole whether only whole blocks may go ({@code ~})
 * @param limit the most entries that may go so; 0 for any number
 * @param makesStream whether XADD may make the stream
 * @param id what XADD is given as id; null for {@code *}
 * @param idPlace where that stands
 */
record Trim(
    Strategy strategy,
    long length,
    StreamId minId,
    boolean whole,
    long limit,
    boolean makesStream,
    StreamIds.@Nullable Pattern id,
    int idPlace) {
  private static final Reply.Error TWO_STRATEGIES =
      new Reply.Error(
          "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
  private static final Reply.Error MAXLEN_NEGATIVE =
      new Reply.Error("ERR The MAXLEN argument must be >= 0.");
  private static final Reply.Error LIMIT_NEGATIVE =
      new Reply.Error("ERR The LIMIT argument must be >= 0.");
  private static final Reply.Error LIMIT_ALONE =
      new Reply.Error(
          "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  private static final Reply.Error LIMIT_EXACT =
      new Reply.Error("ERR syntax error, LIMIT cannot be used without the special ~ option");
  private static final Reply.Error NO_STRATEGY =
      new Reply.Error("ERR syntax error, XTRIM must be called with a trimming strategy");

  /** How many blocks {@code ~} takes where no LIMIT is said: some 100 µs of work. */
  private static final int BLOCKS = 100;

  /** The limit where blocks may hold any number of entries. */
  private static final long LIMIT_WITHOUT_BLOCKS = 10_000;

  private static final long MAX_DEFAULT_LIMIT = 1_000_000;

  /** By what to trim. */
  enum Strategy {
    NONE,
    MAXLEN,
    MINID
  }

  /** The arguments of XADD ({@code adds}) or XTRIM. */
  static Trim of(ReadContext context, Arguments arguments, boolean adds) {
    Strategy strategy = Strategy.NONE;
    long length = 0;
    StreamId minId = StreamId.MIN;
    boolean whole = false;
    boolean limited = false;
    long limit = 0;
    boolean makesStream = true;
    StreamIds.Pattern id = null;
    int place = 2;
    for (; place < arguments.count(); place++) {
      boolean more = place + 1 < arguments.count();
      if (adds && arguments.is(place, "*")) {
        break;
      }
      if (more && (arguments.is(place, "MAXLEN") || arguments.is(place, "MINID"))) {
        if (strategy != Strategy.NONE) {
          throw new CommandException(TWO_STRATEGIES);
        }
        strategy = arguments.is(place, "MAXLEN") ? Strategy.MAXLEN : Strategy.MINID;
        boolean hasSign = place + 2 < arguments.count();
        whole = hasSign && arguments.is(place + 1, "~");
        place += whole || (hasSign && arguments.is(place + 1, "=")) ? 2 : 1;
        if (strategy == Strategy.MINID) {
          minId = StreamIds.at(arguments, place);
        } else {
          length = notNegative(arguments, place, MAXLEN_NEGATIVE);
        }
      } else if (more && arguments.is(place, "LIMIT")) {
        limit = notNegative(arguments, ++place, LIMIT_NEGATIVE);
        limited = true;
      } else if (adds && arguments.is(place, "NOMKSTREAM")) {
        makesStream = false;
      } else if (adds) {
        id = StreamIds.patternAt(arguments, place);
        break;
      } else {
        throw arguments.syntaxError();
      }
    }
    if (limit > 0 && strategy == Strategy.NONE) {
      throw new CommandException(LIMIT_ALONE);
    }
    if (!adds && strategy == Strategy.NONE) {
      throw new CommandException(NO_STRATEGY);
    }
    if (limited && !whole) {
      throw new CommandException(LIMIT_EXACT);
    }
    if (whole && !limited) {
      limit = defaultLimit(context.limits().streamNodeMaxEntries());
    }
    return new Trim(strategy, length, minId, whole, limit, makesStream, id, place);
  }

  private static long notNegative(Arguments arguments, int place, Reply.Error otherwise) {
    long value = arguments.integer(place, Errors.NOT_AN_INTEGER);
    if (value < 0) {
      throw new CommandException(otherwise);
    }
    return value;
  }

  private static long defaultLimit(int nodeMaxEntries) {
    return nodeMaxEntries <= 0
        ? LIMIT_WITHOUT_BLOCKS
        : Math.min((long) BLOCKS * nodeMaxEntries, MAX_DEFAULT_LIMIT);
  }

  /** Trims the stream; how many entries went. */
  long apply(StreamValue stream) {
    return switch (strategy) {
      case NONE -> 0;
      case MAXLEN -> stream.trimToLength(length, whole, limit);
      case MINID -> stream.trimBefore(minId, whole, limit);
    };
  }
}
