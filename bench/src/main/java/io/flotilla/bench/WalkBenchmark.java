package io.flotilla.bench;

import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/**
 * How long a shard's loop stands still while a snapshot or a CHECK walks over a large key, in this
 * process, without nodes: the longest of all steps, the beginning, and a write to the key that the
 * walk has not reached.
 */
@Command(
    name = "walk",
    description = "The longest stall of a shard's loop while a snapshot walks over large keys.")
final class WalkBenchmark implements Callable<Integer> {
  private static final NodeId NODE = new NodeId("ab".repeat(20));

  /** Walks before those that count: until the compiler has seen them. */
  private static final int WARM_UP_ROUNDS = 10;

  @Mixin private Options options = new Options();

  @Option(
      names = "--budget",
      paramLabel = "BYTES",
      description = "What a step may encode. Default: ${DEFAULT-VALUE}, as a node does.",
      defaultValue = "65536")
  private int budget = 65536;

  private long index;

  /** What one walk cost, in nanoseconds. */
  private record Walked(long begin, long longestStep, long write, long whole, int steps) {}

  @Override
  public Integer call() {
    Report report = new Report("walk", options.flags());
    List<List<String>> table = new ArrayList<>();
    table.add(
        List.of(
            "shard", "walk", "begin ms", "longest step ms", "first write ms", "whole ms", "steps"));
    measure(report, table, "1 M keys of 64 bytes", keys());
    measure(
        report,
        table,
        "hash of 1 M fields",
        command(1_000_000, "HSET h", i -> "f:" + i + " v" + i));
    measure(
        report,
        table,
        "sorted set of 1 M members",
        command(1_000_000, "ZADD h", i -> i + " m:" + i));
    measure(report, table, "set of 1 M members", command(1_000_000, "SADD h", i -> "m:" + i));
    measure(report, table, "list of 1 M elements", command(1_000_000, "RPUSH h", i -> "e:" + i));
    measure(report, table, "stream of 1 M entries, all pending", stream());
    measure(report, table, "string of 100 MB", string(false));
    measure(report, table, "string of 100 MB, in place", string(true));
    Report.print(table);
    report.write(options.results());
    return 0;
  }

  private List<String> keys() {
    List<String> commands = new ArrayList<>();
    String value = "x".repeat(64);
    for (int i = 0; i < 1_000_000; i++) {
      commands.add("SET key:" + i + " " + value);
    }
    commands.add("HSET h f v");
    return commands;
  }

  private static List<String> command(int elements, String head, IntFunction<String> element) {
    List<String> commands = new ArrayList<>();
    for (int i = 0; i < elements; ) {
      StringBuilder line = new StringBuilder(head);
      for (int end = i + 1000; i < end; i++) {
        line.append(' ').append(element.apply(i));
      }
      commands.add(line.toString());
    }
    return commands;
  }

  private static List<String> stream() {
    List<String> commands = new ArrayList<>();
    for (int i = 0; i < 1_000_000; i++) {
      commands.add("XADD h * field value:" + i);
    }
    commands.add("XGROUP CREATE h g 0");
    commands.add("XREADGROUP GROUP g c STREAMS h >");
    return commands;
  }

  private static List<String> string(boolean inPlace) {
    return List.of(
        "SET h " + "x".repeat(100_000_000), inPlace ? "SETRANGE h 50 y" : "EXPIRE h 1000000");
  }

  private void measure(
      Report report, List<List<String>> table, String name, List<String> commands) {
    ShardMachine machine = new ShardMachine(new CommandTable(Families.ALL), 1, check -> {});
    index = 0;
    machine.apply(1, ++index, new Entry.Genesis(1000, new SipHash(3, 4)));
    List<Entry.SlotRange> all = List.of(new Entry.SlotRange(0, HashSlot.COUNT - 1, 1));
    machine.apply(1, ++index, new Entry.Own(1000, all));
    commands.forEach(line -> apply(machine, line));
    for (boolean check : new boolean[] {false, true}) {
      List<Walked> walks = new ArrayList<>();
      for (int round = 0; round < WARM_UP_ROUNDS + 2 * options.rounds() + 1; round++) {
        Walked walked = walk(machine, check);
        if (round >= WARM_UP_ROUNDS) {
          walks.add(walked);
        }
      }
      double begin = median(walks.stream().map(Walked::begin).toList());
      double step = median(walks.stream().map(Walked::longestStep).toList());
      double write = median(walks.stream().map(Walked::write).toList());
      double whole = median(walks.stream().map(Walked::whole).toList());
      String walk = check ? "check" : "snapshot";
      table.add(
          List.of(
              name,
              walk,
              millis(begin),
              millis(step),
              millis(write),
              millis(whole),
              "" + walks.getLast().steps));
      ObjectNode node = report.row();
      node.put("shard", name).put("walk", walk);
      node.put("begin_millis", begin).put("longest_step_millis", step);
      node.put("first_write_millis", write).put("whole_millis", whole);
    }
  }

  private Walked walk(ShardMachine machine, boolean check) {
    long[] bytes = {0};
    long began = System.nanoTime();
    if (check) {
      machine.apply(1, ++index, new Entry.Check(1000, index));
    } else {
      machine.beginSnapshot(piece -> bytes[0] += piece.length);
    }
    final long begun = System.nanoTime();
    apply(machine, "EXPIRE h " + (1_000_000 + index));
    final long written = System.nanoTime();
    long longest = 0;
    int steps = 0;
    boolean more = true;
    while (more) {
      long from = System.nanoTime();
      more = machine.step(budget);
      longest = Math.max(longest, System.nanoTime() - from);
      steps++;
    }
    return new Walked(begun - began, longest, written - begun, System.nanoTime() - began, steps);
  }

  private void apply(ShardMachine machine, String line) {
    String[] words = line.split(" ", -1);
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < argv.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    index++;
    machine.apply(
        1,
        index,
        new Entry.Batch(new BatchId(NODE, 1, index), 1000, List.of(new Item.Single(argv))));
  }

  private static double median(List<Long> nanos) {
    return Report.median(nanos.stream().map(n -> n / 1e6).toList());
  }

  private static String millis(double millis) {
    return String.format(Locale.ROOT, "%.2f", millis);
  }
}
