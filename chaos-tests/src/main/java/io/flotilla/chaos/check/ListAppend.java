package io.flotilla.chaos.check;

import io.flotilla.chaos.check.Anomaly.Kind;
import io.flotilla.chaos.check.Dependencies.Edge;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether transactions over growing lists are strictly serializable, told from what they answered.
 *
 * <p>Values are appended once, and a read answers a whole list, so a read tells its list's history:
 * the longest read of a key is the order of its versions, and every other read must be a beginning
 * of it. From that follow the dependencies between transactions:
 *
 * <pre>
 *   x: [1 2 3]         append x 1  ──ww→  append x 2  ──ww→  append x 3
 *                           │                 ↑
 *                          wr                rw
 *                           └→  read x [1]  ──┘        and T ──rt→ U where T ended before U began
 * </pre>
 *
 * <p>What is acknowledged and in no read of a key stands behind all that the longest read has, as
 * lists only grow; that gives its dependencies too. A cycle of dependencies has no order that
 * explains it, and its kind follows from its edges ({@link Dependencies}).
 *
 * <p>Transactions that certainly were not done give no dependencies, and their values must not be
 * seen. Those of unknown outcome take part only if one of their values was seen: then they were
 * done.
 *
 * <p>After K. Kingsbury, P. Alvaro, "Elle: Inferring Isolation Anomalies from Experimental
 * Observations", 2020; the names are A. Adya's, 1999. The time is about linear in the history.
 */
public final class ListAppend {
  /** As many are told of each kind; one is enough to refute, more only help to see a pattern. */
  private static final int TOLD_PER_KIND = 5;

  private final List<Operation<Transaction, Transaction.Answer>> history;
  private final List<Anomaly> anomalies = new ArrayList<>();
  private final Map<Kind, Integer> found = new HashMap<>();

  /** Who appended a value: the place of the operation in the history. */
  private final Map<Value, Integer> appenders = new HashMap<>();

  /** The longest read of each key. */
  private final Map<String, List<Long>> versions = new LinkedHashMap<>();

  private final Set<Value> seen = new HashSet<>();

  private record Value(String key, long value) {}

  /** A read from outside its transaction: without what the transaction itself had appended. */
  private record OutsideRead(int reader, String key, int length) {}

  private ListAppend(List<Operation<Transaction, Transaction.Answer>> history) {
    this.history = history;
  }

  /** All that is wrong; empty if the history is strictly serializable. */
  public static List<Anomaly> check(List<Operation<Transaction, Transaction.Answer>> history) {
    List<Operation<Transaction, Transaction.Answer>> byInvocation = new ArrayList<>(history);
    byInvocation.sort(Comparator.comparingLong(Operation::invokedNanos));
    History.requireWellFormed(byInvocation);
    return new ListAppend(byInvocation).run();
  }

  private List<Anomaly> run() {
    findAppenders();
    List<OutsideRead> reads = readAll();
    comparePrefixes();
    compareOrderOfSteps();
    findLost();
    if (found.containsKey(Kind.INCOMPATIBLE_ORDER) || found.containsKey(Kind.DUPLICATE)) {
      // There is no order of versions to build dependencies from, and the case is clear.
      return List.copyOf(anomalies);
    }
    Dependencies graph = new Dependencies(history.size());
    addVersions(graph);
    addReads(graph, reads);
    addRealtime(graph);
    graph.cycles(this::describe).forEach(this::report);
    return List.copyOf(anomalies);
  }

  private void report(Anomaly anomaly) {
    if (found.merge(anomaly.kind(), 1, Integer::sum) <= TOLD_PER_KIND) {
      anomalies.add(anomaly);
    }
  }

  private void report(Kind kind, String explanation) {
    report(new Anomaly(kind, explanation));
  }

  private void findAppenders() {
    for (int i = 0; i < history.size(); i++) {
      for (Transaction.Step step : history.get(i).action().steps()) {
        if (step instanceof Transaction.Append append) {
          Integer other = appenders.put(new Value(append.key(), append.value()), i);
          if (other != null) {
            throw new IllegalArgumentException(append + " is in " + other + " and in " + i);
          }
        }
      }
    }
  }

  private static Transaction.@Nullable Answer answerOf(
      Operation<Transaction, Transaction.Answer> operation) {
    return operation.ending() instanceof Ending.Ok<Transaction.Answer> ok ? ok.result() : null;
  }

  /** Judges each read by itself, and finds the longest one of each key. */
  private List<OutsideRead> readAll() {
    List<OutsideRead> reads = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      Transaction.Answer answer = answerOf(history.get(i));
      if (answer != null) {
        readOne(i, answer, reads);
      }
    }
    return reads;
  }

  private void readOne(int reader, Transaction.Answer answer, List<OutsideRead> reads) {
    Map<String, List<Long>> known = new HashMap<>();
    Map<String, List<Long>> own = new HashMap<>();
    int next = 0;
    for (Transaction.Step step : history.get(reader).action().steps()) {
      if (step instanceof Transaction.Append append) {
        own.computeIfAbsent(append.key(), k -> new ArrayList<>()).add(append.value());
        known.computeIfPresent(append.key(), (k, list) -> plus(list, append.value()));
        continue;
      }
      String key = step.key();
      List<Long> read = answer.reads().get(next++);
      List<Long> expected = known.get(key);
      List<Long> appended = own.getOrDefault(key, List.of());
      if (expected != null ? !read.equals(expected) : !endsWith(read, appended)) {
        report(
            Kind.INTERNAL,
            describe(reader)
                + " read "
                + read
                + " of "
                + key
                + " after "
                + (expected != null ? "it had been " + expected : "appending " + appended));
      }
      known.put(key, read);
      judgeValues(reader, key, read);
      judgeFuture(reader, key, read, appended);
      List<Long> longest = versions.get(key);
      if (longest == null || read.size() > longest.size()) {
        versions.put(key, read);
      }
      if (endsWith(read, appended)) {
        int outside = read.size() - appended.size();
        judgeIntermediate(reader, key, read.subList(0, outside));
        reads.add(new OutsideRead(reader, key, outside));
      }
    }
  }

  /** A transaction that reads what itself appends only later. */
  private void judgeFuture(int reader, String key, List<Long> read, List<Long> appended) {
    for (long value : appendedBy(reader, key)) {
      if (read.contains(value) && !appended.contains(value)) {
        report(
            Kind.INTERNAL,
            describe(reader) + " read " + value + " in " + key + " before it appended it");
      }
    }
  }

  private static List<Long> plus(List<Long> list, long value) {
    List<Long> longer = new ArrayList<>(list);
    longer.add(value);
    return longer;
  }

  private static boolean endsWith(List<Long> list, List<Long> end) {
    return list.size() >= end.size()
        && list.subList(list.size() - end.size(), list.size()).equals(end);
  }

  private void judgeValues(int reader, String key, List<Long> read) {
    Set<Long> distinct = new HashSet<>();
    for (long value : read) {
      if (!distinct.add(value)) {
        report(Kind.DUPLICATE, describe(reader) + " read " + value + " twice in " + key);
      }
      Value each = new Value(key, value);
      seen.add(each);
      Integer appender = appenders.get(each);
      if (appender == null) {
        report(
            Kind.GARBAGE,
            describe(reader) + " read " + value + " in " + key + ", which nobody appended");
      } else if (history.get(appender).ending() instanceof Ending.Fail<?> fail) {
        report(
            Kind.G1A,
            describe(reader)
                + " read "
                + value
                + " in "
                + key
                + ", but "
                + describe(appender)
                + " was told that it was not done: "
                + fail.why());
      }
    }
  }

  private void judgeIntermediate(int reader, String key, List<Long> outside) {
    if (outside.isEmpty()) {
      return;
    }
    long last = outside.getLast();
    Integer appender = appenders.get(new Value(key, last));
    if (appender == null || appender == reader) {
      return;
    }
    List<Long> appended = appendedBy(appender, key);
    if (appended.getLast() != last) {
      report(
          Kind.G1B,
          describe(reader)
              + " read "
              + last
              + " as the last of "
              + key
              + ", in the middle of "
              + describe(appender));
    }
  }

  private List<Long> appendedBy(int appender, String key) {
    List<Long> values = new ArrayList<>();
    for (Transaction.Step step : history.get(appender).action().steps()) {
      if (step instanceof Transaction.Append append && append.key().equals(key)) {
        values.add(append.value());
      }
    }
    return values;
  }

  private void comparePrefixes() {
    for (int i = 0; i < history.size(); i++) {
      Transaction.Answer answer = answerOf(history.get(i));
      if (answer == null) {
        continue;
      }
      int next = 0;
      for (Transaction.Step step : history.get(i).action().steps()) {
        if (step instanceof Transaction.Read) {
          List<Long> read = answer.reads().get(next++);
          List<Long> longest = versions.getOrDefault(step.key(), List.of());
          if (!longest.subList(0, read.size()).equals(read)) {
            report(
                Kind.INCOMPATIBLE_ORDER,
                step.key() + ": " + describe(i) + " read " + read + ", another one " + longest);
          }
        }
      }
    }
  }

  /** What one transaction appended stands in its own order. */
  private void compareOrderOfSteps() {
    versions.forEach((key, order) -> {
      for (int i = 1; i < order.size(); i++) {
        int appender = writer(key, order, i);
        if (appender >= 0 && appender == writer(key, order, i - 1)) {
          List<Long> appended = appendedBy(appender, key);
          if (appended.indexOf(order.get(i)) < appended.indexOf(order.get(i - 1))) {
            report(
                Kind.INCOMPATIBLE_ORDER,
                key
                    + ": "
                    + shown(order)
                    + " has the values of "
                    + describe(appender)
                    + " reversed");
          }
        }
      }
    });
  }

  /** What was acknowledged, and is not in a key that was read after everything had been healed. */
  private void findLost() {
    Set<String> readLast = new LinkedHashSet<>();
    for (Operation<Transaction, Transaction.Answer> operation : history) {
      if (operation.action().last() && answerOf(operation) != null) {
        operation.action().steps().forEach(step -> readLast.add(step.key()));
      }
    }
    for (int i = 0; i < history.size(); i++) {
      if (answerOf(history.get(i)) == null) {
        continue;
      }
      for (Transaction.Step step : history.get(i).action().steps()) {
        if (step instanceof Transaction.Append append
            && readLast.contains(append.key())
            && !seen.contains(new Value(append.key(), append.value()))) {
          report(
              Kind.LOST_APPEND,
              describe(i) + " was acknowledged, and " + append.value() + " is nowhere");
        }
      }
    }
  }

  /** Whether a transaction is known to have been done. */
  private boolean isDone(int i) {
    Operation<Transaction, Transaction.Answer> operation = history.get(i);
    return switch (operation.ending()) {
      case Ending.Ok<Transaction.Answer> ok -> true;
      case Ending.Fail<Transaction.Answer> fail -> false;
      case Ending.Info<Transaction.Answer> info ->
          operation.action().steps().stream()
              .anyMatch(step ->
                  step instanceof Transaction.Append append
                      && seen.contains(new Value(append.key(), append.value())));
    };
  }

  /** What is known to have been appended, and was never read, by key. */
  private Map<String, List<Integer>> unseenAppenders() {
    Map<String, List<Integer>> unseen = new LinkedHashMap<>();
    appenders.forEach((value, appender) -> {
      if (!seen.contains(value) && isDone(appender)) {
        unseen.computeIfAbsent(value.key, k -> new ArrayList<>()).add(appender);
      }
    });
    return unseen;
  }

  private void addVersions(Dependencies graph) {
    versions.forEach((key, order) -> {
      for (int i = 1; i < order.size(); i++) {
        addEdge(graph, writer(key, order, i - 1), writer(key, order, i), Edge.WW);
      }
    });
    unseenAppenders()
        .forEach((key, behind) -> {
          List<Long> order = versions.getOrDefault(key, List.of());
          for (int appender : behind) {
            addEdge(graph, writer(key, order, order.size() - 1), appender, Edge.WW);
          }
        });
  }

  private void addReads(Dependencies graph, List<OutsideRead> reads) {
    Map<String, List<Integer>> unseen = unseenAppenders();
    for (OutsideRead read : reads) {
      List<Long> order = versions.getOrDefault(read.key, List.of());
      addEdge(graph, writer(read.key, order, read.length - 1), read.reader, Edge.WR);
      if (read.length < order.size()) {
        addEdge(graph, read.reader, writer(read.key, order, read.length), Edge.RW);
      } else {
        for (int appender : unseen.getOrDefault(read.key, List.of())) {
          addEdge(graph, read.reader, appender, Edge.RW);
        }
      }
    }
  }

  /** Who wrote a version, or -1. */
  private int writer(String key, List<Long> order, int place) {
    if (place < 0 || place >= order.size()) {
      return -1;
    }
    Integer appender = appenders.get(new Value(key, order.get(place)));
    return appender == null ? -1 : appender;
  }

  private static void addEdge(Dependencies graph, int from, int to, Edge edge) {
    if (from >= 0 && to >= 0 && from != to) {
      graph.add(from, to, edge);
    }
  }

  /**
   * From each transaction to those that began after it had ended, but only where no third one
   * stands between: the rest follows. The frontier holds what has ended and is behind nothing else
   * that has.
   */
  private void addRealtime(Dependencies graph) {
    record Event(long nanos, boolean call, int transaction) {}
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      if (isDone(i)) {
        Operation<Transaction, Transaction.Answer> operation = history.get(i);
        events.add(new Event(operation.invokedNanos(), true, i));
        if (operation.endedNanos() != Operation.NEVER) {
          events.add(new Event(operation.endedNanos(), false, i));
        }
      }
    }
    events.sort((a, b) -> {
      int byTime = Long.compare(a.nanos, b.nanos);
      return byTime != 0 ? byTime : Boolean.compare(b.call, a.call);
    });
    Set<Integer> frontier = new LinkedHashSet<>();
    Map<Integer, List<Integer>> before = new HashMap<>();
    for (Event event : events) {
      if (event.call) {
        before.put(event.transaction, List.copyOf(frontier));
        frontier.forEach(t -> graph.add(t, event.transaction, Edge.REALTIME));
      } else {
        before.getOrDefault(event.transaction, List.of()).forEach(frontier::remove);
        frontier.add(event.transaction);
      }
    }
  }

  private String describe(int i) {
    Operation<Transaction, Transaction.Answer> operation = history.get(i);
    StringBuilder text = new StringBuilder("T").append(i).append('{');
    Transaction.Answer answer = answerOf(operation);
    int next = 0;
    for (Transaction.Step step : operation.action().steps()) {
      switch (step) {
        case Transaction.Append append ->
            text.append(" append ").append(append.key()).append(' ').append(append.value());
        case Transaction.Read read -> {
          text.append(" read ").append(read.key());
          if (answer != null) {
            text.append(' ').append(shown(answer.reads().get(next++)));
          }
        }
      }
    }
    return text.append(" process ").append(operation.process()).append('}').toString();
  }

  private static String shown(List<Long> list) {
    int size = list.size();
    return size <= 6 ? list.toString() : "[… " + list.subList(size - 5, size) + ", " + size + "]";
  }
}
