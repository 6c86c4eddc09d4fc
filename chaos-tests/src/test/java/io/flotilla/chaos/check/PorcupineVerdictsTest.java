package io.flotilla.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.chaos.history.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The histories of etcd and of a key-value store that come with Porcupine, with the verdicts that
 * its tests give. They are not ours to copy: {@code FLOTILLA_PORCUPINE_DATA} names the directory
 * {@code test_data} of a copy of github.com/anishathalye/porcupine.
 */
final class PorcupineVerdictsTest {
  private static final Duration BUDGET = Duration.ofMinutes(2);
  private static final long NIL = -1;

  private static final Set<Integer> LINEARIZABLE =
      Set.of(
          2, 5, 7, 18, 25, 31, 38, 45, 48, 49, 51, 53, 56, 67, 75, 76, 80, 87, 92, 98, 100, 101,
          102);

  /** The cluster of this one did not start. */
  private static final int ABSENT = 95;

  private static final Pattern ETCD_LINE =
      Pattern.compile("INFO\\s+jepsen\\.util\\s+-\\s+(\\d+)\\s+:(\\w+)\\s+:(\\w+)\\s+(.*)");
  private static final Pattern KV_LINE =
      Pattern.compile(
          "\\{:process (\\d+), :type :(\\w+), :f :(\\w+), :key \"(.*)\", :value (nil|\".*\")}");

  private Path data = Path.of("");

  @BeforeEach
  void findTheData() {
    String directory = System.getenv("FLOTILLA_PORCUPINE_DATA");
    assumeTrue(
        directory != null, "FLOTILLA_PORCUPINE_DATA does not name Porcupine's directory test_data");
    data = Path.of(Objects.requireNonNull(directory));
  }

  @Test
  void number9TheLogsOfEtcdAreJudgedAsKnown() throws IOException {
    Set<Integer> found = new TreeSet<>();
    for (int number = 0; number <= 102; number++) {
      if (number != ABSENT) {
        Path file = data.resolve("jepsen/etcd_%03d.log".formatted(number));
        Verdict verdict = Linearizability.check(new Register(NIL), etcd(file), BUDGET);
        assertThat(verdict).as("%s", file).isNotInstanceOf(Verdict.Unknown.class);
        if (verdict.passes()) {
          found.add(number);
        }
      }
    }
    assertThat(found).containsExactlyElementsOf(new TreeSet<>(LINEARIZABLE));
  }

  private record Asked(long at, Register.Action action) {}

  private static List<Operation<Register.Action, Long>> etcd(Path file) throws IOException {
    List<Operation<Register.Action, Long>> history = new ArrayList<>();
    Map<Integer, Asked> open = new HashMap<>();
    long now = 0;
    for (String line : Files.readAllLines(file)) {
      Matcher matcher = ETCD_LINE.matcher(line);
      if (!matcher.matches()) {
        continue;
      }
      now++;
      int process = Integer.parseInt(matcher.group(1));
      String value = matcher.group(4);
      if (matcher.group(2).equals("invoke")) {
        Register.Action action =
            switch (matcher.group(3)) {
              case "read" -> new Register.Read("x");
              case "write" -> new Register.Write("x", Long.parseLong(value));
              default -> {
                String[] two = value.replaceAll("[\\[\\]]", "").split(" ", -1);
                yield new Register.CompareAndSet(
                    "x", Long.parseLong(two[0]), Long.parseLong(two[1]));
              }
            };
        open.put(process, new Asked(now, action));
        continue;
      }
      if (value.contains("timed-out") || matcher.group(2).equals("info")) {
        continue; // it stays open
      }
      Asked asked = Objects.requireNonNull(open.remove(process));
      long result =
          switch (asked.action) {
            case Register.Read read -> value.equals("nil") ? NIL : Long.parseLong(value);
            case Register.Write write -> write.value();
            case Register.CompareAndSet cas -> matcher.group(2).equals("ok") ? 1 : 0;
          };
      history.add(Operation.ok(process, asked.at, now, asked.action, result));
    }
    open.forEach((process, asked) ->
        history.add(Operation.info(process, asked.at, asked.action, "timed out")));
    return history;
  }

  /** A store of texts to which one can append. */
  private record Store() implements Model<Map<String, String>, Store.Action, String> {
    private record Action(String key, String what, String value) {}

    @Override
    public Map<String, String> initial() {
      return Map.of();
    }

    @Override
    public Step<Map<String, String>, String> step(Map<String, String> state, Action action) {
      String old = state.getOrDefault(action.key, "");
      if (action.what.equals("get")) {
        return new Step<>(state, old);
      }
      Map<String, String> after = new HashMap<>(state);
      after.put(action.key, action.what.equals("put") ? action.value : old + action.value);
      return new Step<>(Map.copyOf(after), "");
    }

    @Override
    public boolean changes(Action action) {
      return !action.what.equals("get");
    }
  }

  @Test
  void number10TheStoresAreJudgedAsKnown() throws IOException {
    for (String clients : List.of("c01", "c10", "c50")) {
      for (String verdict : List.of("ok", "bad")) {
        List<Operation<Store.Action, String>> history =
            store(data.resolve("kv/" + clients + "-" + verdict + ".txt"));
        assertThat(
                Linearizability.checkParts(new Store(), history, Store.Action::key, BUDGET)
                    .passes())
            .as("%s-%s", clients, verdict)
            .isEqualTo(verdict.equals("ok"));
        if (!clients.equals("c50")) {
          assertThat(Linearizability.check(new Store(), history, BUDGET).passes())
              .as("%s-%s as one thing", clients, verdict)
              .isEqualTo(verdict.equals("ok"));
        }
      }
    }
  }

  private static List<Operation<Store.Action, String>> store(Path file) throws IOException {
    record Call(long at, Store.Action action) {}
    List<Operation<Store.Action, String>> history = new ArrayList<>();
    Map<Integer, Call> open = new HashMap<>();
    long now = 0;
    for (String line : Files.readAllLines(file)) {
      Matcher matcher = KV_LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      now++;
      int process = Integer.parseInt(matcher.group(1));
      String value = matcher.group(5).equals("nil") ? "" : matcher.group(5).replace("\"", "");
      if (matcher.group(2).equals("invoke")) {
        open.put(
            process, new Call(now, new Store.Action(matcher.group(4), matcher.group(3), value)));
      } else {
        Call call = Objects.requireNonNull(open.remove(process));
        history.add(
            Operation.ok(
                process, call.at, now, call.action, call.action.what.equals("get") ? value : ""));
      }
    }
    return history;
  }
}
