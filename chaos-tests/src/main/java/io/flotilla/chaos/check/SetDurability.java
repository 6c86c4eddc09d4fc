package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether sets that only grow keep what was added: linear where {@link Linearizability} is not, so
 * that it can judge long runs.
 *
 * <p>An element is known from the moment at which its addition was acknowledged, or at which the
 * first read that has it ended. Every read that begins later has it. What was certainly not added
 * is in no read, nor is what nobody added, nor what was added only later.
 */
public final class SetDurability {
  private static final long NEVER_KNOWN = Long.MAX_VALUE;

  private SetDurability() {}

  private static final class Element {
    private final Operation<GrowingSet.Action, GrowingSet.Members> addition;
    private long knownNanos = NEVER_KNOWN;

    private Element(Operation<GrowingSet.Action, GrowingSet.Members> addition) {
      this.addition = addition;
    }
  }

  /** All that is wrong; removals are not for this checker. */
  public static List<String> check(List<Operation<GrowingSet.Action, GrowingSet.Members>> history) {
    Map<String, List<Operation<GrowingSet.Action, GrowingSet.Members>>> byKey =
        new LinkedHashMap<>();
    for (Operation<GrowingSet.Action, GrowingSet.Members> operation : history) {
      byKey.computeIfAbsent(operation.action().key(), k -> new ArrayList<>()).add(operation);
    }
    List<String> violations = new ArrayList<>();
    byKey.forEach((key, operations) -> checkOne(key, operations, violations));
    return violations;
  }

  private static void checkOne(
      String key,
      List<Operation<GrowingSet.Action, GrowingSet.Members>> operations,
      List<String> violations) {
    Map<Long, Element> elements = new HashMap<>();
    for (Operation<GrowingSet.Action, GrowingSet.Members> operation : operations) {
      switch (operation.action()) {
        case GrowingSet.Add add -> {
          if (elements.put(add.element(), new Element(operation)) != null) {
            throw new IllegalArgumentException(add + " is there twice");
          }
          if (operation.ending() instanceof Ending.Ok<GrowingSet.Members> ok) {
            elements.get(add.element()).knownNanos = operation.endedNanos();
            if (!ok.result().elements().contains(add.element())) {
              violations.add(
                  "set " + key + ": " + add.element() + " was there before it was added");
            }
          }
        }
        case GrowingSet.Read read -> {}
        case GrowingSet.Remove remove ->
            throw new IllegalArgumentException("this set only grows: " + remove);
      }
    }
    for (Operation<GrowingSet.Action, GrowingSet.Members> operation : operations) {
      if (operation.action() instanceof GrowingSet.Read
          && operation.ending() instanceof Ending.Ok<GrowingSet.Members> ok) {
        seen(key, operation, ok.result(), elements, violations);
      }
    }
    for (Operation<GrowingSet.Action, GrowingSet.Members> operation : operations) {
      if (operation.action() instanceof GrowingSet.Read
          && operation.ending() instanceof Ending.Ok<GrowingSet.Members> ok) {
        elements.forEach((value, element) -> {
          if (element.knownNanos < operation.invokedNanos()
              && !ok.result().elements().contains(value)) {
            violations.add(
                "set "
                    + key
                    + ": "
                    + value
                    + " was known at "
                    + element.knownNanos
                    + ", and the read from "
                    + operation.invokedNanos()
                    + " to "
                    + operation.endedNanos()
                    + " does not have it");
          }
        });
      }
    }
  }

  private static void seen(
      String key,
      Operation<GrowingSet.Action, GrowingSet.Members> read,
      GrowingSet.Members members,
      Map<Long, Element> elements,
      List<String> violations) {
    for (long value : members.elements()) {
      Element element = elements.get(value);
      if (element == null) {
        violations.add("set " + key + ": nobody ever added " + value);
      } else if (element.addition.ending() instanceof Ending.Fail<?> fail) {
        violations.add("set " + key + ": " + value + " was said not to be added: " + fail.why());
      } else if (read.endedNanos() < element.addition.invokedNanos()) {
        violations.add("set " + key + ": " + value + " was read before it was added");
      } else {
        element.knownNanos = Math.min(element.knownNanos, read.endedNanos());
      }
    }
  }
}
