package io.flotilla.statemachine.commands.hyperloglogs;

import static io.flotilla.statemachine.command.Flag.ADMIN;
import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.READONLY;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.HyperLogLog;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** PFDEBUG and PFSELFTEST: how a HyperLogLog looks inside. */
final class Inspections {
  private static final Reply.Error NO_KEY = new Reply.Error("ERR The specified key does not exist");
  private static final Reply.Error NOT_SPARSE = new Reply.Error("ERR HLL encoding is not sparse");

  /** The most elements of a self-test: some milliseconds, and enough for a dense one. */
  private static final int MOST_TESTED = 10_000;

  /** Six times the standard error, 1.04 / √16384: a bad run is no failure. */
  private static final double TOLERANCE = 6 * 1.04 / 128;

  static List<Row> rows() {
    return List.of(
        write("PFDEBUG subcommand key", Inspections::pfdebug)
            .summary("Shows registers, runs or encoding of a HyperLogLog, or makes it dense.")
            .since("2.8.9")
            .complexity("O(N) for its 16384 registers")
            .flags(ADMIN, DENYOOM)
            .keys(KeySpec.at(2, RW, ACCESS)),
        read("PFSELFTEST", Inspections::pfselftest)
            .summary("Counts elements in both encodings and compares.")
            .since("2.8.9")
            .complexity("O(1)")
            .flags(ADMIN)
            .withoutFlags(READONLY));
  }

  private Inspections() {}

  private static Reply pfdebug(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(2);
    HyperLogLog hll = HyperLogLogs.read(context, key);
    if (hll == null) {
      throw new CommandException(NO_KEY);
    }
    return switch (arguments.text(1).toLowerCase(Locale.ROOT)) {
      case "getreg" -> {
        makeDense(context, key, hll);
        byte[] registers = new byte[HyperLogLog.REGISTERS];
        hll.mergeInto(registers);
        List<Reply> shown = new ArrayList<>(registers.length);
        for (byte register : registers) {
          shown.add(Reply.integer(register));
        }
        yield Reply.array(shown);
      }
      case "decode" -> {
        if (hll.isDense()) {
          throw new CommandException(NOT_SPARSE);
        }
        HyperLogLogs.check(hll);
        yield Reply.bulk(hll.runs());
      }
      case "encoding" -> new Reply.Simple(hll.isDense() ? "dense" : "sparse");
      case "todense" -> {
        boolean sparse = !hll.isDense();
        makeDense(context, key, hll);
        yield Reply.yesNo(sparse);
      }
      default ->
          throw new CommandException("ERR Unknown PFDEBUG subcommand '" + arguments.text(1) + "'");
    };
  }

  private static void makeDense(WriteContext context, byte[] key, HyperLogLog hll) {
    if (!hll.isDense()) {
      HyperLogLogs.check(hll);
      hll.toDense();
      context.changedUnheard(key, hll.string());
    }
  }

  /** Both encodings must count alike, and not far off, at each power of ten. */
  private static Reply pfselftest(ReadContext context, Arguments arguments) {
    HyperLogLog sparse = HyperLogLog.empty();
    HyperLogLog dense = HyperLogLog.empty();
    dense.toDense();
    long seed = context.dice().next();
    int checkpoint = 10;
    for (int added = 1; added <= MOST_TESTED; added++) {
      byte[] element = Ascii.bytes(Long.toHexString(seed ^ added));
      sparse.add(element, context.limits().hllSparseMaxBytes());
      dense.add(element, 0);
      if (added == checkpoint) {
        sparse.touch();
        dense.touch();
        long count = dense.count();
        if (sparse.count() != count) {
          return new Reply.Error("ERR TESTFAILED dense/sparse disagree");
        }
        if (StrictMath.abs(count - added) > StrictMath.ceil(TOLERANCE * added)) {
          return new Reply.Error(
              "ERR TESTFAILED Too big error. card:" + added + " abserr:" + (count - added));
        }
        checkpoint *= 10;
      }
    }
    return Reply.OK;
  }
}
