package io.flotilla.statemachine.commands.bitmaps;

import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.Bits;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** BITCOUNT and BITPOS, over a range of bytes or of bits. */
final class BitSearches {
  static List<Row> rows() {
    return List.of(
        read("BITCOUNT key [start end [BYTE | BIT]]", BitSearches::bitcount)
            .summary("Counts the bits that are set, in all or in a range.")
            .since("2.6.0")
            .complexity("O(N)"),
        read("BITPOS key bit [start [end [BYTE | BIT]]]", BitSearches::bitpos)
            .summary("Finds the first bit that is set, or that is clear, in all or in a range.")
            .since("2.8.7")
            .complexity("O(N)"));
  }

  private BitSearches() {}

  /** Bits from {@code from} to {@code to}, exclusive. */
  private record Range(long from, long to) {
    /** What Redis makes of two ends, inclusive, in so many units, of so many bits each. */
    static Range of(long start, long end, long units, int unitBits) {
      long first = Math.max(0, start < 0 ? units + start : start);
      long last = Math.min(units - 1, Math.max(0, end < 0 ? units + end : end));
      return first > last ? new Range(0, 0) : new Range(first * unitBits, (last + 1) * unitBits);
    }

    boolean isEmpty() {
      return from == to;
    }
  }

  private static boolean countsBits(Arguments arguments, int place) {
    if (place >= arguments.count() || arguments.is(place, "BYTE")) {
      return false;
    }
    if (arguments.is(place, "BIT")) {
      return true;
    }
    throw arguments.syntaxError();
  }

  private static Reply bitcount(ReadContext context, Arguments arguments) {
    StringValue value = context.read(arguments.at(1), DataType.STRING);
    if (value == null) {
      return Reply.ZERO; // whatever else is said
    }
    if (arguments.count() == 2) {
      return Reply.integer(Bits.count(value.array(), 0, value.length() * 8L));
    }
    if (arguments.count() != 4 && arguments.count() != 5) {
      throw arguments.syntaxError();
    }
    long start = arguments.integer(2);
    long end = arguments.integer(3);
    if (start < 0 && end < 0 && start > end) {
      return Reply.ZERO;
    }
    Range range = range(value, start, end, countsBits(arguments, 4));
    return Reply.integer(Bits.count(value.array(), range.from, range.to));
  }

  private static Range range(StringValue value, long start, long end, boolean bits) {
    return bits
        ? Range.of(start, end, value.length() * 8L, 1)
        : Range.of(start, end, value.length(), Byte.SIZE);
  }

  private static Reply bitpos(ReadContext context, Arguments arguments) {
    long bit = arguments.integer(2);
    if (bit != 0 && bit != 1) {
      throw new CommandException("ERR The bit argument must be 1 or 0.");
    }
    StringValue value = context.read(arguments.at(1), DataType.STRING);
    if (value == null) {
      return Reply.integer(bit == 1 ? -1 : 0); // whatever else is said
    }
    if (arguments.count() > 6) {
      throw arguments.syntaxError();
    }
    boolean endGiven = arguments.count() >= 5;
    long start = arguments.count() >= 4 ? arguments.integer(3) : 0;
    boolean bits = countsBits(arguments, 5);
    long end = endGiven ? arguments.integer(4) : -1;
    Range range = range(value, start, end, bits);
    if (range.isEmpty()) {
      return Reply.integer(-1);
    }
    long found = Bits.find(value.array(), (int) bit, range.from, range.to);
    // behind the end, where none is named, the first clear bit is the one that follows
    return Reply.integer(found < 0 && bit == 0 && !endGiven ? range.to : found);
  }
}
