package io.flotilla.node.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.datastream.SupportedDataStreamType;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log;
import org.apache.ratis.server.RaftServerConfigKeys.Log.Appender;
import org.apache.ratis.server.RaftServerConfigKeys.Read;
import org.apache.ratis.server.RaftServerConfigKeys.Rpc;
import org.apache.ratis.server.RaftServerConfigKeys.Snapshot;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * Every property of Apache Ratis 3.3.0 that its server reads, each with its value and its reason,
 * in this one place.
 *
 * <p>None is left to its default: several defaults are unsafe here (data in the temporary folder,
 * snapshots kept for ever), some are slow, and any may change with an upgrade. A test fails when a
 * key of Ratis is not set here. What operators may change comes from {@link RaftSettings}.
 *
 * <p>(R) means reproduced by a program, (C) read in the code, (M) measured; see ARCHITECTURE §6 and
 * RATIS.md.
 */
final class RatisSettings {
  /**
   * The folder beside the groups' folders that removed groups are moved to, if they are not wiped.
   */
  static final String REMOVED_FOLDER = "removed";

  /** The folder that holds a folder per group. */
  static final String GROUPS_FOLDER = "groups";

  /**
   * What Ratis adds around an entry in its write buffer: four bytes of length, four of checksum
   * (C).
   */
  static final int ENTRY_FRAME_BYTES = 8;

  /**
   * What an entry's protobuf adds to our bytes: term, index, client id, call id, tags; below 80
   * bytes, rounded up.
   */
  static final int ENTRY_ENVELOPE_BYTES = 256;

  /** A snapshot travels in pieces of this size: one piece at a time is in memory at either end. */
  static final int SNAPSHOT_CHUNK_BYTES = 4 * 1024 * 1024;

  /**
   * Around the largest append request or snapshot piece: previous entry, commit infos of all peers,
   * ids.
   */
  static final int MESSAGE_ENVELOPE_BYTES = 1024 * 1024;

  /**
   * A pause of the process above this closes Ratis' server for good (C: 60 s by default), and the
   * node then halts. No pause is that long: a machine that slept goes on where it was. Nothing here
   * rests on time: a leader that wakes resigns, reads are confirmed and writes need a majority.
   */
  static final Duration CLOSE_AFTER_PAUSE = Duration.ofDays(3650);

  /**
   * How long an append waits for its answer before it is sent anew: well above a slow fsync, below
   * a user's patience.
   */
  static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(3);

  /** How long a follower may take for a piece of a snapshot: the last one is checked as a whole. */
  static final Duration INSTALL_TIMEOUT = Duration.ofSeconds(30);

  private RatisSettings() {}

  /**
   * The properties for a server that listens at (host, port) and keeps its groups in {@code dir}.
   */
  static RaftProperties properties(RaftSettings s, String host, int port, Path dir) {
    RaftProperties p = new RaftProperties();
    storage(p, s, dir);
    log(p, s);
    snapshots(p);
    replication(p, s);
    elections(p, s);
    clientPath(p);
    transport(p, s, host, port);
    return p;
  }

  private static void storage(RaftProperties p, RaftSettings s, Path dir) {
    // The default is /tmp/raft-server.
    RaftServerConfigKeys.setStorageDir(p, List.of(dir.resolve(GROUPS_FOLDER).toFile()));
    // The default is a folder in /tmp too, to which a removed group's data would be moved.
    RaftServerConfigKeys.setRemovedGroupsDir(p, dir.resolve(REMOVED_FOLDER).toFile());
    // Refuse to open a log that cannot grow; while running, Flotilla's own watermarks apply
    // (ARCHITECTURE §11).
    RaftServerConfigKeys.setStorageFreeSpaceMin(p, SizeInBytes.valueOf(s.freeDiskBytesMin()));
  }

  private static void log(RaftProperties p, RaftSettings s) {
    int entry = s.entryBytesMax() + ENTRY_ENVELOPE_BYTES;
    // A log in memory would lose acknowledged writes.
    Log.setUseMemory(p, false);
    // (C) async-flush advances its index even if the flush failed, unsafe-flush does not wait for
    // it: both acknowledge what may
    // be lost. (M) fsync is not what limits the rate of entries.
    Log.setAsyncFlushEnabled(p, false);
    Log.setUnsafeFlushEnabled(p, false);
    // A broken record ends the start with an exception. WARN_AND_RETURN would cut the log there,
    // acknowledged entries and all.
    // What may be cut was cut before by our own preflight, which knows what was acknowledged.
    Log.setCorruptionPolicy(p, Log.CorruptionPolicy.EXCEPTION);
    // (M) Else each commit of a sparse load appends a second entry with the commit index, and
    // fsyncs it. Without it a restarted
    // node learns its commit index from the leader, with the first append or heartbeat.
    Log.setLogMetadataEnabled(p, false);
    // (C) By default 8 MB per group, allocated at once. It must hold the largest entry and its
    // frame.
    Log.setWriteBufferSize(p, SizeInBytes.valueOf(entry + ENTRY_FRAME_BYTES));
    // Purging removes whole segments, and a restart checks them; larger ones save renames, smaller
    // ones disk.
    Log.setSegmentSizeMax(p, SizeInBytes.valueOf(s.segmentBytes()));
    // Zeros written ahead, so that an append changes no file metadata in most cases; 4 MB by
    // default, written at each roll.
    Log.setPreallocatedSize(p, SizeInBytes.valueOf("1MB"));
    // (C) By default six segments or 200 MB per group stay in memory, beside the open one. What is
    // not there is read from disk for a lagging follower. (M) What is held here outlives some
    // collections and is copied by each: at 20 MB of log a second it was most of the heap.
    Log.setSegmentCacheNumMax(p, 1);
    Log.setSegmentCacheSizeMax(p, SizeInBytes.valueOf(s.logCacheBytesMax()));
    // Flush at the latest after so many entries written in a row; with one to four in flight it is
    // never reached.
    Log.setForceSyncNum(p, 128);
    // Tasks that wait for the log's writer thread. Full means that the appending thread waits: it
    // never is, because the batches
    // in flight are bounded far below (and a follower gets them in requests of bounded size).
    Log.setQueueElementLimit(p, 4096);
    Log.setQueueByteLimit(p, SizeInBytes.valueOf("64MB"));
    // Purge at each snapshot, however small the step: the snapshot policy decides, not this. By
    // default 1024 entries.
    Log.setPurgeGap(p, 1);
    // (C) Else a dead follower pins the log for ever and the disk fills; a follower that is behind
    // the log gets a snapshot.
    Log.setPurgeUptoSnapshotIndex(p, true);
    // Entries before the snapshot that stay, so that a short absence costs entries and not a
    // snapshot.
    Log.setPurgePreservationLogNum(p, s.preservedEntries());
    // Readers of the log take its read lock. Without it a reader may see a segment that is being
    // truncated.
    Log.setReadLockEnabled(p, true);
    // Composing appends hands each to another thread before the log sees it (C): one change of
    // thread per entry on each
    // follower. Off, the receiving thread queues the entry for the log's writer itself.
    Log.setAppendEntriesComposeEnabled(p, false);
    // We keep no data outside the log, so these four never matter; set for completeness.
    Log.StateMachineData.setSync(p, true);
    Log.StateMachineData.setCachingEnabled(p, false);
    Log.StateMachineData.setSyncTimeout(p, millis(Duration.ofSeconds(10)));
    Log.StateMachineData.setSyncTimeoutRetry(p, -1);
    Log.StateMachineData.setReadTimeout(p, millis(Duration.ofSeconds(1)));
  }

  private static void snapshots(RaftProperties p) {
    // (C) takeSnapshot runs on the apply thread: we write snapshots in the background and only
    // report them.
    Snapshot.setAutoTriggerEnabled(p, false);
    Snapshot.setAutoTriggerThreshold(p, Long.MAX_VALUE);
    // Stopping must be quick, and a snapshot at stop would be on the apply thread.
    Snapshot.setTriggerWhenStopEnabled(p, false);
    Snapshot.setTriggerWhenRemoveEnabled(p, false);
    // Report each snapshot that we wrote, whatever the number of entries since the last one. By
    // default 1024.
    Snapshot.setCreationGap(p, 1);
    // The newest and the one before. By default -1: all are kept.
    Snapshot.setRetentionFileNum(p, SnapshotFiles.RETAINED);
  }

  private static void replication(RaftProperties p, RaftSettings s) {
    int entry = s.entryBytesMax() + ENTRY_ENVELOPE_BYTES;
    // Bounds one append request, and with it (C) the largest entry that the log takes; 0 elements:
    // no bound but the bytes.
    Appender.setBufferByteLimit(p, SizeInBytes.valueOf(entry));
    Appender.setBufferElementLimit(p, 0);
    // (M) The default sleeps 1 ms before each append.
    Appender.setWaitTimeMin(p, TimeDuration.ZERO);
    // Lagging followers get the leader's snapshot file in pieces, checked by MD5.
    Appender.setInstallSnapshotEnabled(p, true);
    Appender.setSnapshotChunkSizeMax(p, SizeInBytes.valueOf(SNAPSHOT_CHUNK_BYTES));
    // Tries after an error: quickly at first (a peer that restarts is missed for each millisecond),
    // then at most once a second, so
    // that a follower that comes back is found soon. The default waits 5 s in the end.
    Appender.setRetryPolicy(
        p, "1ms,10, 100ms,20, " + LinkedAppender.LONGEST_PAUSE.toMillis() + "ms,1000");
    // A new member counts as caught up when it is at most so many entries behind. With full batches
    // entries are large.
    RaftServerConfigKeys.setStagingCatchupGap(p, 1000);
    // A new member that makes no progress for so long fails the change of membership.
    RaftServerConfigKeys.setStagingTimeout(p, millis(s.electionTimeoutMax().multipliedBy(10)));
    // Never slow the leader down for the slowest follower: a majority is enough.
    RaftServerConfigKeys.Write.setFollowerGapRatioMax(p, -1f);
    Rpc.setRequestTimeout(p, millis(REQUEST_TIMEOUT));
    // Ratis' own sleep between retries of blocking calls.
    Rpc.setSleepTime(p, millis(Duration.ofMillis(25)));
    // After so long without an answer a follower is called slow: the leader then sends it only
    // heartbeats' rhythm.
    Rpc.setSlownessTimeout(p, millis(Duration.ofSeconds(60)));
  }

  private static void elections(RaftProperties p, RaftSettings s) {
    Rpc.setTimeoutMin(p, millis(s.electionTimeoutMin()));
    Rpc.setTimeoutMax(p, millis(s.electionTimeoutMax()));
    // At a start nobody leads, and waiting long helps nobody; pre-vote keeps a restarted node from
    // unseating a leader.
    Rpc.setFirstElectionTimeoutMin(p, millis(s.firstElectionTimeoutMin()));
    Rpc.setFirstElectionTimeoutMax(p, millis(s.firstElectionTimeoutMax()));
    // A node that was cut off must not raise the term and unseat a leader that works when it comes
    // back.
    RaftServerConfigKeys.LeaderElection.setPreVote(p, true);
    // How long a leader that stepped down keeps from standing again (10 s by default), and the
    // pause of the process above which
    // a leader resigns (C): in both cases the others have had the time to elect another.
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        p, millis(s.electionTimeoutMax()));
    // One change at a time: adding a majority at once can leave a configuration that never elects.
    RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(p, false);
    // A pause of the process above this is logged.
    RaftServerConfigKeys.setSleepDeviationThreshold(p, millis(Duration.ofMillis(300)));
    RaftServerConfigKeys.setCloseThreshold(p, millis(CLOSE_AFTER_PAUSE));
    // When "no leader for long" is told; we watch ourselves.
    RaftServerConfigKeys.Notification.setNoLeaderTimeout(p, millis(Duration.ofSeconds(60)));
  }

  /** What concerns requests; ours come from within the process only. */
  private static void clientPath(RaftProperties p) {
    // (R) LINEARIZABLE reads of Ratis are stale at a partitioned old leader; we read by
    // confirmation rounds and never through
    // Ratis. DEFAULT costs nothing.
    Read.setOption(p, Read.Option.DEFAULT);
    // (C) A request for votes at a higher term skips the check of the valid leader, so the lease
    // proves nothing.
    Read.setLeaderLeaseEnabled(p, false);
    Read.setLeaderLeaseTimeoutRatio(p, 0.5);
    Read.setLeaderHeartbeatCheckEnabled(p, true);
    Read.setTimeout(p, millis(Duration.ofSeconds(10)));
    // Commit index: the other kinds hold replies back.
    Read.ReadIndex.setType(p, Read.ReadIndex.Type.COMMIT_INDEX);
    Read.ReadIndex.setRepliedIndexBatchInterval(p, millis(Duration.ofMillis(10)));
    // (C) One cache entry per client id, and we have one client id per process: how long it is kept
    // is of no matter.
    Read.ReadAfterWriteConsistent.setWriteIndexCacheExpiryTime(p, millis(Duration.ofSeconds(5)));
    // (C) Each replica caches one reply per entry for so long; it cannot be switched off. Every
    // submission has a fresh call id, so
    // none is ever looked up.
    RaftServerConfigKeys.RetryCache.setExpiryTime(p, millis(Duration.ofSeconds(5)));
    RaftServerConfigKeys.RetryCache.setStatisticsExpiryTime(p, millis(Duration.ofSeconds(10)));
    // Entries and bytes that wait for their commit at a leader. Our own window is far below.
    RaftServerConfigKeys.Write.setElementLimit(p, 4096);
    RaftServerConfigKeys.Write.setByteLimit(p, SizeInBytes.valueOf("256MB"));
    // We watch no index through Ratis.
    RaftServerConfigKeys.Watch.setElementLimit(p, 1);
    RaftServerConfigKeys.Watch.setTimeout(p, millis(Duration.ofSeconds(10)));
    RaftServerConfigKeys.Watch.setTimeoutDenomination(p, millis(Duration.ofSeconds(1)));
    // Threads come as needed and end after a minute: 64 groups share no pool (C), so fixed sizes
    // would add up.
    RaftServerConfigKeys.ThreadPool.setProxyCached(p, true);
    RaftServerConfigKeys.ThreadPool.setProxySize(p, 0);
    RaftServerConfigKeys.ThreadPool.setServerCached(p, true);
    RaftServerConfigKeys.ThreadPool.setServerSize(p, 0);
    RaftServerConfigKeys.ThreadPool.setClientCached(p, true);
    RaftServerConfigKeys.ThreadPool.setClientSize(p, 0);
    // Streaming of bulk data past the log is not used.
    RaftConfigKeys.DataStream.setType(p, SupportedDataStreamType.DISABLED);
    RaftConfigKeys.DataStream.setSkipSendForward(p, true);
    RaftServerConfigKeys.DataStream.setAsyncRequestThreadPoolCached(p, true);
    RaftServerConfigKeys.DataStream.setAsyncRequestThreadPoolSize(p, 1);
    RaftServerConfigKeys.DataStream.setAsyncWriteThreadPoolSize(p, 1);
    RaftServerConfigKeys.DataStream.setClientPoolSize(p, 1);
  }

  /** The largest message either way: a snapshot's piece or a full append request. */
  static int messageBytesMax(RaftSettings s) {
    return Math.max(SNAPSHOT_CHUNK_BYTES, s.entryBytesMax() + ENTRY_ENVELOPE_BYTES)
        + MESSAGE_ENVELOPE_BYTES;
  }

  private static void transport(RaftProperties p, RaftSettings s, String host, int port) {
    RaftConfigKeys.Rpc.setType(
        p,
        switch (s.transport()) {
          case LINKS -> new LinkedTransport();
          case GRPC -> new RatisGrpc();
        });
    // The same address for all three services: peers talk there, and nobody else does.
    GrpcConfigKeys.Server.setHost(p, host);
    GrpcConfigKeys.Server.setPort(p, port);
    GrpcConfigKeys.Client.setHost(p, host);
    GrpcConfigKeys.Client.setPort(p, port);
    GrpcConfigKeys.Admin.setHost(p, host);
    GrpcConfigKeys.Admin.setPort(p, port);
    int largest = messageBytesMax(s);
    GrpcConfigKeys.setMessageSizeMax(p, SizeInBytes.valueOf(largest));
    GrpcConfigKeys.setFlowControlWindow(p, SizeInBytes.valueOf("1MB"));
    GrpcConfigKeys.setUseEpoll(p, true);
    // Appends under way to one follower: entries in flight plus heartbeats, so that a window of
    // four never waits for this one.
    GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(p, 16);
    // Heartbeats have a stream of their own, so that none waits behind a large append that is being
    // written.
    GrpcConfigKeys.Server.setHeartbeatChannel(p, true);
    GrpcConfigKeys.Server.setInstallSnapshotRequestElementLimit(p, 4);
    GrpcConfigKeys.Server.setInstallSnapshotRequestTimeout(p, millis(INSTALL_TIMEOUT));
    GrpcConfigKeys.Server.setLogMessageBatchDuration(p, millis(Duration.ofSeconds(5)));
    // One connection per pair of nodes, shared by all groups.
    GrpcConfigKeys.Server.setStubPoolSize(p, 1);
    // One thread accepts; two move bytes, which is plenty for a handful of peers. By default two
    // per core for each.
    GrpcConfigKeys.Server.setBossGroupSize(p, 1);
    GrpcConfigKeys.Server.setWorkerGroupSize(p, 2);
    GrpcConfigKeys.Client.setWorkerGroupSize(p, 2);
    // Serves Ratis clients of other processes; there are none.
    GrpcConfigKeys.Server.setAsyncRequestThreadPoolCached(p, true);
    GrpcConfigKeys.Server.setAsyncRequestThreadPoolSize(p, 1);
  }

  private static TimeDuration millis(Duration d) {
    return TimeDuration.valueOf(d.toMillis(), TimeUnit.MILLISECONDS);
  }
}
