package io.flotilla.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code bin/conformance}: runs Redis's test suite, file by file, against a cluster, and counts.
 *
 * <p>Two lists of names judge the outcome. The committed one says what passed before: a name of it
 * that does not pass now, not even at a second try, is a regression. The reference says what passes
 * on a real Redis: a name of it that is not reached here has failed.
 */
@Command(
    name = "conformance",
    description = {
      "Runs Redis's own test suite against a Flotilla cluster: of one shard, at its leader, or of several.",
      "Ends with `N passed, N failed, N skipped`; exit code 1 if a test that passed before fails now."
    },
    mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
  private static final int SHOWN_DETAIL = 400;

  @Option(
      names = "--suite",
      paramLabel = "DIR",
      required = true,
      description = "The prepared suite; bin/conformance sees to it.")
  private Path suiteDirectory = Path.of("");

  @Option(
      names = "--unit",
      paramLabel = "UNIT",
      split = ",",
      description = "Only these files, as unit/type/zset.")
  private List<String> units = new ArrayList<>();

  @Option(names = "--fast", description = "Only the files that take seconds.")
  private boolean fast;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many nodes, each with a replica of the one shard. Default: 3.",
      defaultValue = "3")
  private int nodes;

  @Option(
      names = "--shards",
      paramLabel = "M",
      description =
          "How many shards. With more than one the suite's client is taught to follow MOVED, and only files about keys are run."
              + " Default: 1.",
      defaultValue = "1")
  private int shards;

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      description = "Judge a server that runs already, as a real Redis in cluster mode.")
  private @Nullable String server;

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description = "Names that pass on a real Redis, as JSON by file.")
  private @Nullable Path reference;

  @Option(
      names = "--update",
      description = "Write what passes now to the committed list, for the files that were run.")
  private boolean update;

  @Option(
      names = "--with",
      paramLabel = "FILE",
      description =
          "The results.json of an earlier run of the same code: its verdicts on the files that are not run now count too.")
  private @Nullable Path earlier;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      description = "How long a test may be silent before it counts as hung. Default: 900.",
      defaultValue = "900")
  private int patienceSeconds;

  @Option(
      names = "--lists",
      paramLabel = "DIR",
      description = "Where skips.txt and passing.json are. Default: ${DEFAULT-VALUE}.",
      defaultValue = "bench/conformance")
  private Path lists = Path.of("bench/conformance");

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description = "Where logs, results and the cluster's data go. Default: ${DEFAULT-VALUE}.",
      defaultValue = "target/conformance")
  private Path work = Path.of("target/conformance");

  @Option(names = "--quiet", description = "Do not print why each test failed.")
  private boolean quiet;

  Main() {}

  /** Exit code 0 if nothing that passed before fails. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new Main());
    line.setExecutionExceptionHandler((e, at, parsed) -> {
      if (e instanceof ConformanceException) {
        System.err.println("conformance: " + e.getMessage());
      } else {
        e.printStackTrace();
      }
      return 1;
    });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() {
    Path logs = work.resolve("logs").toAbsolutePath();
    Suite suite =
        new Suite(
            suiteDirectory.toAbsolutePath(), logs, Duration.ofSeconds(patienceSeconds), start());
    String version = suite.version();
    SkipList skips = SkipList.read(lists.resolve("skips.txt"));
    Path passingFile =
        lists.resolve(
            "passing-" + version + (shards == 1 ? "" : "-" + shards + "-shards") + ".json");
    NamesByUnit before =
        Files.exists(passingFile)
            ? NamesByUnit.read(passingFile)
            : new NamesByUnit(new TreeMap<>());
    List<String> chosen =
        !units.isEmpty() ? units : shards > 1 ? Units.KEYS : fast ? Units.FAST : Units.ALL;
    System.out.println("The suite of Redis " + version + ", " + chosen.size() + " files");
    List<Verdict> verdicts = new ArrayList<>();
    int regressions = 0;
    try (JudgedCluster cluster = server == null ? JudgedCluster.start(work, nodes, shards) : null) {
      Endpoint endpoint =
          cluster == null ? Endpoint.parse(String.valueOf(server)) : cluster.leader();
      for (String unit : chosen) {
        Verdict verdict = judge(suite, unit, endpoint, skips, before);
        verdicts.add(verdict);
        regressions += report(verdict, before);
      }
    }
    verdicts.addAll(verdictsOfEarlier(chosen));
    Score score = compare(verdicts, skips, version);
    write(verdicts, version, before, passingFile);
    if (update && score != null) {
      writeScore(score, skips, version);
    }
    System.out.println(
        "Left out by " + lists.resolve("skips.txt") + ": " + skips.lines().size() + " lines");
    if (before.size() == 0) {
      System.out.println("There is no " + passingFile + ", so nothing could be a regression.");
    } else {
      System.out.println(regressions + " that passed before fail now");
    }
    System.out.println(
        total(verdicts, Verdict::passedCount)
            + " passed, "
            + total(verdicts, Verdict::failedCount)
            + " failed, "
            + total(verdicts, Verdict::skippedCount)
            + " skipped");
    return regressions > 0 && !update ? 1 : 0;
  }

  private List<Verdict> verdictsOfEarlier(List<String> chosen) {
    if (earlier == null) {
      return List.of();
    }
    try {
      JsonNode root =
          JsonMapper.shared().readTree(Files.readString(earlier, StandardCharsets.UTF_8));
      List<Verdict> verdicts = new ArrayList<>();
      for (JsonNode row : root.get("units")) {
        Verdict verdict = Verdict.of(row);
        if (!chosen.contains(verdict.unit())) {
          verdicts.add(verdict);
        }
      }
      return verdicts;
    } catch (IOException | JacksonException e) {
      throw new ConformanceException(earlier + " cannot be read: " + e.getMessage(), e);
    }
  }

  private List<String> start() {
    return shards == 1
        ? List.of("./runtest")
        : List.of("tclsh", lists.resolve("follow-moved.tcl").toAbsolutePath().toString());
  }

  private static int total(List<Verdict> verdicts, java.util.function.ToIntFunction<Verdict> of) {
    return verdicts.stream().mapToInt(of).sum();
  }

  private static Verdict judge(
      Suite suite, String unit, Endpoint endpoint, SkipList skips, NamesByUnit before) {
    if (skips.coversWhole(unit)) {
      return new Verdict(unit);
    }
    Verdict verdict = suite.judge(unit, endpoint, skips.namesOf(unit));
    if (!before.missing(unit, verdict.passed()).isEmpty()) {
      // The suite has tests of time, which a busy machine fails: only what fails twice has failed.
      System.out.println(unit + ": something that passed before did not; once more");
      suite.again(verdict, endpoint, skips.namesOf(unit));
    }
    return verdict;
  }

  /** Prints one file's line, and why its tests failed; answers how many passed before. */
  private int report(Verdict verdict, NamesByUnit before) {
    System.out.printf(
        Locale.ROOT,
        "%-26s %4d passed, %3d failed, %3d skipped, %4.0f s%n",
        verdict.unit(),
        verdict.passedCount(),
        verdict.failedCount(),
        verdict.skippedCount(),
        verdict.seconds());
    if (!quiet) {
      verdict
          .failures()
          .forEach((name, why) -> System.out.println("    " + name + ": " + brief(why)));
      verdict
          .broken()
          .forEach((what, why) ->
              System.out.println("    outside of any test: " + what + " " + brief(why)));
    }
    List<String> missing = before.missing(verdict.unit(), verdict.passed());
    missing.forEach(name -> System.out.println("    REGRESSION: " + name));
    return missing.size();
  }

  private static String brief(String why) {
    String line = why.replace('\n', ' ');
    return line.length() > SHOWN_DETAIL ? line.substring(0, SHOWN_DETAIL) + " …" : line;
  }

  /** Holds the run against what a real Redis passes; null if that is not known. */
  private @Nullable Score compare(List<Verdict> verdicts, SkipList skips, String version) {
    if (reference == null || !Files.exists(reference)) {
      System.out.println(
          "Not held against a real Redis: name its passing tests with --reference FILE.");
      return null;
    }
    NamesByUnit real = NamesByUnit.read(reference);
    System.out.println("\nBeside a real Redis (" + reference.getFileName() + "), by name:");
    SortedMap<String, Score.Row> rows = new TreeMap<>();
    for (Verdict verdict : verdicts) {
      int of = real.of(verdict.unit()).size();
      List<String> missing = real.missing(verdict.unit(), verdict.passed());
      Score.Row row =
          new Score.Row(of, of - missing.size(), skips.reasons(verdict.unit(), missing));
      rows.put(verdict.unit(), row);
      System.out.printf(
          Locale.ROOT,
          "%-26s %4d of %4d, %3d left out, %3d failed%n",
          verdict.unit(),
          row.passing(),
          row.of(),
          row.leftOut(),
          row.failed());
      missing.stream()
          .filter(name -> skips.reasons(verdict.unit(), List.of(name)).isEmpty())
          .forEach(name -> System.out.println("    " + name));
    }
    Score score = new Score(rows);
    System.out.printf(
        Locale.ROOT,
        "%n%d of the %d that pass on Redis %s pass here%n",
        score.passing(),
        score.of(),
        version);
    System.out.println("failed or not reached: " + score.failed());
    score
        .left()
        .forEach((reason, count) -> System.out.println("left out: " + count + ", " + reason));
    return score;
  }

  /** The score is written down where readers look: a page of the reference, and the README. */
  private void writeScore(Score score, SkipList skips, String version) {
    Path file = lists.resolve("score-" + version + ".json");
    Scores scores =
        (Files.exists(file) ? Scores.read(file) : new Scores(version, new TreeMap<>()))
            .with(shards, score);
    scores.write(file);
    Path page = lists.resolve("../../docs/reference/conformance.md").normalize();
    scores.writePages(page, lists.resolve("../../README.md").normalize(), skips.lines().size());
    System.out.println("Written: " + file + ", " + page + " and the README");
  }

  private void write(List<Verdict> verdicts, String version, NamesByUnit before, Path passingFile) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("suite", version);
    ArrayNode rows = root.putArray("units");
    SortedMap<String, List<String>> passing = new TreeMap<>(before.names());
    for (Verdict verdict : verdicts) {
      if (verdict.passedCount() == 0) {
        passing.remove(verdict.unit());
      } else {
        passing.put(verdict.unit(), verdict.passedNames());
      }
      ObjectNode row = rows.addObject();
      row.put("unit", verdict.unit());
      row.put("passed", verdict.passedCount());
      row.put("failed", verdict.failedCount());
      row.put("skipped", verdict.skippedCount());
      row.put("seconds", verdict.seconds());
      ObjectNode failures = row.putObject("failures");
      verdict.failures().forEach(failures::put);
      ObjectNode broken = row.putObject("outsideOfTests");
      verdict.broken().forEach(broken::put);
      ArrayNode names = row.putArray("passing");
      verdict.passedNames().forEach(names::add);
    }
    root.put("passed", total(verdicts, Verdict::passedCount));
    root.put("failed", total(verdicts, Verdict::failedCount));
    root.put("skipped", total(verdicts, Verdict::skippedCount));
    try {
      Path results = work.resolve("results.json");
      Files.writeString(results, root.toPrettyString() + "\n", StandardCharsets.UTF_8);
      System.out.println("\nWritten: " + results);
    } catch (IOException e) {
      throw new ConformanceException("the results cannot be written: " + e, e);
    }
    if (update) {
      new NamesByUnit(passing).write(passingFile);
      System.out.println("Written: " + passingFile);
    }
  }
}
