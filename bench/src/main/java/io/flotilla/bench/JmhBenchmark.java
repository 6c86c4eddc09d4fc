package io.flotilla.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs what is in {@code io.flotilla.bench.jmh}, each benchmark in a JVM of its own: a profile that
 * another one has left behind would be measured too.
 */
@Command(
    name = "jmh",
    description =
        "Structures and codecs by themselves, by JMH: nanoseconds for one request, key or number.")
final class JmhBenchmark implements Callable<Integer> {
  private static final String PACKAGE = "io.flotilla.bench.jmh.";

  /** What bin/bench tells this JVM, and the heap whole from the start: its growth is no figure. */
  private static final String[] MORE_FOR_THE_JVM = {"-Xms512m"};

  @Mixin private Options options = new Options();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "PATTERN",
      description =
          "A regular expression: the benchmarks in whose names it is found, as ShardEntries. Default: all.",
      defaultValue = ".")
  private String pattern = ".";

  @Override
  public Integer call() {
    Report report =
        new Report(
            "jmh",
            Map.of(
                "iterations, after as many to warm up",
                Integer.toString(iterations()),
                "seconds each",
                Double.toString(iteration().convertTo(TimeUnit.MILLISECONDS) / 1000.0)));
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("benchmark", "ns", "+/-"));
    for (RunResult run : run()) {
      Result<?> result = run.getPrimaryResult();
      String name = run.getParams().getBenchmark().substring(PACKAGE.length());
      double nanos = result.getScore();
      double error = result.getScoreError(); // NaN where there are too few measurements to say
      table.add(List.of(name, nanos(nanos), Double.isNaN(error) ? "" : nanos(error)));
      ObjectNode row = report.row();
      row.put("benchmark", name).put("nanos", nanos);
      if (!Double.isNaN(error)) {
        row.put("error_nanos", error);
      }
    }
    Report.print(table);
    report.write(options.results());
    return 0;
  }

  private int iterations() {
    return options.quick() ? 1 : Math.max(5, options.rounds());
  }

  private TimeValue iteration() {
    return TimeValue.milliseconds(options.quick() ? 200 : 1000);
  }

  private Collection<RunResult> run() {
    try {
      return new Runner(
              new OptionsBuilder()
                  .include(PACKAGE.replace(".", "\\.") + ".*(" + pattern + ")")
                  .forks(1)
                  .jvmArgsAppend(MORE_FOR_THE_JVM)
                  .warmupIterations(iterations())
                  .warmupTime(iteration())
                  .measurementIterations(iterations())
                  .measurementTime(iteration())
                  .shouldFailOnError(true)
                  .verbosity(VerboseMode.SILENT)
                  .build())
          .run();
    } catch (NoBenchmarksException none) {
      throw new BenchException("no benchmark's name has " + pattern + " in it", none);
    } catch (RunnerException failed) {
      throw new BenchException("JMH: " + failed.getMessage(), failed);
    }
  }

  private static String nanos(double nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos);
  }
}
