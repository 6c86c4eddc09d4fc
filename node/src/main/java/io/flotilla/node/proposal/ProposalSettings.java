package io.flotilla.node.proposal;

import java.time.Duration;

/**
 * The bounds and waits between a shard's connections and its log. Each has its reason at {@link
 * #defaults}.
 *
 * @param entriesInFlight how many entries of one shard may be on their way at once
 * @param lingerNanos how long a batch waits for more commands while several connections are busy
 * @param entryCommands the commands in one entry at most
 * @param entryBytes the size up to which commands gather in one entry; a larger one goes alone
 * @param entryBytesMax the size above which a command is refused: the log's own bound
 * @param queuedBytesHigh held by waiting requests of one shard: connections stop being read
 * @param queuedBytesLow held by them: connections are read again
 * @param queuedBytesMax held by them: requests are refused
 * @param outcomeDeadlineNanos how long a write may be without an outcome once it was handed to the
 *     log
 * @param waitDeadlineNanos how long a write may wait to be handed to the log
 * @param readLingerNanos how long a round waits for more reads while several connections are busy
 * @param roundDeadlineNanos how long a confirmation round may take
 * @param roundResendNanos how long a round's frame may be without an answer before it is sent again
 * @param readDeadlineNanos how long a read may take in all
 * @param sweepEveryNanos how often a leader looks for keys whose deadline has passed
 * @param sweepKeys the keys in one sweep at most
 */
public record ProposalSettings(
    int entriesInFlight,
    long lingerNanos,
    int entryCommands,
    int entryBytes,
    int entryBytesMax,
    long queuedBytesHigh,
    long queuedBytesLow,
    long queuedBytesMax,
    long outcomeDeadlineNanos,
    long waitDeadlineNanos,
    long readLingerNanos,
    long roundDeadlineNanos,
    long roundResendNanos,
    long readDeadlineNanos,
    long sweepEveryNanos,
    int sweepKeys) {

  /**
   * Beyond eight entries in flight nothing was ever gained, and a lost leader has more unknowns.
   */
  static final int MOST_IN_FLIGHT = 8;

  public ProposalSettings {
    check(
        entriesInFlight >= 1 && entriesInFlight <= MOST_IN_FLIGHT,
        "entries in flight are 1 to " + MOST_IN_FLIGHT);
    check(lingerNanos >= 0 && readLingerNanos >= 0, "a linger is not negative");
    check(entryCommands >= 1, "an entry holds a command at least");
    check(entryBytes >= 1 && entryBytesMax >= entryBytes, "entry bytes ≤ entry bytes max");
    check(
        queuedBytesLow < queuedBytesHigh && queuedBytesHigh < queuedBytesMax,
        "queued bytes low < high < max");
    check(outcomeDeadlineNanos > 0 && waitDeadlineNanos > 0, "a deadline is positive");
    check(
        roundResendNanos > 0
            && roundDeadlineNanos > roundResendNanos
            && readDeadlineNanos >= roundDeadlineNanos,
        "round resend < round deadline ≤ read deadline");
    check(sweepEveryNanos > 0 && sweepKeys > 0, "a sweep has keys, and a pause after it");
  }

  private static void check(boolean holds, String law) {
    if (!holds) {
      throw new IllegalArgumentException(law);
    }
  }

  /** What a node runs with unless told otherwise. */
  public static ProposalSettings defaults() {
    return new ProposalSettings(
        // One in flight beat two, four and eight on loopback: fewer, fuller entries (RATIS.md).
        1,
        // Between 0.3 and 1 ms doubled the throughput of clients that do not pipeline.
        micros(500),
        // 50 connections at a pipeline of 64 are 3200; more in one entry makes the loop's turn
        // long.
        8192,
        // An entry is copied and checksummed several times on its way: half of the log's bound.
        512 * 1024,
        // A little below Ratis' write buffer; a node sets both by write.max-command-mebibytes.
        1024 * 1024 - 4096,
        // Seconds of work for one shard; beyond it waiting only adds latency.
        32L << 20,
        16L << 20,
        // What sockets that were already read may still bring.
        64L << 20,
        // Several elections fit in; clients give up after 2 to 60 seconds.
        Duration.ofSeconds(5).toNanos(),
        Duration.ofSeconds(3).toNanos(),
        // A pass or two over the sockets; a round itself takes about as long.
        micros(200),
        // Longer than an election: a cut-off leader's clients should look elsewhere by then.
        Duration.ofSeconds(1).toNanos(),
        // A frame is lost only when its connection is: reconnecting takes some milliseconds.
        Duration.ofMillis(30).toNanos(),
        Duration.ofSeconds(3).toNanos(),
        // Ten times a second, as Redis's active expiry.
        Duration.ofMillis(100).toNanos(),
        // Removing 500 keys takes well below a millisecond of the loop.
        500);
  }

  private static long micros(long micros) {
    return micros * 1000;
  }

  /** The same with these batch bounds. */
  public ProposalSettings withBatching(int newEntriesInFlight, Duration newLinger) {
    return new ProposalSettings(
        newEntriesInFlight,
        newLinger.toNanos(),
        entryCommands,
        entryBytes,
        entryBytesMax,
        queuedBytesHigh,
        queuedBytesLow,
        queuedBytesMax,
        outcomeDeadlineNanos,
        waitDeadlineNanos,
        readLingerNanos,
        roundDeadlineNanos,
        roundResendNanos,
        readDeadlineNanos,
        sweepEveryNanos,
        sweepKeys);
  }

  /** The same with these entry sizes. */
  public ProposalSettings withEntryBytes(int newEntryBytes, int newEntryBytesMax) {
    return new ProposalSettings(
        entriesInFlight,
        lingerNanos,
        entryCommands,
        newEntryBytes,
        newEntryBytesMax,
        queuedBytesHigh,
        queuedBytesLow,
        queuedBytesMax,
        outcomeDeadlineNanos,
        waitDeadlineNanos,
        readLingerNanos,
        roundDeadlineNanos,
        roundResendNanos,
        readDeadlineNanos,
        sweepEveryNanos,
        sweepKeys);
  }

  /** The same with these bounds on what waits. */
  public ProposalSettings withQueuedBytes(long low, long high, long max) {
    return new ProposalSettings(
        entriesInFlight,
        lingerNanos,
        entryCommands,
        entryBytes,
        entryBytesMax,
        high,
        low,
        max,
        outcomeDeadlineNanos,
        waitDeadlineNanos,
        readLingerNanos,
        roundDeadlineNanos,
        roundResendNanos,
        readDeadlineNanos,
        sweepEveryNanos,
        sweepKeys);
  }

  /** The same with these deadlines. */
  public ProposalSettings withDeadlines(Duration write, Duration wait, Duration read) {
    return new ProposalSettings(
        entriesInFlight,
        lingerNanos,
        entryCommands,
        entryBytes,
        entryBytesMax,
        queuedBytesHigh,
        queuedBytesLow,
        queuedBytesMax,
        write.toNanos(),
        wait.toNanos(),
        readLingerNanos,
        Math.min(roundDeadlineNanos, read.toNanos()),
        roundResendNanos,
        read.toNanos(),
        sweepEveryNanos,
        sweepKeys);
  }
}
