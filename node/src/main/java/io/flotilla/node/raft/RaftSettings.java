package io.flotilla.node.raft;

import java.time.Duration;

/**
 * What an operator may change of a node's Raft server; all else is fixed, with its reasons, in
 * {@link RatisSettings}.
 *
 * @param transport how replicas talk
 * @param electionTimeoutMin how long a follower waits at least for its leader before it stands for
 *     election
 * @param electionTimeoutMax how long at most; also how long a leader may be without contact to a
 *     majority
 * @param firstElectionTimeoutMin the same as {@code electionTimeoutMin} for the first election
 *     after a start, when everybody waits
 * @param firstElectionTimeoutMax the same as {@code electionTimeoutMax} for the first election
 *     after a start
 * @param entryBytesMax the largest entry; each group holds a write buffer a little larger than
 *     this; may be raised, but not lowered below what a log already holds
 * @param segmentBytes the size at which a log file is closed and the next begun: the unit of
 *     purging
 * @param logCacheBytesMax how much of each group's log is held in memory for followers that lag
 * @param snapshotLogBytes a snapshot is taken when the log has grown by this much, or by the size
 *     of the last snapshot if that is larger: the disk then holds at most about twice the data
 * @param snapshotEntries a snapshot is taken at the latest after so many entries, which bounds the
 *     replay at a restart
 * @param preservedEntries how many entries before a snapshot stay in the log, so that a follower
 *     that lags a little needs no snapshot
 * @param freeDiskBytesMin a log is not opened with less free space on its disk
 */
public record RaftSettings(
    Transport transport,
    Duration electionTimeoutMin,
    Duration electionTimeoutMax,
    Duration firstElectionTimeoutMin,
    Duration firstElectionTimeoutMax,
    int entryBytesMax,
    long segmentBytes,
    long logCacheBytesMax,
    long snapshotLogBytes,
    long snapshotEntries,
    long preservedEntries,
    long freeDiskBytesMin) {

  /** How replicas talk. */
  public enum Transport {
    /** {@link RaftLinks}: one connection per pair of nodes, few changes of thread; the default. */
    LINKS,
    /** Ratis' own streams over HTTP/2. */
    GRPC
  }

  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  /** Below this, elections follow from scheduling noise rather than from failures. */
  private static final Duration ELECTION_TIMEOUT_LEAST = Duration.ofMillis(50);

  /** Below this no reasonable command fits. */
  private static final int ENTRY_BYTES_LEAST = 64 * KIB;

  /** Above this one entry would hold up heartbeats and fill the heap of followers. */
  static final int ENTRY_BYTES_MOST = 64 * MIB;

  public RaftSettings {
    check(
        electionTimeoutMin.compareTo(ELECTION_TIMEOUT_LEAST) >= 0,
        "election-timeout-min is below " + ELECTION_TIMEOUT_LEAST);
    check(
        electionTimeoutMax.compareTo(electionTimeoutMin) > 0,
        "election-timeout-max is not above election-timeout-min");
    check(
        firstElectionTimeoutMin.compareTo(ELECTION_TIMEOUT_LEAST) >= 0,
        "first-election-timeout-min is below " + ELECTION_TIMEOUT_LEAST);
    check(
        firstElectionTimeoutMax.compareTo(firstElectionTimeoutMin) > 0,
        "first-election-timeout-max is not above first-election-timeout-min");
    check(
        entryBytesMax >= ENTRY_BYTES_LEAST && entryBytesMax <= ENTRY_BYTES_MOST,
        "entry-bytes-max is not within " + ENTRY_BYTES_LEAST + " to " + ENTRY_BYTES_MOST);
    check(segmentBytes >= 2L * entryBytesMax, "segment-bytes is below two entries");
    check(segmentBytes <= Integer.MAX_VALUE, "segment-bytes is above 2 GiB");
    check(logCacheBytesMax >= entryBytesMax, "log-cache-bytes-max is below one entry");
    check(snapshotLogBytes > 0, "snapshot-log-bytes is not positive");
    check(snapshotEntries > 0, "snapshot-entries is not positive");
    check(preservedEntries >= 0, "preserved-entries is negative");
    check(freeDiskBytesMin >= 0, "free-disk-bytes-min is negative");
  }

  /**
   * The defaults, measured on small machines (RATIS.md): failover within 0.9 to 1.5 s, no spurious
   * elections under load.
   */
  public static RaftSettings defaults() {
    return new RaftSettings(
        Transport.LINKS,
        Duration.ofMillis(500),
        Duration.ofMillis(1000),
        Duration.ofMillis(150),
        Duration.ofMillis(300),
        9 * MIB,
        20L * MIB,
        32L * MIB,
        64L * MIB,
        1_000_000,
        2_000,
        64L * MIB);
  }

  /** These settings with another transport. */
  public RaftSettings withTransport(Transport other) {
    return new RaftSettings(
        other,
        electionTimeoutMin,
        electionTimeoutMax,
        firstElectionTimeoutMin,
        firstElectionTimeoutMax,
        entryBytesMax,
        segmentBytes,
        logCacheBytesMax,
        snapshotLogBytes,
        snapshotEntries,
        preservedEntries,
        freeDiskBytesMin);
  }

  /** These settings with other election timeouts. */
  public RaftSettings withElectionTimeouts(Duration min, Duration max) {
    return new RaftSettings(
        transport,
        min,
        max,
        firstElectionTimeoutMin,
        firstElectionTimeoutMax,
        entryBytesMax,
        segmentBytes,
        logCacheBytesMax,
        snapshotLogBytes,
        snapshotEntries,
        preservedEntries,
        freeDiskBytesMin);
  }

  /** These settings with smaller log files and earlier snapshots. */
  public RaftSettings withLog(
      int entryBytes, long segment, long snapshotBytes, long entries, long preserved) {
    return new RaftSettings(
        transport,
        electionTimeoutMin,
        electionTimeoutMax,
        firstElectionTimeoutMin,
        firstElectionTimeoutMax,
        entryBytes,
        segment,
        logCacheBytesMax,
        snapshotBytes,
        entries,
        preserved,
        freeDiskBytesMin);
  }

  private static void check(boolean fits, String message) {
    if (!fits) {
      throw new IllegalArgumentException(message);
    }
  }
}
