package io.flotilla.chaos.witness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The committed log, asked about what clients were told.
 *
 * <p>What was acknowledged is in it exactly once, what certainly failed is not, what is unknown at
 * most once. And its order agrees with real time: what stands later in a group's log had not ended
 * before something that stands earlier began. This is linear and sees everything, but it trusts the
 * log: it does not replace the judgement over what clients read.
 */
public final class LogWitness {
  private record Place(String group, long index) {}

  private final Map<String, List<LogRecords.Entry>> committed;
  private final Map<String, List<Place>> places = new HashMap<>();
  private final List<String> violations = new ArrayList<>();

  /** By group, in the order of the log. */
  public LogWitness(Map<String, List<LogRecords.Entry>> committed) {
    this.committed = committed;
    committed.forEach((group, entries) -> {
      long next = -1;
      for (LogRecords.Entry entry : entries) {
        if (next >= 0 && entry.index() != next) {
          violations.add(
              "the archived log of group "
                  + group
                  + " lacks the entries from "
                  + next
                  + " to "
                  + (entry.index() - 1)
                  + ", so it is no witness");
        }
        next = entry.index() + 1;
        for (List<String> command : entry.commands()) {
          if (command.size() == 3) {
            places
                .computeIfAbsent(String.join(" ", command), n -> new ArrayList<>(1))
                .add(new Place(group, entry.index()));
          }
        }
      }
    });
  }

  /** How many entries there are. */
  public long entries() {
    return committed.values().stream().mapToLong(List::size).sum();
  }

  /** All that is wrong. */
  public List<String> check(List<NamedWrite> writes) {
    Map<String, NamedWrite> byName = new HashMap<>();
    for (NamedWrite write : writes) {
      byName.put(write.name(), write);
      int times = places.getOrDefault(write.name(), List.of()).size();
      if (write.isDone() && times != 1) {
        violations.add("acknowledged, and in the log " + times + " times: " + write.name());
      }
      if (write.isFailed() && times != 0) {
        violations.add("said not to be done, and in the log: " + write.name());
      }
      if (times > 1 && !write.isDone()) {
        violations.add("in the log " + times + " times: " + write.name());
      }
    }
    committed.forEach((group, entries) -> checkOrder(group, entries, byName));
    return List.copyOf(violations);
  }

  /** No write may have ended before one that stands earlier in the log began. */
  private void checkOrder(
      String group, List<LogRecords.Entry> entries, Map<String, NamedWrite> byName) {
    NamedWrite latest = null;
    for (LogRecords.Entry entry : entries) {
      for (List<String> command : entry.commands()) {
        NamedWrite write = command.size() == 3 ? byName.get(String.join(" ", command)) : null;
        if (write == null) {
          continue;
        }
        if (latest != null && write.endedNanos() < latest.invokedNanos()) {
          violations.add(
              "group "
                  + group
                  + ": "
                  + write.name()
                  + " had ended before "
                  + latest.name()
                  + " began, and stands behind it in the log");
        }
        if (latest == null || write.invokedNanos() > latest.invokedNanos()) {
          latest = write;
        }
      }
    }
  }
}
