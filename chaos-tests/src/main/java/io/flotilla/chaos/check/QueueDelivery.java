package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether queues that have been emptied in the end delivered each value at most once, none that was
 * not pushed, and all that were acknowledged.
 *
 * <p>A pop of unknown outcome may have taken a value that nobody saw, so that many may be missing
 * from a queue, but no more.
 */
public final class QueueDelivery {
  private QueueDelivery() {}

  private static final class Account {
    private final Map<Long, Operation<Fifo.Action, Long>> pushed = new LinkedHashMap<>();
    private final Map<Long, Integer> popped = new HashMap<>();
    private int openPops;
  }

  /** All that is wrong. Every queue must have been popped until nothing came. */
  public static List<String> check(List<Operation<Fifo.Action, Long>> history) {
    Map<String, Account> accounts = new LinkedHashMap<>();
    for (Operation<Fifo.Action, Long> operation : history) {
      Account account = accounts.computeIfAbsent(operation.action().key(), k -> new Account());
      switch (operation.action()) {
        case Fifo.Push push -> {
          if (account.pushed.put(push.value(), operation) != null) {
            throw new IllegalArgumentException(push + " is there twice");
          }
        }
        case Fifo.Pop pop -> {
          switch (operation.ending()) {
            case Ending.Ok<Long> ok -> {
              if (ok.result() != Fifo.NOTHING) {
                account.popped.merge(ok.result(), 1, Integer::sum);
              }
            }
            case Ending.Info<Long> info -> account.openPops++;
            case Ending.Fail<Long> fail -> {}
          }
        }
      }
    }
    List<String> violations = new ArrayList<>();
    accounts.forEach((key, account) -> checkOne(key, account, violations));
    return violations;
  }

  private static void checkOne(String key, Account account, List<String> violations) {
    account.popped.forEach((value, times) -> {
      Operation<Fifo.Action, Long> push = account.pushed.get(value);
      if (times > 1) {
        violations.add("queue " + key + ": " + value + " was delivered " + times + " times");
      }
      if (push == null) {
        violations.add("queue " + key + ": nobody ever pushed " + value);
      } else if (push.ending() instanceof Ending.Fail<Long> fail) {
        violations.add("queue " + key + ": " + value + " was said not to be pushed: " + fail.why());
      }
    });
    List<Long> missing =
        account.pushed.entrySet().stream()
            .filter(e -> e.getValue().ending() instanceof Ending.Ok<Long>)
            .map(Map.Entry::getKey)
            .filter(value -> !account.popped.containsKey(value))
            .toList();
    if (missing.size() > account.openPops) {
      violations.add(
          "queue "
              + key
              + ": acknowledged "
              + missing
              + " were never delivered, and only "
              + account.openPops
              + " pops are of unknown outcome");
    }
  }
}
