package io.flotilla.chaos.witness;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One group's committed log, run through a model of the workloads' commands that knows nothing of
 * the product: strings, lists and sets of Java, and the time that the entries carry.
 *
 * <p>Each item of an entry has a place in the one order of the group, and so has the moment at
 * which a key's time to live is over. The model tells what each item must have been answered, and
 * what each key held at each place. It does not know three things: what SPOP takes, for the dice
 * are the product's; whether a transaction that watches an absent key was aborted without need,
 * which is allowed; and which push serves a BLPOP that waits. Of these it says that it does not
 * know.
 */
final class Replay {
  /** Of a key that is not there. */
  static final String ABSENT = "absent";

  /** Of a set from which something was taken by chance. */
  private static final String SOMETHING = "something";

  /** Of a key of which nobody can say even that. */
  private static final String UNCERTAIN = "uncertain";

  /**
   * Where something was done.
   *
   * @param answer what was answered; null if the model does not know
   */
  record Place(long at, @Nullable String answer) {}

  /** What a key holds from a place on. */
  private record Version(long from, String text) {}

  private record Due(String key, long deadlineMillis) {}

  private static final class Cell {
    private final @Nullable String string;
    private final List<String> list = new ArrayList<>();
    private final TreeSet<String> set = new TreeSet<>();
    private final boolean isSet;
    private int taken;
    private long deadlineMillis = Long.MAX_VALUE;
    private long modifiedIndex;

    private Cell(@Nullable String string, boolean isSet) {
      this.string = string;
      this.isSet = isSet;
    }

    private String text() {
      if (string != null) {
        return "\"" + string;
      }
      if (isSet) {
        return taken > 0 ? SOMETHING : quoted(set);
      }
      return quoted(list);
    }

    private static String quoted(Iterable<String> elements) {
      StringBuilder text = new StringBuilder("[");
      for (String element : elements) {
        text.append(text.length() == 1 ? "\"" : " \"").append(element);
      }
      return text.append(']').toString();
    }
  }

  private final Function<String, @Nullable String> told;
  private final Map<String, List<Place>> places = new HashMap<>();
  private final Map<String, List<Version>> versions = new HashMap<>();
  private final Map<String, Cell> keys = new HashMap<>();
  private final PriorityQueue<Due> due =
      new PriorityQueue<>(Comparator.comparingLong(Due::deadlineMillis));
  private final Set<String> waitedFor = new HashSet<>();
  private long machineMillis;
  private long at;

  /**
   * Runs them.
   *
   * @param told what the only client that said this was answered; null if nobody knows
   */
  Replay(List<LogRecords.Entry> entries, Function<String, @Nullable String> told) {
    this.told = told;
    entries.forEach(this::apply);
  }

  /** Where each thing stands, by {@link Spoken#name}. */
  Map<String, List<Place>> places() {
    return places;
  }

  Iterable<String> keysEver() {
    return versions.keySet();
  }

  /** The last place. */
  long end() {
    return at;
  }

  private void apply(LogRecords.Entry entry) {
    if (entry.stampMillis() > machineMillis) {
      machineMillis = entry.stampMillis();
      expire();
    }
    for (LogRecords.Item item : entry.items()) {
      at++;
      String name = Spoken.name(item.commands(), item.isTransaction());
      places
          .computeIfAbsent(name, n -> new ArrayList<>(1))
          .add(new Place(at, answer(entry.index(), item, name)));
    }
  }

  private void expire() {
    while (!due.isEmpty() && due.element().deadlineMillis <= machineMillis) {
      Due first = due.remove();
      Cell cell = keys.get(first.key);
      if (cell != null && cell.deadlineMillis == first.deadlineMillis) {
        at++;
        keys.remove(first.key);
        changed(first.key);
      }
    }
  }

  private @Nullable String answer(long index, LogRecords.Item item, String name) {
    if (!item.isTransaction()) {
      return run(index, item.commands().getFirst());
    }
    for (Map.Entry<String, Long> watched : item.watched().entrySet()) {
      Cell cell = keys.get(watched.getKey());
      if (cell != null && cell.modifiedIndex != watched.getValue()) {
        return "nil";
      }
      if (cell == null) {
        String answered = told.apply(name);
        if (answered == null) {
          item.commands().forEach(c -> note(Script.keyOf(c), UNCERTAIN));
          return null;
        }
        if (answered.equals("nil")) {
          return "nil";
        }
      }
    }
    StringBuilder all = new StringBuilder("[");
    boolean known = true;
    for (List<String> command : item.commands()) {
      String one = run(index, command);
      known &= one != null;
      all.append(all.length() == 1 ? "" : " ").append(one);
    }
    return known ? all.append(']').toString() : null;
  }

  private @Nullable String run(long index, List<String> command) {
    String key = Script.keyOf(command);
    return switch (command.getFirst()) {
      case "SET" -> {
        Cell cell = new Cell(command.get(2), false);
        if (command.size() == 5 && command.get(3).equals("PX")) {
          cell.deadlineMillis = machineMillis + Long.parseLong(command.get(4));
          due.add(new Due(key, cell.deadlineMillis));
        }
        put(index, key, cell);
        yield "OK";
      }
      case "INCRBY", "DECRBY" -> {
        Cell before = keys.get(key);
        long change = Long.parseLong(command.get(2));
        long sum =
            (before == null || before.string == null ? 0 : Long.parseLong(before.string))
                + (command.getFirst().equals("INCRBY") ? change : -change);
        put(index, key, new Cell(Long.toString(sum), false));
        yield ":" + sum;
      }
      case "EVAL", "FCALL" -> {
        Cell before = keys.get(key);
        Optional<String> after =
            Script.run(command, Optional.ofNullable(before == null ? null : before.string));
        after.ifPresent(text -> put(index, key, new Cell(text, false)));
        yield after.isPresent() ? ":1" : ":0";
      }
      case "BLPOP" -> {
        waitedFor.add(key);
        note(key, UNCERTAIN);
        yield null;
      }
      case "RPUSH", "LPUSH" -> {
        if (waitedFor.contains(key)) {
          yield null;
        }
        Cell cell = keys.getOrDefault(key, new Cell(null, false));
        cell.list.add(command.getFirst().equals("RPUSH") ? cell.list.size() : 0, command.get(2));
        put(index, key, cell);
        yield ":" + cell.list.size();
      }
      case "RPOP", "LPOP" -> {
        Cell cell = keys.get(key);
        if (waitedFor.contains(key)) {
          yield null;
        }
        if (cell == null) {
          yield "nil";
        }
        String taken =
            command.getFirst().equals("RPOP") ? cell.list.removeLast() : cell.list.removeFirst();
        putUnlessEmpty(index, key, cell, cell.list.size());
        yield "\"" + taken;
      }
      case "SADD" -> {
        Cell cell = keys.getOrDefault(key, new Cell(null, true));
        boolean added = cell.set.add(command.get(2));
        put(index, key, cell);
        yield added ? ":1" : ":0";
      }
      case "SPOP" -> {
        Cell cell = keys.get(key);
        if (cell == null) {
          yield "nil";
        }
        cell.taken++;
        putUnlessEmpty(index, key, cell, cell.set.size() - cell.taken);
        yield null;
      }
      default -> read(command, this::textNow);
    };
  }

  private void put(long index, String key, Cell cell) {
    cell.modifiedIndex = index;
    keys.put(key, cell);
    changed(key);
  }

  private void putUnlessEmpty(long index, String key, Cell cell, int left) {
    if (left > 0) {
      put(index, key, cell);
    } else {
      keys.remove(key);
      changed(key);
    }
  }

  private void changed(String key) {
    note(key, textNow(key));
  }

  private void note(String key, String text) {
    versions.computeIfAbsent(key, k -> new ArrayList<>()).add(new Version(at, text));
  }

  private String textNow(String key) {
    Cell cell = keys.get(key);
    return cell == null ? ABSENT : cell.text();
  }

  /** What a reading command answers where keys hold this; null if the model does not know. */
  private static @Nullable String read(List<String> command, Function<String, String> text) {
    return switch (command.getFirst()) {
      case "GET" -> string(text.apply(command.get(1)));
      case "LRANGE", "SMEMBERS" -> {
        String held = text.apply(command.get(1));
        yield held.equals(ABSENT) ? "[]" : held.startsWith("[") ? held : null;
      }
      case "MGET" -> {
        StringBuilder all = new StringBuilder("[");
        boolean known = true;
        for (String key : command.subList(1, command.size())) {
          String one = string(text.apply(key));
          known &= one != null;
          all.append(all.length() == 1 ? "" : " ").append(one);
        }
        yield known ? all.append(']').toString() : null;
      }
      // Read is only whether nothing was there to be taken.
      case "RPOP", "LPOP", "SPOP" -> {
        String held = text.apply(command.get(1));
        yield held.equals(ABSENT) ? "nil" : held.equals(UNCERTAIN) ? null : "something";
      }
      default -> null;
    };
  }

  private static @Nullable String string(String held) {
    return held.equals(ABSENT) ? "nil" : held.startsWith("\"") ? held : null;
  }

  /** What a key held when all up to this place was done. */
  private String textAt(String key, long place) {
    List<Version> all = versions.getOrDefault(key, List.of());
    int low = 0;
    int high = all.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (all.get(middle).from <= place) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == 0 ? ABSENT : all.get(low - 1).text;
  }

  /** Whether these, asked together when all up to this place was done, are answered so. */
  private boolean isAnsweredSo(Spoken spoken, long place) {
    List<String> answers = new ArrayList<>();
    for (List<String> command : spoken.commands()) {
      String one = read(command, key -> textAt(key, place));
      if (one == null) {
        return true;
      }
      answers.add(one);
    }
    String all =
        spoken.isTransaction() ? "[" + String.join(" ", answers) + "]" : answers.getFirst();
    return all.equals(spoken.answer());
  }

  /**
   * The earliest place from the first to the last, both included, at which this read is answered as
   * it was; -1 if there is none.
   */
  long earliest(Spoken read, long first, long last) {
    if (first <= last && isAnsweredSo(read, first)) {
      return first;
    }
    TreeSet<Long> changes = new TreeSet<>();
    for (String key : keysOf(read)) {
      for (Version version : versions.getOrDefault(key, List.of())) {
        if (version.from > first && version.from <= last) {
          changes.add(version.from);
        }
      }
    }
    for (long place : changes) {
      if (isAnsweredSo(read, place)) {
        return place;
      }
    }
    return -1;
  }

  static List<String> keysOf(Spoken spoken) {
    List<String> keys = new ArrayList<>();
    for (List<String> command : spoken.commands()) {
      if (command.getFirst().equals("MGET")) {
        keys.addAll(command.subList(1, command.size()));
      } else {
        keys.add(Script.keyOf(command));
      }
    }
    return keys;
  }
}
