package io.flotilla.chaos.harness;

import io.flotilla.chaos.cluster.NodeProcesses;
import io.flotilla.chaos.nemesis.Faults;
import io.flotilla.chaos.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bin/chaos}. */
@Command(
    name = "chaos",
    description =
        "Hurts a cluster of node processes or containers while clients use it, and judges what they saw.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:nothing that the promise rules out was seen",
      "1:something was, or the run could not be judged",
      "2:the command line makes no sense"
    })
public final class Chaos implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  @Option(
      names = "--time",
      paramLabel = "S",
      description = "How many seconds of faults. Default: ${DEFAULT-VALUE}.")
  private int seconds = 120;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many nodes. Default: ${DEFAULT-VALUE}.")
  private int nodes = 5;

  @Option(
      names = "--faults",
      paramLabel = "LIST",
      split = ",",
      description = "Which faults, or none. Default: all but those that --list tells apart.")
  private List<String> faults = List.of();

  @Option(
      names = "--workloads",
      paramLabel = "LIST",
      split = ",",
      description = "Which workloads. Default: all.")
  private List<String> workloads = List.copyOf(Workloads.all().keySet());

  @Option(
      names = "--containers",
      description =
          "Nodes in containers on a private network, with more faults. Needs a Docker engine.")
  private boolean containers;

  @Option(names = "--seed", paramLabel = "N", description = "Default: another one each time.")
  private @Nullable Long seed;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "A setting of the nodes; raft.election-min-millis and -max-millis for machines that are"
              + " busy with other things.")
  private Map<String, String> settings = Map.of();

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Where the report goes. Default: ${DEFAULT-VALUE}.")
  private Path report = Path.of("target/chaos");

  @Option(
      names = "--self-test",
      arity = "0..1",
      fallbackValue = "all",
      split = ",",
      paramLabel = "NAMES",
      description =
          "Puts each seeded fault, or those named, into a copy of the product, and shows that it is"
              + " found. Takes some minutes for each.")
  private List<String> selfTest = List.of();

  @Option(
      names = "--summary",
      paramLabel = "DIR",
      description =
          "Sums up the reports in a directory, as tables in Markdown, and does nothing else.")
  private @Nullable Path summary;

  @Option(names = "--list", description = "Tells the faults and workloads, and does nothing.")
  private boolean list;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Chaos()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    if (list) {
      System.out.println("faults: " + String.join(", ", Faults.all().keySet()));
      Faults.all().keySet().stream()
          .filter(name -> !Faults.isFor(name, true) || !Faults.isFor(name, false))
          .forEach(name ->
              System.out.println(
                  (Faults.isFor(name, true) ? "only with" : "only without")
                      + " --containers: "
                      + name));
      Faults.unusual()
          .forEach((name, why) -> System.out.println("not run unless named: " + name + ": " + why));
      System.out.println("workloads: " + String.join(", ", Workloads.all().keySet()));
      Workloads.off().forEach(each -> System.out.println("not run: " + each));
      SeededFault.all()
          .forEach(each -> System.out.println("seeded: " + each.name() + ": " + each.what()));
      return 0;
    }
    if (summary != null) {
      System.out.print(Summary.of(summary));
      return 0;
    }
    if (!selfTest.isEmpty()) {
      return proveItself();
    }
    if (faults.isEmpty()) {
      faults = Faults.usual(containers);
    }
    for (String each : faults) {
      Optional<String> impossible = Faults.impossible(each);
      if (impossible.isPresent()) {
        System.out.println(impossible.get());
        return USAGE;
      }
    }
    Plan plan;
    try {
      plan =
          new Plan(
              containers,
              nodes,
              Duration.ofSeconds(seconds),
              faults.equals(List.of("none")) ? List.of() : List.copyOf(faults),
              List.copyOf(workloads),
              seed != null ? seed : ThreadLocalRandom.current().nextLong(1L << 31),
              settings);
    } catch (IllegalArgumentException e) {
      System.out.println(e.getMessage());
      return USAGE;
    }
    Files.createDirectories(report);
    Path directory = Files.createTempDirectory(report.toAbsolutePath(), "nodes-");
    Map<String, String> environment =
        Faults.extras(plan.faults()).contains(NodeProcesses.Extra.CLOCKS)
            ? ClockEdition.make(
                Path.of("").toAbsolutePath(), distribution(), directory.resolve("edition"))
            : Map.of();
    Result result = new ChaosRun(plan, directory, environment, System.out).run();
    Path page = Report.write(result, report);
    result.violations().forEach(each -> System.out.println("VIOLATION: " + each));
    System.out.printf(
        "%d s, %d done, %d certainly not done, %d unknown, %d faults, %d violations%nreport:"
            + " %s%nrepeat: %s%n",
        result.tookSeconds(),
        result.ok(),
        result.fail(),
        result.info(),
        result.faultsDone(),
        result.violations().size(),
        page,
        result.command());
    if (result.passes()) {
      Directories.remove(directory);
      return 0;
    }
    System.out.println("the nodes' files are kept: " + directory);
    return FAILED;
  }

  private static Path distribution() throws IOException {
    String given = System.getenv("FLOTILLA_DIST");
    return (given == null ? Path.of("target/dist/current") : Path.of(given)).toRealPath();
  }

  private int proveItself() throws IOException {
    List<SeededFault> faults =
        SeededFault.all().stream()
            .filter(f -> selfTest.contains("all") || selfTest.contains(f.name()))
            .toList();
    if (faults.isEmpty()) {
      System.out.println("no seeded fault is called " + String.join(",", selfTest));
      return USAGE;
    }
    Files.createDirectories(report);
    Path work = Files.createTempDirectory(report.toAbsolutePath(), "self-test-");
    List<SelfTest.Found> all =
        new SelfTest(Path.of("").toAbsolutePath(), distribution(), work, settings, System.out)
            .run(faults, seed != null ? seed : ThreadLocalRandom.current().nextLong(1L << 31));
    Directories.remove(work);
    all.forEach(found ->
        System.out.printf(
            "%-24s %-9s attempt %d: %s%n",
            found.fault().name(),
            found.isFound() ? "found" : "NOT FOUND",
            found.attempts(),
            found.by()));
    long missed = all.stream().filter(f -> !f.isFound()).count();
    System.out.printf("%d seeded faults, %d found%n", all.size(), all.size() - missed);
    return missed == 0 ? 0 : FAILED;
  }
}
