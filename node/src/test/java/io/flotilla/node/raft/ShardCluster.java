package io.flotilla.node.raft;

import static org.awaitility.Awaitility.await;

import io.flotilla.node.commands.NodeCommands;
import io.flotilla.node.proposal.Asker;
import io.flotilla.node.proposal.Clocks;
import io.flotilla.node.proposal.Confirm;
import io.flotilla.node.proposal.ConfirmationPeers;
import io.flotilla.node.proposal.Confirmed;
import io.flotilla.node.proposal.ConnectionLoop;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.IndexAsk;
import io.flotilla.node.proposal.LocalShards;
import io.flotilla.node.proposal.ProposalSettings;
import io.flotilla.node.proposal.Request;
import io.flotilla.node.proposal.ShardLog;
import io.flotilla.node.proposal.ShardReplica;
import io.flotilla.node.proposal.Strand;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RaftCluster} of one shard, with all that stands between a connection and Ratis in a
 * node: strands, group commit, confirmation rounds, the shard's reader and machine. Only the
 * sockets are missing: commands are submitted from here, and the rounds' frames pass in this JVM
 * through the same {@link Firewall} as Ratis' messages.
 */
final class ShardCluster implements AutoCloseable {
  private static final int LAST_SLOT = 16383;

  private final CommandTable table = NodeCommands.table(Families.ALL);
  private final Map<NodeId, Loop> loops = new ConcurrentHashMap<>();
  private final Map<NodeId, LocalShards> shards = new ConcurrentHashMap<>();
  private final RaftCluster raft;
  private final GroupId group;

  ShardCluster(Path dir, int nodes, RaftSettings settings) throws IOException {
    raft =
        RaftCluster.of(
            dir,
            nodes,
            settings,
            (g, log, loop) -> shardsOf(log.self()).open(log, loop, table, (of, check) -> {}));
    group = raft.createGroup();
    await("the shard's first entries")
        .atMost(RaftCluster.PATIENCE)
        .ignoreExceptions()
        .until(() -> {
          ShardReplica leader = replica(raft.leader(group));
          leader
              .propose(stamp -> new Entry.Genesis(stamp, new SipHash(1, 2)))
              .get(5, TimeUnit.SECONDS);
          leader
              .propose(stamp -> new Entry.Own(stamp, List.of(new Entry.SlotRange(0, LAST_SLOT, 1))))
              .get(5, TimeUnit.SECONDS);
          return true;
        });
  }

  private LocalShards shardsOf(NodeId node) {
    return shards.computeIfAbsent(
        node,
        self -> {
          Loop home = new Loop("home-" + self.brief());
          loops.put(self, home);
          LocalShards made =
              new LocalShards(
                  self,
                  self.hashCode(),
                  home,
                  new Frames(self),
                  ProposalSettings.defaults(),
                  Clocks.SYSTEM);
          made.start();
          return made;
        });
  }

  Firewall firewall() {
    return raft.firewall();
  }

  List<NodeId> nodes() {
    return raft.nodes();
  }

  NodeId leaderOtherThan(@Nullable NodeId not) {
    return raft.leaderOtherThan(group, not);
  }

  ShardLog log(NodeId node) {
    return raft.log(node, group);
  }

  RaftHost host(NodeId node) {
    return raft.host(node);
  }

  GroupId group() {
    return group;
  }

  List<String> halts() {
    return raft.halts();
  }

  private ShardReplica replica(NodeId node) {
    return Objects.requireNonNull(shardsOf(node).shard(group));
  }

  /** What became of a command: the machine's reply, or why there is none. */
  record Outcome(@Nullable Reply reply, @Nullable Failure failure) {
    /** The text of a bulk string; null for all else. */
    @Nullable String text() {
      return reply instanceof Reply.Bulk bulk ? Ascii.text(bulk.bytes()) : null;
    }

    boolean isOk() {
      return Reply.OK.equals(reply);
    }
  }

  /** One connection at a node: its commands take effect in the order of {@link #call}. */
  final class Client implements Asker {
    private final Loop loop;
    private final Strand strand;

    private Client(NodeId at) {
      loop = Objects.requireNonNull(loops.get(at));
      strand = replica(at).strand(loop, this);
    }

    CompletableFuture<Outcome> call(String... words) {
      byte[][] argv = new byte[words.length][];
      for (int i = 0; i < words.length; i++) {
        argv[i] = Ascii.bytes(words[i]);
      }
      Command command = Objects.requireNonNull(table.find(argv), words[0]);
      Request.Kind kind = command.writes() ? Request.Kind.WRITE : Request.Kind.READ;
      CompletableFuture<Outcome> outcome = new CompletableFuture<>();
      loop.execute(() -> {
        boolean unused = strand.submit(new Asked(kind, command, argv, outcome));
      });
      return outcome;
    }

    @Override
    public void settled() {}

    @Override
    public void relieved() {}
  }

  private static final class Asked extends Request {
    private final CompletableFuture<Outcome> outcome;

    Asked(Kind kind, Command command, byte[][] argv, CompletableFuture<Outcome> outcome) {
      super(kind, command, argv);
      this.outcome = outcome;
    }

    @Override
    protected void answered(Reply reply) {
      outcome.complete(new Outcome(reply, null));
    }

    @Override
    protected void failed(Failure failure) {
      outcome.complete(new Outcome(null, failure));
    }
  }

  Client connect(NodeId at) {
    return new Client(at);
  }

  /** The outcome, or null if it does not come in this time. */
  static @Nullable Outcome within(CompletableFuture<Outcome> outcome, long millis) {
    try {
      return outcome.get(millis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What a node that trusts its own belief would answer: the value as it stands here while the log
   * says that this node leads; null otherwise.
   */
  @Nullable String believed(NodeId at, String key) {
    if (!log(at).isLeaderReady()) {
      return null;
    }
    byte[][] get = {Ascii.bytes("GET"), Ascii.bytes(key)};
    Command command = Objects.requireNonNull(table.find(get));
    return replica(at)
        .onLoop(machine ->
            new Outcome(machine.read(command, get, machine.machineTimeMillis(), 1), null))
        .join()
        .text();
  }

  /** Frames between the nodes of this JVM, each on the receiver's thread. */
  private final class Frames implements ConfirmationPeers {
    private final NodeId self;
    private final List<Runnable> queued = new ArrayList<>();

    Frames(NodeId self) {
      this.self = self;
    }

    @Override
    public void confirm(NodeId to, Confirm question) {
      queued.add(() ->
          pass(
              self,
              to,
              () -> {
                Confirmed answer = shardsOf(to).onConfirm(question);
                pass(to, self, () -> shardsOf(self).onConfirmed(to, answer));
              }));
    }

    @Override
    public void askIndex(NodeId to, IndexAsk question) {
      queued.add(() ->
          pass(
              self,
              to,
              () ->
                  shardsOf(to)
                      .onIndexAsked(
                          question,
                          answer -> pass(to, self, () -> shardsOf(self).onIndexAnswered(answer)))));
    }

    @Override
    public void flush() {
      List<Runnable> out = List.copyOf(queued);
      queued.clear();
      out.forEach(Runnable::run);
    }

    private void pass(NodeId from, NodeId to, Runnable delivery) {
      Loop receiver = loops.get(to);
      if (receiver != null && firewall().passes(from, to)) {
        receiver.execute(delivery);
      }
    }
  }

  /** A loop with a thread of its own. */
  private static final class Loop implements ConnectionLoop {
    private final ScheduledExecutorService executor;
    private volatile @Nullable Thread thread;

    Loop(String name) {
      executor =
          Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, name);
            made.setDaemon(true);
            thread = made;
            return made;
          });
    }

    @Override
    public void execute(Runnable task) {
      schedule(task, 0);
    }

    @Override
    public void schedule(Runnable task, long delayNanos) {
      try {
        var unused = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        // Stopped: the task is dropped.
        return;
      }
    }

    @Override
    public boolean isOnLoop() {
      return Thread.currentThread().equals(thread);
    }
  }

  @Override
  public void close() {
    raft.close();
    shards.values().forEach(LocalShards::close);
    loops.values().forEach(loop -> loop.executor.shutdownNow());
  }
}
