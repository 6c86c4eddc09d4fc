package io.flotilla.chaos.harness;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The harness's own proof: each {@link SeededFault} in turn is put into a copy of the product, and
 * the run that is named beside it must find something. A harness that finds nothing here would find
 * nothing elsewhere.
 */
final class SelfTest {
  /** Interleavings differ from run to run, so a fault may hide once. */
  private static final int ATTEMPTS = 2;

  private static final int NODES = 3;

  /** How much of the first violation is told; the run's own lines have all of it. */
  private static final int TOLD_CHARS = 160;

  private final Path root;
  private final Path distribution;
  private final Path work;
  private final Map<String, String> settings;
  private final PrintStream out;

  /**
   * @param distribution the product as it is
   * @param work an empty directory
   * @param settings further settings of the nodes
   */
  SelfTest(Path root, Path distribution, Path work, Map<String, String> settings, PrintStream out) {
    this.settings = Map.copyOf(settings);
    this.root = root;
    this.distribution = distribution;
    this.work = work;
    this.out = out;
  }

  /** How it went with one fault. */
  record Found(SeededFault fault, boolean isFound, int attempts, String by) {}

  /** Runs these, one after another. */
  List<Found> run(List<SeededFault> faults, long seed) throws IOException {
    List<Found> all = new ArrayList<>();
    for (SeededFault fault : faults) {
      Found found = run(fault, seed);
      out.printf(
          "self-test: %s: %s (%s)%n",
          fault.name(), found.isFound ? "found" : "NOT FOUND", found.by);
      all.add(found);
    }
    return all;
  }

  private Found run(SeededFault fault, long seed) throws IOException {
    out.println("self-test: " + fault.name() + ": " + fault.what());
    Path place = Files.createDirectories(work.resolve(fault.name()));
    Mutant.make(fault.name(), fault.edits(), root, distribution, place);
    Map<String, String> environment =
        Map.of("FLOTILLA_DIST", Mutant.distribution(place).toString(), "FLOTILLA_AOT", "off");
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Plan plan =
          new Plan(
              NODES,
              Duration.ofSeconds(fault.seconds()),
              fault.faults(),
              fault.workloads(),
              seed + attempt,
              settings);
      Path nodes = Files.createDirectories(place.resolve("nodes-" + attempt));
      Result result = new ChaosRun(plan, nodes, environment, out).run();
      Optional<String> proof = result.violations().stream().filter(fault::isShownBy).findFirst();
      if (proof.isPresent()) {
        String first = proof.get();
        return new Found(
            fault, true, attempt, first.substring(0, Math.min(TOLD_CHARS, first.length())));
      }
    }
    return new Found(fault, false, ATTEMPTS, "nothing in " + ATTEMPTS + " runs");
  }
}
