package io.flotilla.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench}: without a word the table, else the benchmark that is named. */
@Command(
    name = "bench",
    description = "Measures Flotilla beside redis-server on this machine, in the same run.",
    mixinStandardHelpOptions = true,
    subcommands = {
      FailoverBenchmark.class,
      StartBenchmark.class,
      IdleBenchmark.class,
      GrowthBenchmark.class,
      WalkBenchmark.class,
      FamiliesBenchmark.class,
      MemoryBenchmark.class,
      JmhBenchmark.class
    })
public final class Main implements Callable<Integer> {
  @Mixin private TableBenchmark table = new TableBenchmark();

  Main() {}

  @Override
  public Integer call() {
    return table.call();
  }

  /** Runs one benchmark; exit code 0 if it could be measured, whatever the figures are. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new Main());
    line.setExecutionExceptionHandler((e, at, parsed) -> {
      if (e instanceof BenchException) {
        System.err.println("bench: " + e.getMessage());
      } else {
        e.printStackTrace();
      }
      return 1;
    });
    System.exit(line.execute(arguments));
  }
}
