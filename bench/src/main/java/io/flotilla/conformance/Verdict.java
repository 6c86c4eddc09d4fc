package io.flotilla.conformance;

import io.flotilla.conformance.Transcript.Event;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The verdict over one file of the suite, gathered from as many runs as it took to get through it.
 *
 * <p>A name may stand for several tests of a file, so everything is counted by name. What passed in
 * one run has passed: a later run is there only because an earlier one broke off, or because a
 * connection that one test lost failed the tests behind it.
 */
final class Verdict {
  private final String unit;
  private final Map<String, Integer> passed = new LinkedHashMap<>();
  private final Map<String, Integer> failed = new LinkedHashMap<>();
  private final Map<String, String> details = new LinkedHashMap<>();
  private final Set<String> culprits = new LinkedHashSet<>();
  private final Map<String, String> broken = new LinkedHashMap<>();
  private int skipped;
  private double seconds;

  Verdict(String unit) {
    this.unit = unit;
  }

  /** The verdict of an earlier run, as it stands in its results. */
  static Verdict of(JsonNode row) {
    Verdict verdict = new Verdict(row.get("unit").stringValue());
    for (JsonNode name : row.get("passing")) {
      verdict.passed.merge(name.stringValue(), 1, Integer::sum);
    }
    JsonNode failures = row.get("failures");
    for (String name : failures.propertyNames()) {
      verdict.failed.put(name, 1);
      verdict.details.put(name, failures.get(name).stringValue());
    }
    JsonNode broken = row.get("outsideOfTests");
    for (String what : broken.propertyNames()) {
      verdict.broken.put(what, broken.get(what).stringValue());
    }
    verdict.skipped = row.get("skipped").intValue();
    verdict.seconds = row.get("seconds").doubleValue();
    return verdict;
  }

  String unit() {
    return unit;
  }

  /**
   * Adds a run.
   *
   * @param left names that this run left out because they had stopped or spoilt an earlier one
   */
  void add(Transcript run, Set<String> left, double took) {
    Map<String, Integer> passes = new LinkedHashMap<>();
    Map<String, Integer> failures = new LinkedHashMap<>();
    int skips = 0;
    broken.clear();
    for (Event event : run.events()) {
      switch (event.kind()) {
        case PASSED -> passes.merge(event.name(), 1, Integer::sum);
        case FAILED -> {
          failures.merge(event.name(), 1, Integer::sum);
          details.putIfAbsent(event.name(), event.details());
        }
        case SKIPPED, IGNORED -> skips += left.contains(event.name()) ? 0 : 1;
        case BROKEN -> broken.putIfAbsent(event.name(), event.details());
      }
    }
    passes.forEach((name, count) -> passed.merge(name, count, Math::max));
    culprits.removeAll(passes.keySet()); // it had time enough when the file was run again
    failed.clear();
    failed.putAll(failures);
    culprits.addAll(left);
    skipped = Math.max(skipped, skips);
    seconds += took;
  }

  /** Says of a test that it never came to an end. */
  void hung(String name) {
    details.putIfAbsent(name, "did not end");
    culprits.add(name);
  }

  /** How often each name passed. */
  Map<String, Integer> passed() {
    return passed;
  }

  int passedCount() {
    return passed.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Names that failed, and why; a test that no run reached is not among them. */
  Map<String, String> failures() {
    Map<String, String> failures = new LinkedHashMap<>();
    culprits.forEach(name -> failures.put(name, details.getOrDefault(name, "")));
    failed.keySet().forEach(name -> failures.put(name, details.getOrDefault(name, "")));
    return failures;
  }

  /** Errors outside of tests; each has ended a block of tests early. */
  Map<String, String> broken() {
    return broken;
  }

  int failedCount() {
    Set<String> names = new LinkedHashSet<>(culprits);
    int count = 0;
    for (Map.Entry<String, Integer> each : failed.entrySet()) {
      names.remove(each.getKey());
      count += each.getValue();
    }
    return count + names.size() + broken.size();
  }

  int skippedCount() {
    return skipped;
  }

  double seconds() {
    return seconds;
  }

  /** The names that passed, as often as they did, in alphabetical order. */
  List<String> passedNames() {
    List<String> names = new ArrayList<>();
    passed.forEach((name, count) -> {
      for (int i = 0; i < count; i++) {
        names.add(name);
      }
    });
    names.sort(null);
    return names;
  }
}
