package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether keys with a time to live are there as long as they must be and gone as soon as they must
 * be. Time is an input here, so {@link Linearizability} cannot judge it; windows can:
 *
 * <pre>
 *   set invoked      set ended                    invoked + life − slack      ended + life + slack
 *        ├───────────────┤ must be there ─────────────────────┤ may be there ──────────┤ must not
 * </pre>
 *
 * <p>The slack covers the clocks. Without slack: a key that was once seen to be gone, after its set
 * was acknowledged, does not come back. A key is set once.
 */
public final class Expiry {
  private Expiry() {}

  /** What is asked. */
  public sealed interface Action {
    String key();
  }

  /** Sets a key that lives this long. */
  public record Set(String key, Duration life) implements Action {}

  /** Whether a key is there. */
  public record Look(String key) implements Action {}

  private static final class Account {
    private final List<Operation<Action, Boolean>> looks = new ArrayList<>();
    private final List<Operation<Action, Boolean>> sets = new ArrayList<>();
  }

  /** All that is wrong. */
  public static List<String> check(List<Operation<Action, Boolean>> history, Duration slack) {
    Map<String, Account> accounts = new HashMap<>();
    for (Operation<Action, Boolean> operation : history) {
      Account account = accounts.computeIfAbsent(operation.action().key(), k -> new Account());
      switch (operation.action()) {
        case Set set -> account.sets.add(operation);
        case Look look -> account.looks.add(operation);
      }
    }
    List<String> violations = new ArrayList<>();
    accounts.forEach((key, account) -> {
      if (account.sets.size() > 1) {
        throw new IllegalArgumentException(key + " is set more than once");
      }
      if (!account.sets.isEmpty()) {
        checkOne(account.sets.getFirst(), account.looks, slack.toNanos(), violations);
      }
    });
    return violations;
  }

  private static void checkOne(
      Operation<Action, Boolean> set,
      List<Operation<Action, Boolean>> looks,
      long slack,
      List<String> violations) {
    if (!(set.action() instanceof Set asked)) {
      throw new AssertionError("not a set: " + set);
    }
    long life = asked.life.toNanos();
    long goneFrom = Long.MAX_VALUE;
    List<Operation<Action, Boolean>> byEnd =
        looks.stream().sorted((a, b) -> Long.compare(a.endedNanos(), b.endedNanos())).toList();
    for (Operation<Action, Boolean> look : byEnd) {
      if (!(look.ending() instanceof Ending.Ok<Boolean> ok)) {
        continue;
      }
      switch (set.ending()) {
        case Ending.Fail<Boolean> fail -> {
          if (ok.result()) {
            violations.add(asked.key + ": seen, but its set failed: " + fail.why());
          }
          continue;
        }
        case Ending.Info<Boolean> info -> {
          continue;
        }
        case Ending.Ok<Boolean> done -> {}
      }
      long after = look.invokedNanos() - set.endedNanos();
      if (ok.result() && after > life + slack) {
        violations.add(
            asked.key
                + ": still there "
                + millis(after)
                + " ms after "
                + asked
                + " was acknowledged");
      }
      if (!ok.result() && after > 0 && look.endedNanos() - set.invokedNanos() < life - slack) {
        violations.add(
            asked.key
                + ": gone "
                + millis(look.endedNanos() - set.invokedNanos())
                + " ms after "
                + asked
                + " was invoked");
      }
      if (ok.result() && look.invokedNanos() > goneFrom) {
        violations.add(asked.key + ": there again after it had been seen to be gone");
      }
      if (!ok.result() && after > 0) {
        goneFrom = Math.min(goneFrom, look.endedNanos());
      }
    }
  }

  private static long millis(long nanos) {
    return nanos / 1_000_000;
  }
}
