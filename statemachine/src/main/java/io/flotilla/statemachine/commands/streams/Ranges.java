package io.flotilla.statemachine.commands.streams;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** XLEN, XRANGE and XREVRANGE: what a stream holds. */
final class Ranges {
  static List<Row> rows() {
    return List.of(
        read("XLEN key", Ranges::xlen)
            .summary("Tells the number of entries of a stream.")
            .since("5.0.0")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read(
                "XRANGE key start end [COUNT count]",
                (context, arguments) -> range(context, arguments, false))
            .summary("Tells the entries from one id to another.")
            .since("5.0.0")
            .complexity("O(log(N)+M) for M entries told of N"),
        read(
                "XREVRANGE key end start [COUNT count]",
                (context, arguments) -> range(context, arguments, true))
            .summary("Tells the entries from one id to another, the last one first.")
            .since("5.0.0")
            .complexity("O(log(N)+M) for M entries told of N"));
  }

  private Ranges() {}

  private static Reply xlen(ReadContext context, Arguments arguments) {
    StreamValue stream = context.read(arguments.at(1), DataType.STREAM);
    return stream == null ? Reply.ZERO : Reply.integer(stream.size());
  }

  private static Reply range(ReadContext context, Arguments arguments, boolean backwards) {
    StreamId from = StreamIds.startAt(arguments, backwards ? 3 : 2);
    StreamId to = StreamIds.endAt(arguments, backwards ? 2 : 3);
    long count = Long.MAX_VALUE;
    for (int i = 4; i < arguments.count(); i += 2) {
      if (!arguments.is(i, "COUNT") || i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      }
      count = Math.max(0, arguments.integer(i + 1));
    }
    StreamValue stream = context.read(arguments.at(1), DataType.STREAM);
    if (stream == null) {
      return Reply.EMPTY_ARRAY;
    }
    return count == 0 ? Reply.NIL_ARRAY : entries(stream, from, to, count, backwards);
  }

  /** So many entries at most from one id to another. */
  static Reply entries(
      StreamValue stream, StreamId from, StreamId to, long count, boolean backwards) {
    List<Reply> entries = new ArrayList<>();
    StreamValue.Visitor visitor =
        (id, fieldsAndValues) -> {
          entries.add(StreamIds.entry(id, fieldsAndValues));
          return entries.size() < count;
        };
    if (backwards) {
      stream.rangeBackwards(from, to, visitor);
    } else {
      stream.range(from, to, visitor);
    }
    return Reply.array(entries);
  }
}
