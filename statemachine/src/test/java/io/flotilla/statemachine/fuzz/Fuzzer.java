package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs test case after test case, each by the next seed, until so many commands have been compared
 * or the time is over; what differs is made small and told.
 */
final class Fuzzer {
  /** Differences of one signature that are made small; the rest is counted. */
  private static final int OF_A_KIND = 2;

  private final Oracle theirs;
  private final Generator generator;
  private final Admission admission;
  private final Pair pair;

  Fuzzer(Oracle theirs, Collection<String> families, Fault fault) {
    CommandTable table = new CommandTable(Families.ALL);
    this.theirs = theirs;
    this.admission = new Admission(table);
    this.generator = new Generator(Grammar.read(), families, admission);
    this.pair = new Pair(theirs, table, fault);
  }

  /** All families, in the order of their names. */
  static List<String> families() {
    return Grammar.read().names();
  }

  /**
   * What is looked for.
   *
   * @param seed of the first case; the next one has the next
   * @param commands how many are compared at the least, if nothing else ends the run
   * @param untilNanos of {@link System#nanoTime}; null for no end
   * @param differences after so many it ends
   */
  record Order(long seed, long commands, @Nullable Long untilNanos, int differences) {}

  /** Something found, made small. */
  record Finding(long seed, int steps, Minimiser.Small small) {}

  /** What came of a run. */
  record Outcome(long commands, long cases, List<Finding> findings, Map<String, Integer> counted) {}

  Outcome run(Order order, Consumer<Finding> found, Consumer<Outcome> progress) {
    List<Finding> findings = new ArrayList<>();
    Map<String, Integer> counted = new TreeMap<>();
    long cases = 0;
    long minimised = 0;
    while (pair.compared() - minimised < order.commands()
        && counted.values().stream().mapToInt(n -> n).sum() < order.differences()
        && (order.untilNanos() == null || System.nanoTime() - order.untilNanos() < 0)) {
      Generator.Case next = generator.of(order.seed() + cases);
      Difference difference;
      try {
        difference = pair.run(next.frame(), next.steps());
      } catch (UncheckedIOException e) {
        throw new UncheckedIOException(
            "in the case of seed " + next.seed(), new IOException("the server is not heard", e));
      }
      cases++;
      if (difference != null) {
        int sofar = counted.merge(difference.signature(), 1, Integer::sum);
        if (sofar <= OF_A_KIND) {
          long before = pair.compared();
          Finding finding =
              new Finding(
                  next.seed(),
                  next.steps().size(),
                  Minimiser.minimise(pair, admission, next.frame(), next.steps(), difference));
          minimised += pair.compared() - before;
          findings.add(finding);
          found.accept(finding);
        }
        if (!theirs.isAlive()) {
          break;
        }
      }
      progress.accept(new Outcome(pair.compared() - minimised, cases, findings, counted));
    }
    return new Outcome(pair.compared() - minimised, cases, findings, counted);
  }
}
