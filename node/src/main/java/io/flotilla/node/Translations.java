package io.flotilla.node;

import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.proposal.ProposalSettings;
import io.flotilla.node.raft.RaftSettings;
import io.flotilla.node.resp.RequestLimits;
import java.time.Duration;

/** The file's settings in the words of the rooms that use them. */
final class Translations {
  private Translations() {}

  /**
   * What Raft needs around an entry within its own bound: Ratis keeps eight bytes of its buffer,
   * and the entry has a header.
   */
  private static final int ENTRY_MARGIN_BYTES = 4096;

  /** Beside a value as long as is allowed: its command, key and options. */
  private static final int COMMAND_MARGIN_BYTES = 1024 * 1024;

  /** The longest value that a write may carry. */
  static long valueBytesMax(NodeConfig config) {
    return (long) config.of(Keys.WRITE_MAX_COMMAND_MEBIBYTES) << 20;
  }

  /** The largest entry: the longest value and what stands around it. */
  private static int entryBytesMax(NodeConfig config) {
    return (int) valueBytesMax(config) + COMMAND_MARGIN_BYTES;
  }

  /** What one request may hold: whatever fits an entry does. */
  static RequestLimits requestLimits(NodeConfig config) {
    return new RequestLimits(
        RequestLimits.DEFAULT_MAX_BULK_BYTES,
        Math.max(RequestLimits.DEFAULT_MAX_REQUEST_BYTES, entryBytesMax(config)));
  }

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
        entryBytesMax(config),
        Math.max(defaults.segmentBytes(), 2L * entryBytesMax(config)),
        Math.max(defaults.logCacheBytesMax(), 2L * entryBytesMax(config)),
        (long) config.of(Keys.SNAPSHOT_LOG_MEBIBYTES) << 20,
        config.of(Keys.SNAPSHOT_EVERY_ENTRIES),
        config.of(Keys.SNAPSHOT_KEEP_ENTRIES),
        defaults.freeDiskBytesMin());
  }

  static ProposalSettings proposalSettings(NodeConfig config) {
    ProposalSettings defaults = ProposalSettings.defaults();
    Duration read = Duration.ofMillis(config.of(Keys.READ_DEADLINE_MILLIS));
    return defaults
        .withBatching(
            config.of(Keys.WRITE_MAX_IN_FLIGHT_ENTRIES),
            Duration.ofNanos(config.of(Keys.WRITE_LINGER_MICROS) * 1000L))
        .withEntryBytes(defaults.entryBytes(), entryBytesMax(config) - ENTRY_MARGIN_BYTES)
        .withQueuedBytes(
            Math.max(defaults.queuedBytesLow(), entryBytesMax(config)),
            Math.max(defaults.queuedBytesHigh(), 2L * entryBytesMax(config)),
            Math.max(defaults.queuedBytesMax(), 4L * entryBytesMax(config)))
        .withDeadlines(
            Duration.ofMillis(config.of(Keys.WRITE_DEADLINE_MILLIS)),
            Duration.ofNanos(defaults.waitDeadlineNanos()),
            read);
  }
}
