package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process killed in the middle of its writes comes back with all that it had acknowledged, and
 * its preflight does not take the traces of the kill for damage: a replica that refuses without
 * reason is lost as well.
 */
@Tag("cluster")
class KilledReplicaTest {
  private static final NodeId NODE = new NodeId("d".repeat(40));
  private static final GroupId GROUP = new GroupId(new UUID(2, 2));
  private static final int KILLS = 4;

  /**
   * Entries acknowledged before each kill: more each time, so that segments roll and snapshots are
   * taken in between.
   */
  private static final int[] ACKNOWLEDGED = {1, 150, 400, 700};

  @TempDir Path dir;

  @Test
  void whatWasAcknowledgedBeforeAKillIsThereAfterIt() throws Exception {
    long acknowledged = -1;
    for (int kill = 0; kill < KILLS; kill++) {
      Path output = dir.resolve("output-" + kill);
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  Writer.class.getName(),
                  dir.resolve("node").toString(),
                  String.valueOf(RaftCluster.freePort()))
              .redirectError(output.toFile())
              .start();
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
        int heard = 0;
        for (String line = lines.readLine();
            line != null && heard < ACKNOWLEDGED[kill];
            line = lines.readLine()) {
          if (line.startsWith("acknowledged ")) {
            long number = Long.parseLong(line.substring("acknowledged ".length()));
            assertThat(number)
                .as("the writer counts on from what it found")
                .isGreaterThan(acknowledged);
            acknowledged = number;
            heard++;
          }
        }
        assertThat(heard)
            .as("acknowledgements; the writer said: %s", Files.readString(output))
            .isEqualTo(ACKNOWLEDGED[kill]);
      } finally {
        writer.destroyForcibly();
        assertThat(writer.waitFor(RaftCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      }
    }
    JournalMachine[] journal = new JournalMachine[1];
    try (RaftHost host = open(dir.resolve("node"), RaftCluster.freePort(), journal)) {
      ShardLog log = Objects.requireNonNull(host.log(GROUP));
      org.awaitility.Awaitility.await().atMost(RaftCluster.PATIENCE).until(log::isLeaderReady);
      List<String> entries = Objects.requireNonNull(journal[0]).entries();
      assertThat(entries).hasSizeGreaterThan((int) acknowledged);
      for (int i = 0; i < entries.size(); i++) {
        assertThat(entries.get(i)).startsWith(i + " ");
      }
      assertThat(journal[0].faults()).isEmpty();
    }
  }

  private static RaftHost open(Path dir, int port, JournalMachine[] journal) throws IOException {
    RaftSettings small =
        RaftCluster.quick().withLog(64 * 1024, 128 * 1024, 256 * 1024, 1_000_000, 10);
    RaftHost host =
        RaftHost.open(
            NODE,
            "127.0.0.1",
            port,
            dir,
            small.withTransport(RaftSettings.Transport.GRPC),
            null,
            (group, log, loop) -> journal[0] = new JournalMachine(log, loop),
            (why, cause) -> {
              throw new AssertionError(why, cause);
            });
    if (host.groups().isEmpty()) {
      host.createGroup(GROUP, List.of(new Peer(NODE, "127.0.0.1", port)), List.of()).join();
    }
    return host;
  }

  /**
   * The process that is killed: one voter that writes without end, eight entries in flight, and
   * says what was acknowledged.
   */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws Exception {
      JournalMachine[] journal = new JournalMachine[1];
      RaftHost host = open(Path.of(arguments[0]), Integer.parseInt(arguments[1]), journal);
      ShardLog log = Objects.requireNonNull(host.log(GROUP));
      org.awaitility.Awaitility.await().atMost(RaftCluster.PATIENCE).until(log::isLeaderReady);
      int found = Objects.requireNonNull(journal[0]).entries().size();
      // On the loop, so that no entry is applied, and the next one proposed, in between.
      Objects.requireNonNull(host.loop(GROUP))
          .execute(() -> {
            for (int i = 0; i < 8; i++) {
              log.propose(new Numbered(log, found + i));
            }
          });
      Thread.currentThread().join();
    }
  }

  private static final class Numbered extends TestProposal implements Proposal {
    private final ShardLog log;
    private final long number;

    Numbered(ShardLog log, long number) {
      super(number + " " + "y".repeat(1500));
      this.log = log;
      this.number = number;
    }

    @Override
    void applied(LogPosition place, String applied) {
      System.out.println("acknowledged " + number);
      log.propose(new Numbered(log, number + 8));
    }

    @Override
    public ByteBuffer entry() {
      return super.entry();
    }
  }
}
