package io.flotilla.statemachine.commands.hyperloglogs;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.HyperLogLog;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** PFADD, PFCOUNT and PFMERGE. */
final class Counts {
  static List<Row> rows() {
    return List.of(
        write("PFADD key [element [element ...]]", Counts::pfadd)
            .summary("Adds elements to a HyperLogLog, which is made if need be.")
            .since("2.8.9")
            .complexity("O(1) for each element")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, INSERT),
        read("PFCOUNT key [key ...]", Counts::pfcount)
            .summary("Estimates how many distinct elements were added to any of the HyperLogLogs.")
            .since("2.8.9")
            .complexity("O(N) for N keys, of 16384 registers each")
            .keyFlags(RW, ACCESS),
        write("PFMERGE destkey [sourcekey [sourcekey ...]]", Counts::pfmerge)
            .summary("Merges HyperLogLogs into one, as if all elements had been added to it.")
            .since("2.8.9")
            .complexity("O(N) for N keys, of 16384 registers each")
            .flags(DENYOOM)
            .keys(KeySpec.at(1, RW, ACCESS, INSERT), KeySpec.range(2, -1, 1, RO, ACCESS))
            .keyFinder((argv, places) -> {
              for (int place = 1; place < argv.length; place++) {
                places.add(place);
              }
              return true;
            }));
  }

  private Counts() {}

  private static Reply pfadd(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    HyperLogLog known = HyperLogLogs.read(context, key);
    HyperLogLog hll = known == null ? HyperLogLog.empty() : known;
    boolean changed = known == null;
    if (arguments.count() > 2) {
      HyperLogLogs.check(hll);
    }
    for (int i = 2; i < arguments.count(); i++) {
      changed |= hll.add(arguments.at(i), context.limits().hllSparseMaxBytes());
    }
    if (changed) {
      store(context, key, hll);
    }
    return Reply.yesNo(changed);
  }

  /**
   * A copy is changed and put in its place, 12 KB at most: a sparse one may get shorter, which
   * strings never do in place, and what a walk has captured stays as it is.
   */
  private static void store(WriteContext context, byte[] key, HyperLogLog hll) {
    hll.touch();
    context.changed(key, hll.string(), EventClass.STRING, "pfadd");
  }

  private static Reply pfcount(ReadContext context, Arguments arguments) {
    if (arguments.count() == 2) {
      HyperLogLog hll = HyperLogLogs.read(context, arguments.at(1));
      if (hll == null) {
        return Reply.ZERO;
      }
      HyperLogLogs.check(hll);
      return Reply.integer(hll.count());
    }
    byte[] registers = new byte[HyperLogLog.REGISTERS];
    for (int i = 1; i < arguments.count(); i++) {
      HyperLogLog hll = HyperLogLogs.read(context, arguments.at(i));
      if (hll != null) {
        HyperLogLogs.check(hll);
        hll.mergeInto(registers);
      }
    }
    return Reply.integer(HyperLogLog.count(registers));
  }

  private static Reply pfmerge(WriteContext context, Arguments arguments) {
    byte[] registers = new byte[HyperLogLog.REGISTERS];
    boolean dense = false;
    HyperLogLog target = HyperLogLog.empty();
    for (int i = 1; i < arguments.count(); i++) {
      HyperLogLog hll = HyperLogLogs.read(context, arguments.at(i));
      if (hll != null) {
        HyperLogLogs.check(hll);
        hll.mergeInto(registers);
        dense |= hll.isDense();
        target = i == 1 ? hll : target;
      }
    }
    if (dense) {
      target.toDense();
    }
    for (int i = 0; i < registers.length; i++) {
      if (registers[i] > 0) {
        target.raise(i, registers[i], context.limits().hllSparseMaxBytes());
      }
    }
    store(context, arguments.at(1), target);
    return Reply.OK;
  }
}
