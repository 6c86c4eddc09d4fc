package io.flotilla.chaos.witness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The committed log, asked about all that clients were told.
 *
 * <p>The log of each group is replayed by a model ({@link Replay}), which gives every write one
 * place in one order, and what every key held at every place. Then:
 *
 * <ul>
 *   <li>what was acknowledged is in it exactly once, and the model answers it as the product did;
 *   <li>what certainly failed is not in it, what is unknown at most once, and nothing that nobody
 *       said;
 *   <li>every read was true at some place that real time allows: behind all that had ended before
 *       it began, be it a write or another read, and before all that began after it had ended;
 *   <li>and so is the place of every write.
 * </ul>
 *
 * <p>Times to live are judged by the time in the log, so clocks may jump as they like. All of this
 * is about linear, and sees everything; but it trusts the log, and does not replace the judgement
 * over what clients saw.
 */
public final class LogWitness {
  private final Map<String, List<LogRecords.Entry>> committed;
  private final List<String> violations = new ArrayList<>();
  private long placed;
  private long readsPlaced;

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
      }
    });
  }

  /** How many entries there are. */
  public long entries() {
    return committed.values().stream().mapToLong(List::size).sum();
  }

  /** How many writes were found at one place, and reads at a place that fits. */
  public String told() {
    return placed
        + " writes and "
        + readsPlaced
        + " reads have their places in "
        + entries()
        + " entries of the committed logs";
  }

  /** What was said under one name. */
  private static final class Said {
    private final List<Spoken> answered = new ArrayList<>(1);
    private int unknown;
    private int failed;
    private @Nullable Spoken last;

    private int count() {
      return answered.size() + unknown + failed;
    }
  }

  /** Something with its place; a read's is the earliest that fits. */
  private record Placed(Spoken spoken, long at) {}

  /** A group while it is asked. */
  private static final class Asked {
    private final Replay replay;
    private final List<Placed> writes = new ArrayList<>();
    private final List<Spoken> reads = new ArrayList<>();

    private Asked(Replay replay) {
      this.replay = replay;
    }
  }

  /** All that is wrong. */
  public List<String> check(List<Spoken> all) {
    Map<String, Said> byName = new HashMap<>();
    for (Spoken spoken : all) {
      if (spoken.isWrite()) {
        Said said = byName.computeIfAbsent(spoken.name(), n -> new Said());
        said.last = spoken;
        if (spoken.isAnswered()) {
          said.answered.add(spoken);
        } else if (spoken.isFailed()) {
          said.failed++;
        } else {
          said.unknown++;
        }
      }
    }
    Map<String, Asked> groups = new TreeMap<>();
    Map<String, Asked> byKey = new HashMap<>();
    committed.forEach((group, entries) -> {
      Asked asked = new Asked(new Replay(entries, name -> toldOnce(byName.get(name))));
      groups.put(group, asked);
      asked.replay.keysEver().forEach(key -> byKey.put(key, asked));
    });
    Replay empty = new Replay(List.of(), name -> null);
    Asked nowhere = new Asked(empty);
    byName.forEach((name, said) -> {
      Asked asked = null;
      for (Asked each : groups.values()) {
        asked = each.replay.places().containsKey(name) ? each : asked;
      }
      checkName(name, said, asked, asked == null ? nowhere : asked, byKey);
    });
    groups.forEach((group, asked) ->
        asked
            .replay
            .places()
            .forEach((name, places) -> {
              if (!byName.containsKey(name) && isWrite(name)) {
                violations.add("in the log, and nobody said it: " + name);
              }
            }));
    for (Spoken spoken : all) {
      if (spoken.isAnswered() && !spoken.isWrite()) {
        groupOf(spoken, byKey, nowhere).reads.add(spoken);
      }
    }
    groups.forEach(this::checkOrder);
    checkOrder("none", nowhere);
    return List.copyOf(violations);
  }

  private static boolean isWrite(String name) {
    return new Spoken(
            Arrays.stream(name.split("; ", -1)).map(c -> List.of(c.split(" ", -1))).toList(),
            false,
            null,
            false,
            false,
            0,
            0)
        .isWrite();
  }

  private static @Nullable String toldOnce(@Nullable Said said) {
    return said != null && said.count() == 1 && said.answered.size() == 1
        ? said.answered.getFirst().answer()
        : null;
  }

  private static Asked groupOf(Spoken spoken, Map<String, Asked> byKey, Asked otherwise) {
    for (String key : Replay.keysOf(spoken)) {
      Asked asked = byKey.get(key);
      if (asked != null) {
        return asked;
      }
    }
    return otherwise;
  }

  private void checkName(
      String name, Said said, @Nullable Asked found, Asked asked, Map<String, Asked> byKey) {
    List<Replay.Place> places =
        found == null ? List.of() : found.replay.places().getOrDefault(name, List.of());
    if (said.count() == 1 && said.last != null) {
      checkOnce(name, said.last, places, asked);
      return;
    }
    int most = said.answered.size() + said.unknown;
    if (places.size() > most) {
      violations.add(
          "in the log " + places.size() + " times, and done at most " + most + " times: " + name);
    }
    if (places.size() < said.answered.size()) {
      violations.add(
          "acknowledged "
              + said.answered.size()
              + " times, and in the log "
              + places.size()
              + " times: "
              + name);
    }
    Map<String, List<Spoken>> byAnswer = new TreeMap<>();
    for (Spoken spoken : said.answered) {
      byAnswer.computeIfAbsent(String.valueOf(spoken.answer()), a -> new ArrayList<>()).add(spoken);
    }
    byAnswer.forEach((answer, same) -> {
      boolean nothingThere = answer.equals("nil");
      List<Replay.Place> fitting =
          places.stream().filter(p -> p.answer() == null || p.answer().equals(answer)).toList();
      if (fitting.size() < same.size()) {
        violations.add(
            "answered "
                + answer
                + " "
                + same.size()
                + " times, and the log gives that answer "
                + fitting.size()
                + " times: "
                + name);
      } else if (nothingThere) {
        same.forEach(spoken -> groupOf(spoken, byKey, asked).reads.add(spoken));
      } else if (same.size() == 1 && fitting.size() == 1) {
        asked.writes.add(new Placed(same.getFirst(), fitting.getFirst().at()));
      }
    });
  }

  private void checkOnce(String name, Spoken spoken, List<Replay.Place> places, Asked asked) {
    int times = places.size();
    if (spoken.isFailed()) {
      if (times != 0) {
        violations.add("said not to be done, and in the log: " + name);
      }
      return;
    }
    if (times > 1 && !spoken.isRetried()) {
      violations.add("in the log " + times + " times: " + name);
      return;
    }
    if (spoken.isAnswered()) {
      if (times == 0) {
        violations.add("acknowledged, and in the log 0 times: " + name);
        return;
      }
      String answer = places.getFirst().answer();
      if (times == 1 && answer != null && !answer.equals(spoken.answer())) {
        violations.add(
            "answered " + spoken.answer() + ", and by the log it is " + answer + ": " + name);
      }
    }
    if (times > 0) {
      asked.writes.add(new Placed(spoken, places.getFirst().at()));
    }
  }

  /** Real time: what had ended before something began stands before it. */
  private void checkOrder(String group, Asked asked) {
    List<Placed> writes = new ArrayList<>(asked.writes);
    writes.sort(Comparator.comparingLong(w -> w.spoken.invokedNanos()));
    long[] invoked = new long[writes.size()];
    long[] firstFromHere = new long[writes.size() + 1];
    firstFromHere[writes.size()] = asked.replay.end() + 1;
    for (int i = writes.size() - 1; i >= 0; i--) {
      invoked[i] = writes.get(i).spoken.invokedNanos();
      firstFromHere[i] = Math.min(firstFromHere[i + 1], writes.get(i).at);
    }
    IdentityHashMap<Spoken, Placed> placeOf = new IdentityHashMap<>();
    writes.forEach(w -> placeOf.put(w.spoken, w));
    List<Spoken> all = new ArrayList<>(asked.reads);
    writes.forEach(w -> all.add(w.spoken));
    all.sort(Comparator.comparingLong(Spoken::invokedNanos));

    PriorityQueue<Placed> ending =
        new PriorityQueue<>(Comparator.comparingLong(p -> p.spoken.endedNanos()));
    Placed latest = null;
    Set<String> accused = new HashSet<>();
    for (Spoken spoken : all) {
      while (!ending.isEmpty() && ending.element().spoken.endedNanos() < spoken.invokedNanos()) {
        Placed ended = ending.remove();
        latest = latest == null || ended.at > latest.at ? ended : latest;
      }
      long least = latest == null ? 0 : latest.at;
      Placed placed = placeOf.get(spoken);
      if (placed != null) {
        placed(group, placed, latest, accused);
      } else {
        int after = firstAfter(invoked, spoken.endedNanos());
        long at = asked.replay.earliest(spoken, least, firstFromHere[after] - 1);
        if (at < 0) {
          violations.add(
              "group "
                  + group
                  + ": read at no place that real time allows ("
                  + least
                  + " to "
                  + (firstFromHere[after] - 1)
                  + " of "
                  + asked.replay.end()
                  + "): "
                  + spoken.name()
                  + " answered "
                  + spoken.answer());
          continue;
        }
        readsPlaced++;
        placed = new Placed(spoken, at);
      }
      if (spoken.endedNanos() != Long.MAX_VALUE) {
        ending.add(placed);
      }
    }
  }

  private void placed(String group, Placed write, @Nullable Placed latest, Set<String> accused) {
    placed++;
    if (latest != null && write.at <= latest.at && accused.add(latest.spoken.name())) {
      violations.add(
          "group "
              + group
              + ": "
              + latest.spoken.name()
              + " had ended before "
              + write.spoken.name()
              + " began, and the log has them the other way round");
    }
  }

  /** The first of these times, which ascend, that is later. */
  private static int firstAfter(long[] ascending, long time) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ascending[middle] > time) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
