package io.flotilla.statemachine.fuzz;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bin/fuzz}. */
@Command(
    name = "fuzz",
    mixinStandardHelpOptions = true,
    description = {
      "Asks random commands of our machine and of a real redis-server, compares all replies, and makes"
          + " what differs small.",
      "Exit codes: 0, nothing differs; 1, something does; 69, there is no redis-server."
    })
final class Fuzz implements Callable<Integer> {
  private static final long PROGRESS_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int NO_SERVER = 69;

  @Option(
      names = "--commands",
      paramLabel = "N",
      description =
          "How many are compared, at the least. Default: ${DEFAULT-VALUE}; without end with --minutes.")
  private @Nullable Long commands;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the first test case; the next one has the next.")
  private @Nullable Long seed;

  @Option(
      names = "--families",
      paramLabel = "LIST",
      split = ",",
      description = "Which commands; see --list. Default: all.")
  private @Nullable List<String> families;

  @Option(names = "--minutes", paramLabel = "M", description = "Ends after so long.")
  private @Nullable Long minutes;

  @Option(
      names = "--differences",
      paramLabel = "N",
      description = "Ends after so many. Default: ${DEFAULT-VALUE}.",
      defaultValue = "20")
  private int differences = 20;

  @Option(names = "--list", description = "Tells the families, and ends.")
  private boolean list;

  @Option(
      names = "--self-test",
      description =
          "Puts faults into our machine, one after another, and tells whether each is found.")
  private boolean selfTest;

  private Fuzz() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Fuzz()).execute(arguments));
  }

  @Override
  public Integer call() {
    if (list) {
      Fuzzer.families().forEach(System.out::println);
      return 0;
    }
    if (!io.flotilla.statemachine.transcripts.RealRedis.isInstalled()) {
      System.err.println("fuzz: redis-server is not installed: apt-get install redis-server");
      return NO_SERVER;
    }
    try (RealOracle oracle = new RealOracle()) {
      System.out.println("redis-server " + oracle.version());
      return selfTest ? selfTest(oracle) : fuzz(oracle);
    }
  }

  private int fuzz(RealOracle oracle) {
    long first = seed != null ? seed : ThreadLocalRandom.current().nextLong(1L << 40);
    List<String> chosen = families != null ? families : Fuzzer.families();
    long wanted = commands != null ? commands : minutes != null ? Long.MAX_VALUE : 1_000_000;
    long begun = System.nanoTime();
    Long until = minutes == null ? null : begun + Duration.ofMinutes(minutes).toNanos();
    System.out.println("seed " + first + ", families " + String.join(",", chosen));
    long[] told = {begun};
    Fuzzer.Outcome outcome =
        new Fuzzer(oracle, chosen, Fault.NONE)
            .run(
                new Fuzzer.Order(first, wanted, until, differences),
                finding -> System.out.println(Report.of(finding, chosen, oracle)),
                sofar -> {
                  if (System.nanoTime() - told[0] > PROGRESS_NANOS) {
                    told[0] = System.nanoTime();
                    System.out.println(summary(sofar, begun));
                  }
                });
    System.out.println(summary(outcome, begun));
    System.out.println("seeds " + first + " to " + (first + outcome.cases() - 1));
    outcome.counted().forEach((signature, times) -> System.out.println(times + " × " + signature));
    return outcome.counted().isEmpty() ? 0 : 1;
  }

  private static String summary(Fuzzer.Outcome outcome, long begun) {
    double seconds = Math.max(0.001, (System.nanoTime() - begun) / 1e9);
    return "%,d commands in %,d cases, %.0f s, %,.0f a second; %d differences"
        .formatted(
            outcome.commands(),
            outcome.cases(),
            seconds,
            outcome.commands() / seconds,
            outcome.counted().values().stream().mapToInt(n -> n).sum());
  }

  /** Each fault must be found, by what it is, and be small. */
  private int selfTest(RealOracle oracle) {
    boolean all = true;
    for (Fault fault : Fault.values()) {
      Fuzzer.Outcome outcome =
          new Fuzzer(oracle, Fuzzer.families(), fault)
              .run(
                  new Fuzzer.Order(
                      seed != null ? seed : 1, 400_000, null, fault == Fault.NONE ? 20 : 1),
                  finding -> System.out.println(Report.of(finding, Fuzzer.families(), oracle)),
                  sofar -> {});
      boolean right = outcome.findings().isEmpty() == (fault == Fault.NONE);
      all &= right;
      System.out.println(
          fault
              + (outcome.findings().isEmpty() ? ": nothing found in " : ": found within ")
              + outcome.commands()
              + " commands"
              + (right ? "" : ", WHICH IS WRONG"));
    }
    return all ? 0 : 1;
  }
}
