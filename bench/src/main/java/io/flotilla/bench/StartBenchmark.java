package io.flotilla.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.ObjectNode;

/** From `flotilla up`, already built, to the first write that succeeds: empty, and with data. */
@Command(
    name = "start",
    description =
        "From `flotilla up` to the first successful SET, on an empty directory and again.")
final class StartBenchmark implements Callable<Integer> {
  private static final int SHARDS = 3;
  private static final double AT_MOST_SECONDS = 10;

  @Mixin private Options options = new Options();

  @Override
  public Integer call() {
    Report report = new Report("start", options.flags());
    List<Double> empty = new ArrayList<>();
    List<Double> again = new ArrayList<>();
    try (Workspace workspace = new Workspace()) {
      for (int round = 0; round < options.rounds(); round++) {
        try (FlotillaTarget flotilla = FlotillaTarget.prepare(workspace, SHARDS)) {
          empty.add(upToFirstSet(flotilla));
          flotilla.down();
          again.add(upToFirstSet(flotilla));
          System.out.printf(
              Locale.ROOT,
              "round %d: empty %.2f s, again %.2f s%n",
              round + 1,
              empty.getLast(),
              again.getLast());
          ObjectNode node = report.row();
          node.put("empty_seconds", empty.getLast());
          node.put("again_seconds", again.getLast());
        }
      }
    }
    double median = Report.median(empty);
    System.out.printf(
        Locale.ROOT,
        "%nempty: median %.2f s (at most %.0f: %s); again: median %.2f s%n",
        median,
        AT_MOST_SECONDS,
        median <= AT_MOST_SECONDS ? "met" : "MISSED",
        Report.median(again));
    ObjectNode node = report.row();
    node.put("median_empty_seconds", median);
    node.put("median_again_seconds", Report.median(again));
    report.write(options.results());
    return 0;
  }

  /** Seconds from the start of the launcher to the answer +OK at the key's leader. */
  private static double upToFirstSet(FlotillaTarget flotilla) {
    long began = System.nanoTime();
    flotilla.up();
    int[] port = {flotilla.clientPort(0)};
    Workspace.await(
        "the first SET",
        Duration.ofSeconds(60),
        () -> {
          try (RespConnection connection = new RespConnection(port[0], Duration.ofSeconds(5))) {
            String answer = connection.call("SET", "first", "write");
            if (answer.startsWith("-MOVED")) {
              port[0] = Integer.parseInt(answer.substring(answer.lastIndexOf(':') + 1));
            }
            return answer.equals("+OK");
          } catch (IOException e) {
            return false;
          }
        });
    return (System.nanoTime() - began) / 1e9;
  }
}
