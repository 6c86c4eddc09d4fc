package io.flotilla.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/**
 * How long writes to a shard stop when its leader is killed.
 *
 * <p>Clients write all the time to keys of every shard. The gap is measured at one of them that
 * writes to the victim's shard alone: from the SIGKILL to the first write that succeeds. Then the
 * node is started again, and the next kill waits until the cluster is whole.
 */
@Command(
    name = "failover",
    description = "SIGKILL of a leader under load: how long until writes to its slots succeed.")
final class FailoverBenchmark implements Callable<Integer> {
  private static final int SHARDS = 3;
  private static final int WRITERS = 12;
  private static final double MEDIAN_AT_MOST_SECONDS = 1.3;

  @Mixin private Options options = new Options();

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "How many kills. Default: 20, quick: 3.")
  private int kills;

  @Override
  public Integer call() {
    int count = kills > 0 ? kills : options.quick() ? 3 : 20;
    Report report = new Report("failover", options.flags());
    List<Double> gaps = new ArrayList<>();
    try (Workspace workspace = new Workspace();
        FlotillaTarget flotilla = FlotillaTarget.start(workspace, SHARDS)) {
      String[] keys =
          IntStream.range(0, SHARDS)
              .mapToObj(s -> keyOfSlot(flotilla.slotOf(s)))
              .toArray(String[]::new);
      List<Writer> writers = new ArrayList<>();
      try {
        for (int i = 0; i < WRITERS; i++) {
          writers.add(new Writer(flotilla, keys[i % SHARDS]));
        }
        writers.forEach(Writer::start);
        Workspace.pause(options.quick() ? Duration.ofSeconds(5) : Duration.ofSeconds(20));
        for (int kill = 0; kill < count; kill++) {
          flotilla.awaitHealthy();
          int shard = kill % SHARDS;
          double gap = kill(flotilla, shard, writers);
          gaps.add(gap);
          System.out.printf(
              Locale.ROOT,
              "kill %d: shard %d was without writes for %.3f s%n",
              kill + 1,
              shard,
              gap);
          ObjectNode node = report.row();
          node.put("kill", kill + 1);
          node.put("shard", shard);
          node.put("gap_seconds", gap);
          flotilla.up();
        }
      } finally {
        writers.forEach(Writer::end);
      }
    }
    double median = Report.median(gaps);
    double worst = gaps.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
    System.out.printf(
        Locale.ROOT,
        "%n%d kills: median %.3f s (at most %.1f: %s), worst %.3f s%n",
        gaps.size(),
        median,
        MEDIAN_AT_MOST_SECONDS,
        median <= MEDIAN_AT_MOST_SECONDS ? "met" : "MISSED",
        worst);
    ObjectNode node = report.row();
    node.put("median_seconds", median);
    node.put("worst_seconds", worst);
    report.write(options.results());
    return 0;
  }

  private static double kill(FlotillaTarget flotilla, int shard, List<Writer> writers) {
    ProcessHandle leader = flotilla.process(flotilla.leaderOf(shard));
    Writer probe = writers.get(shard);
    long at = System.nanoTime();
    leader.destroyForcibly();
    // It is only set when a write succeeds after one that failed, so that no answer of the killed
    // leader can be meant.
    Workspace.await(
        "shard " + shard + " is written to again",
        Duration.ofMinutes(2),
        () -> probe.succeededAgainAt.get() > at);
    return (probe.succeededAgainAt.get() - at) / 1e9;
  }

  /** A key of this very slot: tags are tried until one fits. */
  static String keyOfSlot(int slot) {
    for (int i = 0; ; i++) {
      String tag = "{" + i + "}";
      if (Slots.of(tag) == slot) {
        return "bench" + tag;
      }
    }
  }

  /** A client that writes one key over and over, and finds its leader by itself. */
  private static final class Writer {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(2);

    private final FlotillaTarget flotilla;
    private final String key;
    private final String value = "x".repeat(Load.VALUE_BYTES);
    private final Thread thread;

    /** When the last gap ended: the first success after a failure, by nanoTime. */
    final AtomicLong succeededAgainAt = new AtomicLong();

    private volatile boolean ending;

    Writer(FlotillaTarget flotilla, String key) {
      this.flotilla = flotilla;
      this.key = key;
      thread = Thread.ofPlatform().daemon(true).name("writer").unstarted(this::run);
    }

    void start() {
      thread.start();
    }

    void end() {
      ending = true;
      try {
        thread.join(PATIENCE.multipliedBy(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void run() {
      int node = 0;
      boolean failed = true;
      @Nullable RespConnection connection = null;
      while (!ending) {
        try {
          if (connection == null) {
            connection = new RespConnection(flotilla.clientPort(node), PATIENCE);
          }
          String answer = connection.call("SET", key, value);
          if (answer.equals("+OK")) {
            if (failed) {
              succeededAgainAt.set(System.nanoTime());
              failed = false;
            }
            continue;
          }
          failed = true;
          int next =
              answer.startsWith("-MOVED")
                  ? Integer.parseInt(answer.substring(answer.lastIndexOf(':') + 1))
                      - flotilla.clientPort(0)
                  : (node + 1) % flotilla.nodes();
          if (next != node) {
            close(connection);
            connection = null;
            node = next;
          }
        } catch (IOException e) {
          failed = true;
          close(connection);
          connection = null;
          node = (node + 1) % flotilla.nodes();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE.toMillis()));
      }
      close(connection);
    }

    private static void close(@Nullable RespConnection connection) {
      if (connection != null) {
        try {
          connection.close();
        } catch (IOException e) {
          System.err.println("bench: a socket does not close: " + e);
        }
      }
    }
  }
}
