package io.flotilla.cli;

import io.flotilla.proto.admin.Endpoint;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.SlotRange;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Values of the admin API in the words and looks of a table's cells. */
final class Words {
  /** What stands where there is nothing to say. */
  static final String NOTHING = "-";

  private Words() {}

  static Table.Cell health(Health health) {
    return switch (health) {
      case HEALTH_OK -> new Table.Cell("ok", Style.GOOD);
      case HEALTH_DEGRADED -> new Table.Cell("degraded", Style.WARNING);
      case HEALTH_DOWN -> new Table.Cell("down", Style.BAD);
      case HEALTH_UNSPECIFIED, UNRECOGNIZED -> new Table.Cell("unknown", Style.WARNING);
    };
  }

  static Table.Cell phase(NodeStatus node) {
    if (!node.getReachable()) {
      return new Table.Cell("unreachable", Style.BAD);
    }
    NodePhase phase = node.getPhase();
    return switch (phase) {
      case NODE_PHASE_SERVING -> new Table.Cell("serving", Style.GOOD);
      case NODE_PHASE_UNFORMED, NODE_PHASE_LOADING, NODE_PHASE_DRAINED, NODE_PHASE_STOPPING ->
          new Table.Cell(MessageJson.word(phase.getValueDescriptor()), Style.WARNING);
      case NODE_PHASE_UNSPECIFIED, UNRECOGNIZED -> new Table.Cell("unknown", Style.WARNING);
    };
  }

  static Table.Cell leader(String name) {
    return name.isEmpty() ? new Table.Cell("none", Style.BAD) : Table.Cell.of(name);
  }

  static String orNothing(String text) {
    return text.isEmpty() ? NOTHING : text;
  }

  static String endpoint(boolean set, Endpoint endpoint) {
    return set ? HostPort.of(endpoint).toString() : NOTHING;
  }

  static String numbers(List<Integer> numbers) {
    return numbers.isEmpty()
        ? NOTHING
        : numbers.stream().sorted().map(String::valueOf).collect(Collectors.joining(","));
  }

  static String ranges(List<SlotRange> ranges) {
    return ranges.isEmpty()
        ? NOTHING
        : ranges.stream().map(Words::range).collect(Collectors.joining(","));
  }

  static String range(SlotRange range) {
    return range.getFirst() == range.getLast()
        ? Integer.toString(range.getFirst())
        : range.getFirst() + "-" + range.getLast();
  }

  /** An index of a log, where there is one. */
  static String index(long index) {
    return index < 0 ? NOTHING : Long.toString(index);
  }

  /** Bytes in the unit that leaves at most four digits: {@code 12.3 MiB}. */
  static String bytes(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double amount = bytes;
    int unit = 0;
    while (amount >= 1024 && unit < units.length - 1) {
      amount /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, amount < 100 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
  }
}
