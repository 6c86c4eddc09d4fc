package io.flotilla.node.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every setting that a node's file may hold, in the order of the reference page. */
public final class Keys {
  private Keys() {}

  private static final List<Key<?>> ALL = new ArrayList<>();

  private static <T> Key<T> key(Key<T> key) {
    ALL.add(key);
    return key;
  }

  /** All keys, in order. */
  public static List<Key<?>> all() {
    return List.copyOf(ALL);
  }

  // The node

  public static final Key<String> NODE_NAME =
      key(
          Key.text(
              "node.name",
              null,
              "What people call the node; unique in the cluster.",
              "Tables and log lines are read by people; the id is for machines."));

  public static final Key<Path> NODE_DIRECTORY =
      key(
          Key.path(
              "node.directory",
              null,
              "Where the node keeps its identity, logs and snapshots. One process at a time.",
              "There is no default: data in a temporary folder would be lost at the next boot."));

  // The cluster

  public static final Key<List<Member>> CLUSTER_MEMBERS =
      key(
          Key.list(
              "cluster.members",
              "name=host:port",
              "The initial members, by name and admin endpoint, this node included. Read once, when the cluster is formed; empty on a"
                  + " node that joins later.",
              "Formation needs every member to say that it belongs to no cluster, so all must be known."
                  + " Afterwards the metadata group is the only authority.",
              Member::parse));

  public static final Key<Integer> CLUSTER_SHARDS =
      key(
          Key.integer(
              "cluster.shards",
              0,
              0,
              1000,
              "How many shards the slots are spread over when the cluster is formed; 0: one per member.",
              "With one shard per node each node leads one, and none idles."));

  public static final Key<Integer> CLUSTER_REPLICAS =
      key(
          Key.integer(
              "cluster.replicas",
              0,
              0,
              7,
              "How many replicas each shard has when the cluster is formed; 0: three, or all members where there are fewer.",
              "Three survive one failure, five survive two; each one more costs an fsync and a copy of every write."));

  // Addresses

  public static final Key<HostPort> LISTEN_CLIENT =
      key(
          Key.endpoint(
              "listen.client",
              "127.0.0.1:6379",
              "Where Redis clients connect.",
              "Redis's own port; loopback, because no password is set by default."));

  public static final Key<HostPort> LISTEN_RAFT =
      key(
          Key.endpoint(
              "listen.raft",
              "127.0.0.1:16379",
              "Where Raft's messages of other nodes arrive.",
              "Redis Cluster's bus is at the client port + 10000; operators' firewalls know the habit."));

  public static final Key<HostPort> LISTEN_PEER =
      key(
          Key.endpoint(
              "listen.peer",
              "127.0.0.1:26379",
              "Where other nodes' frames arrive: confirmation rounds, fan-out, hints.",
              "A port of its own, so that a long log transfer cannot delay a read."));

  public static final Key<HostPort> LISTEN_ADMIN =
      key(
          Key.endpoint(
              "listen.admin",
              "127.0.0.1:36379",
              "The admin gRPC service, for operators and for formation and forwarding between nodes.",
              "Loopback by default: whoever reaches it can stop the node. Elsewhere it needs admin.token-file."));

  public static final Key<HostPort> LISTEN_HTTP =
      key(
          Key.endpoint(
              "listen.http",
              "127.0.0.1:46379",
              "Metrics and health over HTTP.",
              "Loopback by default: it shows names and counts, though no data."));

  public static final Key<List<HostPort>> ADVERTISE_CLIENT =
      key(advertised("client", "Redis clients"));
  public static final Key<List<HostPort>> ADVERTISE_RAFT = key(advertised("raft", "other nodes"));
  public static final Key<List<HostPort>> ADVERTISE_PEER = key(advertised("peer", "other nodes"));
  public static final Key<List<HostPort>> ADVERTISE_ADMIN =
      key(advertised("admin", "other nodes and operators"));
  public static final Key<List<HostPort>> ADVERTISE_HTTP = key(advertised("http", "operators"));

  private static Key<List<HostPort>> advertised(String what, String whom) {
    return Key.maybeEndpoint(
        "advertise." + what,
        "What " + whom + " are told to connect to; nothing: the same as listen." + what + ".",
        "Behind a container's or a cloud's address translation the two differ.");
  }

  // Who may

  public static final Key<String> CLIENT_PASSWORD_FILE =
      key(
          Key.text(
              "client.password-file",
              "",
              "A file whose first line is the password of the default user; nothing: no password.",
              "A file and not a value: configurations are printed, compared and kept in repositories."));

  public static final Key<String> ADMIN_TOKEN_FILE =
      key(
          Key.text(
              "admin.token-file",
              "",
              "A file whose first line is the token that admin calls must carry; the same on all nodes. Nothing: no token.",
              "Nodes call one another with it too, so it must be the same everywhere."));

  // Clients

  public static final Key<Integer> CLIENT_MAX_CONNECTIONS =
      key(
          Key.integer(
              "client.max-connections",
              10_000,
              1,
              1_000_000,
              "How many clients may be connected at once; more are told so and closed.",
              "Redis's maxclients. Each costs a socket and its buffers."));

  public static final Key<Integer> CLIENT_EVENT_LOOPS =
      key(
          Key.integer(
              "client.event-loops",
              0,
              0,
              64,
              "How many threads read and write client sockets; 0: one for every two processors, at least one.",
              "Measured on two cores: a second one was slower, as reads gather into smaller batches."));

  public static final Key<Integer> CLIENT_PARK_MILLIS =
      key(
          Key.integer(
              "client.park-millis",
              1_500,
              0,
              600_000,
              "How long a command that was certainly not done waits at a node for its shard to have a leader that serves, before its"
                  + " client hears -CLUSTERDOWN; it hears -MOVED as soon as another leader is known.",
              "Longer than most elections (0.5 to 1.3 s), shorter than the shortest usual time-out of clients (Jedis: 2 s)."));

  // Writes

  public static final Key<Integer> WRITE_DEADLINE_MILLIS =
      key(
          Key.integer(
              "write.deadline-millis",
              5_000,
              100,
              600_000,
              "How long a write may be without an outcome before its client hears -TIMEOUT outcome unknown.",
              "Several elections fit in; clients' own time-outs are mostly 2 to 60 seconds."));

  public static final Key<Integer> WRITE_MAX_COMMAND_MEBIBYTES =
      key(
          Key.integer(
              "write.max-command-mebibytes",
              8,
              1,
              60,
              "The longest value that a write may carry, in MiB, and about the largest command or transaction in all; a larger one is refused"
                  + " and not run. Where nodes differ the least counts, so raise it node by node; do not lower it while logs hold larger entries.",
              "A command is one log entry, and each shard's replica keeps a buffer for the largest one: this much memory outside the heap, and"
                  + " 1 MiB more, for each replica on a node. Redis's proto-max-bulk-len would be 512 MB."));

  public static final Key<Integer> READ_DEADLINE_MILLIS =
      key(
          Key.integer(
              "read.deadline-millis",
              2_000,
              50,
              600_000,
              "How long a read may wait for its confirmation before its client hears -CLUSTERDOWN.",
              "A read has no effect, so it may give up earlier than a write."));

  public static final Key<Integer> WRITE_LINGER_MICROS =
      key(
          Key.integer(
              "write.linger-micros",
              500,
              0,
              100_000,
              "How long a batch waits for more commands while several connections are busy; a lone connection never waits.",
              "An entry costs some 3 ms of CPU over three nodes however full it is: fewer, fuller entries win."));

  public static final Key<Integer> WRITE_MAX_IN_FLIGHT_ENTRIES =
      key(
          Key.integer(
              "write.max-in-flight-entries",
              1,
              1,
              8,
              "How many entries of one shard may be on their way at once.",
              "One is best on loopback and in one data centre; two to four where the round trip exceeds the time to fill an entry."
                  + " Beyond eight nothing was ever gained, and a lost leader leaves more unknown outcomes."));

  // Raft

  public static final Key<RaftTransport> RAFT_TRANSPORT =
      key(
          Key.choice(
              "raft.transport",
              RaftTransport.LINKS,
              "What carries Raft's messages; the same on all nodes.",
              "links are Flotilla's own and change threads less often; grpc is Ratis' default."));

  public static final Key<Integer> RAFT_ELECTION_MIN_MILLIS =
      key(
          Key.integer(
              "raft.election-min-millis",
              500,
              100,
              60_000,
              "The shortest time without a leader's sign after which a replica stands for election.",
              "Below it a busy machine's pauses elect new leaders for nothing (seen at 150 to 300 ms while compiling)."));

  public static final Key<Integer> RAFT_ELECTION_MAX_MILLIS =
      key(
          Key.integer(
              "raft.election-max-millis",
              1_000,
              150,
              120_000,
              "The longest such time; each replica draws one between the two.",
              "Too narrow a span lets two replicas stand at once and split the vote."));

  public static final Key<List<LoggedEntry>> RAFT_PASS_ENTRIES =
      key(
          Key.list(
              "raft.pass-entries",
              "group/term/index",
              "Log entries that this node passes without applying them: entries at which the machine throws, by the names that the log"
                  + " gave them. The same on every node; kept until every replica has a snapshot behind them.",
              "Such an entry halts every replica at every start, and no message can reach a replica before it applies it: docs/operations.",
              LoggedEntry::parse));

  // Disk and memory

  public static final Key<Integer> DISK_REFUSE_WRITES_PERCENT =
      key(
          Key.integer(
              "disk.refuse-writes-percent",
              90,
              1,
              100,
              "How full the data directory's disk may be before writes are refused with -ERR overloaded.",
              "A log that cannot be written ends the process; this leaves room for snapshots and for people to act."));

  public static final Key<Integer> DISK_GIVE_UP_LEADERSHIP_PERCENT =
      key(
          Key.integer(
              "disk.give-up-leadership-percent",
              95,
              1,
              100,
              "How full the disk may be before the node gives its leaderships away.",
              "Another replica may have room; must be above disk.refuse-writes-percent."));

  public static final Key<Integer> MEMORY_REFUSE_WRITES_PERCENT =
      key(
          Key.integer(
              "memory.refuse-writes-percent",
              80,
              10,
              95,
              "How much of the heap (-Xmx) may be live after a collection before commands that may add data are refused with -OOM."
                  + " The cluster's maxmemory counts if it is lower. The same heap and value on all nodes.",
              "What is left must bear what collections find late, requests and entries under way, snapshots and replays;"
                  + " a heap that is full ends the process, on every replica at once."));

  public static final Key<Integer> SNAPSHOT_EVERY_ENTRIES =
      key(
          Key.integer(
              "snapshot.every-entries",
              400_000,
              100,
              100_000_000,
              "How many log entries after the last snapshot a shard takes the next.",
              "Bounds replay after a restart; a snapshot costs a walk over all keys."));

  public static final Key<Integer> SNAPSHOT_LOG_MEBIBYTES =
      key(
          Key.integer(
              "snapshot.log-mebibytes",
              256,
              1,
              1_000_000,
              "How many MiB of log after the last snapshot a shard takes the next, whatever the number of entries.",
              "Bounds the disk: full entries are large."));

  public static final Key<Integer> SNAPSHOT_KEEP_ENTRIES =
      key(
          Key.integer(
              "snapshot.keep-entries",
              2_000,
              0,
              100_000_000,
              "How many log entries before a snapshot stay in the log.",
              "A follower that lags by fewer is sent entries, not the whole snapshot."));

  // Finding replicas that differ

  public static final Key<Integer> CHECK_EVERY_MINUTES =
      key(
          Key.integer(
              "check.every-minutes",
              60,
              0,
              100_000,
              "How often a node has the replicas of each shard that it leads compared, in minutes; 0: never. What follows where they"
                  + " differ: docs/operations.",
              "A check is a walk over all keys on each replica, between the batches: rarely enough not to be felt, often enough that a"
                  + " replica that differs does not become leader unseen for long."));

  // Stopping

  public static final Key<Integer> STOP_DRAIN_MILLIS =
      key(
          Key.integer(
              "stop.drain-millis",
              5_000,
              0,
              600_000,
              "How long a stopping node waits for its leaderships to be taken over and its clients' replies to leave.",
              "Orchestrators kill after 10 to 30 seconds; what is open then is -TIMEOUT or a closed connection, never lost."));
}
