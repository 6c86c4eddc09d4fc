package io.flotilla.chaos.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A chaos run of the tests, and all that must hold of it. */
final class JudgedRun {
  private JudgedRun() {}

  /**
   * Runs the plan and writes its report.
   *
   * @param directory where the nodes live
   * @param report the directory of the report, within the module's
   */
  static void holds(Plan plan, Path directory, String report) throws IOException {
    Result result = new ChaosRun(plan, directory, Map.of(), System.out).run();
    Report.write(result, Path.of("target", report));
    assertThat(result.violations()).as("repeat: %s", result.command()).isEmpty();
    assertThat(result.faultsDone()).as("faults").isPositive();
    assertThat(result.workloads()).allSatisfy(w -> assertThat(w.ok()).as(w.name()).isPositive());
  }
}
