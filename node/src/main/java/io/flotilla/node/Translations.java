package io.flotilla.node;

import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.proposal.ProposalSettings;
import io.flotilla.node.raft.RaftSettings;
import java.time.Duration;

/** The file's settings in the words of the rooms that use them. */
final class Translations {
  private Translations() {}

  /**
   * What Raft needs around an entry within its own bound: Ratis keeps eight bytes of its buffer,
   * and the entry has a header.
   */
  private static final int ENTRY_MARGIN_BYTES = 4096;

  static RaftSettings raftSettings(NodeConfig config) {
    RaftSettings defaults = RaftSettings.defaults();
    return new RaftSettings(
        switch (config.of(Keys.RAFT_TRANSPORT)) {
          case LINKS -> RaftSettings.Transport.LINKS;
          case GRPC -> RaftSettings.Transport.GRPC;
        },
        Duration.ofMillis(config.of(Keys.RAFT_ELECTION_MIN_MILLIS)),
        Duration.ofMillis(config.of(Keys.RAFT_ELECTION_MAX_MILLIS)),
        defaults.firstElectionTimeoutMin(),
        defaults.firstElectionTimeoutMax(),
        defaults.entryBytesMax(),
        defaults.segmentBytes(),
        defaults.logCacheBytesMax(),
        (long) config.of(Keys.SNAPSHOT_LOG_MEBIBYTES) << 20,
        config.of(Keys.SNAPSHOT_EVERY_ENTRIES),
        defaults.preservedEntries(),
        defaults.freeDiskBytesMin());
  }

  static ProposalSettings proposalSettings(NodeConfig config) {
    ProposalSettings defaults = ProposalSettings.defaults();
    Duration read = Duration.ofMillis(config.of(Keys.READ_DEADLINE_MILLIS));
    return defaults
        .withBatching(
            config.of(Keys.WRITE_MAX_IN_FLIGHT_ENTRIES),
            Duration.ofNanos(config.of(Keys.WRITE_LINGER_MICROS) * 1000L))
        .withEntryBytes(
            defaults.entryBytes(), RaftSettings.defaults().entryBytesMax() - ENTRY_MARGIN_BYTES)
        .withDeadlines(
            Duration.ofMillis(config.of(Keys.WRITE_DEADLINE_MILLIS)),
            Duration.ofNanos(defaults.waitDeadlineNanos()),
            read);
  }
}
