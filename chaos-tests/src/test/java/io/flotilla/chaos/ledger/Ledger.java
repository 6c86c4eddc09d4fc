package io.flotilla.chaos.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What clients were told, key by key, and the judgement over what a cluster holds in the end.
 *
 * <p>Three shapes of writes, chosen so that the final value alone tells whether something was lost,
 * doubled or invented:
 *
 * <ul>
 *   <li><b>lists</b>: RPUSH of a value that is never used again. The reply is the length, so an
 *       acknowledged value must stand at exactly that place, for ever.
 *   <li><b>counters</b>: INCR. No two acknowledged replies are the same; the final value is at
 *       least the number of acknowledged ones (and the highest reply), and at most that plus the
 *       unknown.
 *   <li><b>registers</b>: SET of a growing version by one client per key. The final value is the
 *       last acknowledged version, or one whose outcome is unknown.
 * </ul>
 *
 * <p>An unknown write may happen never or at any time after it was sent, also after its client went
 * on; a write that was certainly not done must not be seen. Safe for several threads.
 */
final class Ledger {
  /** A list key: what was told of each value. */
  private static final class ListAccount {
    private final Map<Long, String> acknowledgedAt = new TreeMap<>();
    private final Set<String> acknowledged = new HashSet<>();
    private final Set<String> unknown = new HashSet<>();
    private final Set<String> notDone = new HashSet<>();
  }

  /** A counter key. */
  private static final class CounterAccount {
    private final Set<Long> replies = new HashSet<>();
    private long acknowledged;
    private long highest;
    private long unknown;
  }

  /** A register key, written by one client. */
  private static final class RegisterAccount {
    private long acknowledged;
    private final Set<Long> unknown = new HashSet<>();
  }

  private final Map<String, ListAccount> lists = new LinkedHashMap<>();
  private final Map<String, CounterAccount> counters = new LinkedHashMap<>();
  private final Map<String, RegisterAccount> registers = new LinkedHashMap<>();
  private final List<String> violations = new ArrayList<>();
  private long done;
  private long notDone;
  private long unknown;
  private final Map<String, Long> doneByKey = new HashMap<>();

  /** How the commands ended so far. */
  record Totals(long done, long notDone, long unknown) {}

  synchronized Totals totals() {
    return new Totals(done, notDone, unknown);
  }

  /** How many writes of each key were acknowledged so far. */
  synchronized Map<String, Long> doneByKey() {
    return Map.copyOf(doneByKey);
  }

  /** Breaks of the promise that were seen on the way. */
  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  synchronized Set<String> listKeys() {
    return Set.copyOf(lists.keySet());
  }

  synchronized Set<String> counterKeys() {
    return Set.copyOf(counters.keySet());
  }

  synchronized Set<String> registerKeys() {
    return Set.copyOf(registers.keySet());
  }

  private void done(String key) {
    done++;
    doneByKey.merge(key, 1L, Long::sum);
  }

  private ListAccount list(String key) {
    return lists.computeIfAbsent(key, k -> new ListAccount());
  }

  private CounterAccount counter(String key) {
    return counters.computeIfAbsent(key, k -> new CounterAccount());
  }

  private RegisterAccount register(String key) {
    return registers.computeIfAbsent(key, k -> new RegisterAccount());
  }

  /** RPUSH of this value was answered with this length. */
  synchronized void pushed(String key, String value, long length) {
    ListAccount account = list(key);
    account.acknowledged.add(value);
    String other = account.acknowledgedAt.put(length, value);
    if (other != null) {
      violations.add(
          "list "
              + key
              + ": "
              + other
              + " and "
              + value
              + " were both told that they are number "
              + length);
    }
    done(key);
  }

  synchronized void pushUnknown(String key, String value) {
    list(key).unknown.add(value);
    unknown++;
  }

  synchronized void notPushed(String key, String value) {
    list(key).notDone.add(value);
    notDone++;
  }

  /** INCR was answered with this value. */
  synchronized void incremented(String key, long reply) {
    CounterAccount account = counter(key);
    if (!account.replies.add(reply)) {
      violations.add("counter " + key + ": two increments were told " + reply);
    }
    account.acknowledged++;
    account.highest = Math.max(account.highest, reply);
    done(key);
  }

  synchronized void incrementUnknown(String key) {
    counter(key).unknown++;
    unknown++;
  }

  synchronized void notIncremented(String key) {
    counter(key);
    notDone++;
  }

  /** SET of this version was acknowledged. */
  synchronized void set(String key, long version) {
    register(key).acknowledged = version;
    done(key);
  }

  synchronized void setUnknown(String key, long version) {
    register(key).unknown.add(version);
    unknown++;
  }

  synchronized void notSet(String key) {
    register(key);
    notDone++;
  }

  /**
   * The key's only writer read this version (0: absent) with no write of its own under way: a stale
   * read or a lost write shows at once, not only in the end.
   */
  synchronized void read(String key, long version) {
    RegisterAccount account = register(key);
    if (version != account.acknowledged && !account.unknown.contains(version)) {
      violations.add(
          "register "
              + key
              + ": read "
              + version
              + " after "
              + account.acknowledged
              + " was acknowledged; unknown: "
              + account.unknown);
    }
    // A write happens once: what was seen is now what stands, and its like cannot come again.
    account.unknown.remove(version);
    account.acknowledged = version;
    done(key);
  }

  /** Something else that must never be seen. */
  synchronized void violation(String what) {
    violations.add(what);
  }

  /** Judges the final content of a list. */
  synchronized void checkList(String key, List<String> content) {
    ListAccount account = list(key);
    Set<String> seen = new HashSet<>();
    for (String value : content) {
      if (!seen.add(value)) {
        violations.add("list " + key + ": " + value + " is there twice");
      }
      if (account.notDone.contains(value)) {
        violations.add("list " + key + ": " + value + " was said not to be done, and is there");
      } else if (!account.acknowledged.contains(value) && !account.unknown.contains(value)) {
        violations.add("list " + key + ": nobody ever pushed " + value);
      }
    }
    for (String value : account.acknowledged) {
      if (!seen.contains(value)) {
        violations.add("list " + key + ": acknowledged " + value + " is missing");
      }
    }
    account.acknowledgedAt.forEach((length, value) -> {
      int place = Math.toIntExact(length - 1);
      if (place < content.size() && !content.get(place).equals(value)) {
        violations.add(
            "list "
                + key
                + ": number "
                + length
                + " is "
                + content.get(place)
                + ", but "
                + value
                + " was told that it is");
      }
    });
  }

  /** Judges the final value of a counter; 0 if it is absent. */
  synchronized void checkCounter(String key, long value) {
    CounterAccount account = counter(key);
    long acknowledged = account.acknowledged;
    if (value < Math.max(acknowledged, account.highest)) {
      violations.add(
          "counter "
              + key
              + ": is "
              + value
              + ", but "
              + acknowledged
              + " increments were acknowledged, the highest as "
              + account.highest);
    }
    if (value > acknowledged + account.unknown) {
      violations.add(
          "counter "
              + key
              + ": is "
              + value
              + ", more than "
              + acknowledged
              + " acknowledged and "
              + account.unknown
              + " unknown increments");
    }
  }

  /** Judges the final version of a register; 0 if it is absent. */
  synchronized void checkRegister(String key, long version) {
    RegisterAccount account = register(key);
    if (version != account.acknowledged && !account.unknown.contains(version)) {
      violations.add(
          "register "
              + key
              + ": is "
              + version
              + ", but "
              + account.acknowledged
              + " was acknowledged last; unknown: "
              + account.unknown);
    }
  }
}
