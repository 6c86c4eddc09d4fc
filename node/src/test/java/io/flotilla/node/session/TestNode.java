package io.flotilla.node.session;

import io.flotilla.node.commands.NodeCommands;
import io.flotilla.node.commands.NodeFacts;
import io.flotilla.node.commands.Parameters;
import io.flotilla.node.commands.Unsupported;
import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.ClusterView.Node;
import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.metadata.ClusterView.SlotRange;
import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LocalShard;
import io.flotilla.node.proposal.MachineShard;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.resp.Intake;
import io.flotilla.node.resp.RequestLimits;
import io.flotilla.node.resp.RespServer;
import io.flotilla.node.routing.Router;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The front of a node on a real socket, with shards that have no log: {@link MachineShard} answers
 * at once, or when told.
 *
 * <p>The cluster that it believes in has three nodes and as many shards as asked for, of equal slot
 * ranges; this node, A, is a replica of all and leads those that the test says.
 */
public final class TestNode implements AutoCloseable, NodeFacts {
  public static final NodeId A = new NodeId("a".repeat(40));
  public static final NodeId B = new NodeId("b".repeat(40));
  public static final NodeId C = new NodeId("c".repeat(40));

  public final List<MachineShard> shards = new ArrayList<>();
  public final ClusterViews views = new ClusterViews();
  public final LeaderHints hints = new LeaderHints();
  public final AtomicLong wallMillis = new AtomicLong(1_700_000_000_000L);
  public final AtomicLong nanos = new AtomicLong(1);
  public final Map<String, String> settings = new TreeMap<>();

  /** How often the shards were asked for their numbers; told as their changes. */
  public final AtomicLong looks = new AtomicLong();

  public volatile boolean shutDown;

  /** What the node's guards say. */
  public volatile Admission admission = Admission.OPEN;

  public final Front front;
  public final Router router;
  private final CommandTable table;
  private final RespServer server;
  private final Map<GroupId, LocalShard> local = new HashMap<>();
  private long version = 1;
  private @Nullable String settingsProblem;

  /** A node that leads all of its shards. */
  public static TestNode leading(int shards) {
    return new TestNode(shards, shards, SessionSettings.DEFAULTS);
  }

  /** A node that leads the first shards and believes B to lead the others. */
  public TestNode(int count, int led, SessionSettings initial) {
    table = NodeCommands.table(Families.ALL);
    for (int i = 0; i < count; i++) {
      SlotRange range = range(i, count);
      MachineShard shard = new MachineShard(group(i), table, range.first(), range.last());
      shards.add(shard);
      local.put(shard.group(), shard);
      hints.offer(shard.group(), new LeaderHint(1, i < led ? A : B));
    }
    publish(count);
    router = new Router(views, hints, A);
    Parameters parameters =
        new Parameters("127.0.0.1", 7000, "/data", RequestLimits.DEFAULT_MAX_BULK_BYTES);
    Intake intake = new Intake(1 << 24, 1 << 28);
    front =
        new Front(
            NodeCommands.book(table, this, parameters),
            router,
            hints,
            local::get,
            command -> admission.refusal(command),
            new Unsupported(),
            intake,
            initial,
            () -> nanos.get() + System.nanoTime(),
            wallMillis::get);
    try {
      server =
          RespServer.start(
              new RespServer.Options(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                  2,
                  RequestLimits.DEFAULTS,
                  intake,
                  true,
                  300,
                  null),
              front);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static GroupId group(int number) {
    return new GroupId(new UUID(7, number));
  }

  private static SlotRange range(int shard, int of) {
    return new SlotRange(shard * 16384 / of, (shard + 1) * 16384 / of - 1);
  }

  /** Publishes the view of that many shards, again. */
  public void publish(int count) {
    ClusterView.Builder view =
        new ClusterView.Builder()
            .clusterId("f".repeat(40))
            .version(version++)
            .epoch(5)
            .featureLevel(1);
    view.settings(new ClusterView.Settings(version, new TreeMap<>(settings)));
    int port = 7000;
    for (NodeId id : List.of(A, B, C)) {
      Endpoint client = new Endpoint("127.0.0.1", port);
      view.node(
          new Node(
              id,
              "n" + port,
              client,
              new Endpoint("127.0.0.1", port + 10_000),
              client,
              client,
              client,
              1,
              true));
      port++;
    }
    for (int i = 0; i < count; i++) {
      view.shard(
          new Shard(
              new ShardId(Integer.toString(i + 1).repeat(40)),
              i,
              group(i),
              List.of(A, B, C),
              A,
              null,
              3 + i,
              List.of(range(i, count))));
    }
    views.publish(view.build());
  }

  /** A new connection. */
  public RespClient connect() {
    return new RespClient(port());
  }

  /** Where clients connect. */
  public int port() {
    return server.address().getPort();
  }

  /** The time that a command waits for a leader goes by. */
  public void passParkTime() {
    nanos.addAndGet(front.settings().parkNanos());
  }

  /** CONFIG SET of a shared setting fails with this; null: it works. */
  public void refuseSettings(@Nullable String problem) {
    settingsProblem = problem;
  }

  @Override
  public void close() {
    server.close();
  }

  // What the node says of itself.

  @Override
  public NodeId self() {
    return A;
  }

  @Override
  public String version() {
    return "0.1.0";
  }

  @Override
  public long startedMillis() {
    return wallMillis.get() - 90_000;
  }

  @Override
  public String configFile() {
    return "";
  }

  @Override
  public boolean isLoading() {
    return false;
  }

  @Override
  public Health health(NodeId node) {
    return node.equals(C) ? Health.FAIL : Health.ONLINE;
  }

  @Override
  public long lastHeardMillis(NodeId node) {
    return 123;
  }

  @Override
  public List<Link> links() {
    return List.of(new Link(B, true, 5, 0));
  }

  @Override
  public List<Replica> replicas() {
    List<Replica> replicas = new ArrayList<>();
    for (int i = 0; i < shards.size(); i++) {
      replicas.add(
          new Replica(
              new ShardId(Integer.toString(i + 1).repeat(40)),
              i,
              true,
              1,
              10,
              10,
              2,
              1,
              looks.get(),
              3,
              shards.get(i).keyspaceHits(),
              shards.get(i).keyspaceMisses(),
              1_000_000));
    }
    return replicas;
  }

  @Override
  public CompletableFuture<?> refresh() {
    looks.incrementAndGet();
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<?> resetCounts() {
    shards.forEach(MachineShard::resetCounts);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Memory memory() {
    return new Memory(1000, 2000, 3000, 0, 900, 9000, false);
  }

  @Override
  public void changeSettings(Map<String, String> changes, Consumer<@Nullable String> done) {
    if (settingsProblem == null) {
      settings.putAll(changes);
      publish(shards.size());
    }
    done.accept(settingsProblem);
  }

  @Override
  public void shutDown(boolean drain) {
    shutDown = true;
  }
}
