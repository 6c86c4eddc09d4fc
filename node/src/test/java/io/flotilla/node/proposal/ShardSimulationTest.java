package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.metadata.MetadataDriver;
import io.flotilla.node.metadata.MetadataGroup;
import io.flotilla.node.metadata.MetadataGroup.Outcome;
import io.flotilla.node.metadata.ShardFeeder;
import io.flotilla.node.proposal.RaftModel.Member;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.Endpoint;
import io.flotilla.proto.metadata.FormCluster;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.PutSetting;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.MetadataInvariants;
import io.flotilla.statemachine.metadata.MetadataMachine;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.Verdict;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A shard of three to five whole replicas over the model of Raft, with many pipelining connections
 * on every one of them, beside the metadata group that forms the cluster and feeds the shard, under
 * lost messages, cuts, elections, changes of voters and clocks that are skewed and jump.
 *
 * <p>All connections append their own tokens to one string and read it. The committed log, replayed
 * on a fresh machine, gives the one order of all tokens, and against it each outcome is checked:
 * what was acknowledged is there, once, at the place that the reply said; what was certainly not
 * done is not; what a connection sent took effect in its order; and no linearizable read misses
 * what had been seen or acknowledged when it was asked. Of the metadata likewise: what was decided
 * stands in its log with that verdict, every replica holds what a replay gives, its invariants hold
 * after every entry, and in the end the shard has the slots and the settings that it says.
 *
 * <p>A run is a function of its {@link Tape}. One that fails is made small by {@link Shrinker}, and
 * what is left of it is told step by step. The seeds are the same each time; {@code
 * -Dsimulation.first=S} and {@code -Dsimulation.seeds=N} take others, {@code -Dsimulation.seed=S}
 * runs one again.
 */
final class ShardSimulationTest {
  private static final int QUICK_SEEDS = 200;
  private static final int SLOW_SEEDS = 10_000;
  private static final int SEEDS_TO_CATCH = 4_000;
  private static final int STEPS = 800;

  /** So many, and all must have come to its end; usually it has after some thousand. */
  private static final int CALM_STEPS_MAX = 60_000;

  private static final int TRIES_TO_SHRINK = 2_000;
  private static final GroupId METADATA = new GroupId(new UUID(0, 8));

  /** In calm, what only waits for its deadline does not take thousands of steps to reach it. */
  private static final int CALM_TEMPO_NANOS = 80_000;

  /** The metadata's chores look at seconds, a run is milliseconds long. */
  private static final int CHORES_TEMPO = 1_000;

  private static final byte[] KEY = bytes("k");
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final Command APPEND = requireNonNull(TABLE.find(argv("APPEND", "k", "v")));
  private static final Command SET = requireNonNull(TABLE.find(argv("SET", "k", "v")));
  private static final Command GET = requireNonNull(TABLE.find(argv("GET", "k")));

  /** What is done to the parts between which the test stands, and as what it must be noticed. */
  enum Sabotage {
    NONE(null),
    EVERY_VOTER_SAYS_YES(FaultKind.STALE),
    READS_DO_NOT_RIDE(FaultKind.OUT_OF_ORDER),
    UNKNOWN_IS_SAID_TO_BE_NOT_DONE(FaultKind.DONE_AFTER_ALL),
    A_REPLICA_LEAVES_OUT_AN_ENTRY(FaultKind.REPLICAS_DIFFER),
    A_METADATA_REPLICA_LEAVES_OUT_AN_ENTRY(FaultKind.METADATA_DIFFERS),
    THE_FEEDER_LOOKS_ONCE_A_TERM(FaultKind.NEVER_AT_REST);

    private final @Nullable FaultKind noticedAs;

    Sabotage(@Nullable FaultKind noticedAs) {
      this.noticedAs = noticedAs;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[][] argv(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = bytes(words[i]);
    }
    return argv;
  }

  // ------------------------------------------------------------------------------ the world

  private static final class World {
    final Tape random;
    final Sabotage sabotage;
    final RaftModel model;
    final RaftModel metadata;
    final FormationPlan plan;
    final List<Asking> asked = new ArrayList<>();
    final int jumps;
    final Map<NodeId, Node> nodes = new HashMap<>();
    final List<Node> order = new ArrayList<>();
    final List<Sent> sent = new ArrayList<>();
    final List<String> told = new ArrayList<>();
    final int tempoNanos;
    long nanos = 1_000_000_000;
    int tokens;
    int clocksSet;
    boolean sending = true;

    World(Tape tape, Sabotage sabotage) {
      this.random = tape;
      this.sabotage = sabotage;
      this.jumps = random.nextInt(3) == 0 ? 1 + random.nextInt(10) : 0;
      this.tempoNanos = 5_000 << random.nextInt(5);
      int size = 3 + random.nextInt(2) * random.nextInt(3);
      this.model = new RaftModel(RaftModel.GROUP, size, 3, random, null);
      this.metadata = new RaftModel(METADATA, size, 3, random, model);
      this.plan = plan(model);
      ProposalSettings settings =
          new ProposalSettings(
              1 + random.nextInt(4),
              random.nextInt(3) * 100_000L,
              1 + random.nextInt(40),
              2000,
              100_000,
              3000,
              1000,
              random.nextInt(4) == 0 ? 6000 : 1_000_000,
              12_000_000,
              8_000_000,
              random.nextInt(2) * 100_000L,
              4_000_000,
              600_000,
              9_000_000,
              3_000_000,
              10);
      for (int i = 0; i < size; i++) {
        Node node = new Node(this, model.members.get(i), metadata.members.get(i), settings);
        nodes.put(node.member.id, node);
        order.add(node);
      }
    }

    void step() {
      random.step();
      nanos += random.nextInt(sending ? tempoNanos : CALM_TEMPO_NANOS);
      model.step();
      if (!sending || random.nextInt(3) == 0) {
        metadata.step();
      }
      Node node = order.get(random.nextInt(order.size()));
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> node.pass();
        case 3, 4 -> node.loop.pass();
        case 5 -> node.chores();
        default -> {}
      }
      if (sending && random.nextInt(1000) >= 1000 - jumps) {
        node.skewMillis = random.nextInt(4_000_000) - 2_000_000L;
        clocksSet++;
        model.trace.accept(
            RaftModel.brief(node.member.id) + "'s clock is set to " + node.skewMillis + " ms");
      }
    }

    void calm(boolean isCalm) {
      random.calm(isCalm);
      model.calm(isCalm);
      metadata.calm(isCalm);
      sending = !isCalm;
    }

    /** In one line, how much happened. */
    String size() {
      return "%d draws in %d pieces, %d steps, %d elections, %d cuts, %d messages lost, %d doubled, %d late, %d changes of voters, %d clocks set, %d requests"
          .formatted(
              random.size(),
              random.drawn().length,
              model.steps + metadata.steps,
              model.elections + metadata.elections,
              model.cutsMade,
              model.lost + metadata.lost,
              model.doubled + metadata.doubled,
              model.delayed + metadata.delayed,
              model.configurationsMade + metadata.configurationsMade,
              clocksSet,
              sent.size());
    }
  }

  /** One shard on the first three nodes, which owns all slots. */
  private static FormationPlan plan(RaftModel model) {
    FormCluster.Builder cluster =
        FormCluster.newBuilder()
            .setClusterId("c".repeat(40))
            .setFeatureLevel(1)
            .setHashKey0(1)
            .setHashKey1(2);
    Shard.Builder shard =
        Shard.newBuilder().setId("5".repeat(40)).setGroupId(model.group.toString());
    for (Member member : model.members) {
      String id = member.id.hex();
      Endpoint endpoint = Endpoint.newBuilder().setHost("127.0.0.1").setPort(1).build();
      cluster.addNodes(
          io.flotilla.proto.metadata.Node.newBuilder()
              .setId(id)
              .setName(RaftModel.brief(member.id))
              .setClient(endpoint)
              .setRaft(endpoint)
              .setPeer(endpoint)
              .setAdmin(endpoint)
              .setHttp(endpoint)
              .setFeatureLevel(1)
              .setMetadataVoter(shard.getReplicasCount() < 3));
      if (shard.getReplicasCount() < 3) {
        shard.addReplicas(id);
      }
    }
    shard.setPreferredLeader(shard.getReplicas(0));
    return FormationPlan.newBuilder()
        .setMetadataGroupId(METADATA.toString())
        .setCluster(
            cluster
                .addShards(shard)
                .addSlots(
                    OwnedSlots.newBuilder()
                        .setRange(SlotRange.newBuilder().setFirst(0).setLast(16_383))))
        .build();
  }

  /** A setting that somebody wanted to change, and what came of it. */
  private static final class Asking {
    final MetadataEntry entry;
    @Nullable Outcome outcome;

    Asking(MetadataEntry entry) {
      this.entry = entry;
    }
  }

  /** A machine that leaves out an entry now and then, as no replica may. */
  private record Forgetful(ReplicatedMachine machine, int every) implements ReplicatedMachine {
    @Override
    public void apply(long term, long index, ByteBuffer entry, @Nullable Proposal own) {
      if (index % every == 0) {
        machine.pass(term, index);
      } else {
        machine.apply(term, index, entry, own);
      }
    }

    @Override
    public void pass(long term, long index) {
      machine.pass(term, index);
    }

    @Override
    public void leaderChanged(ShardLog.@Nullable LeaderHint leader, boolean selfIsLeader) {
      machine.leaderChanged(leader, selfIsLeader);
    }

    @Override
    public SnapshotCut beginSnapshot() {
      return machine.beginSnapshot();
    }

    @Override
    public void restore(LogPosition position, InputStream snapshot) throws IOException {
      machine.restore(position, snapshot);
    }
  }

  /** A node: the real parts, over loops without threads and a log that is the model's. */
  private static final class Node implements ConfirmationPeers, RaftModel.Driven {
    final World world;
    final Member member;
    final ManualLoop home;
    final ManualLoop second;
    final ManualShardLoop loop;
    final LocalShards shards;
    final ShardReplica shard;
    final List<Connection> connections = new ArrayList<>();
    final MetadataGroup metadata;
    final Member metadataMember;
    final ManualShardLoop metadataLoop;
    final MetadataDriver driver;
    final ShardFeeder feeder;
    long skewMillis;
    private boolean serves;
    private long fedTerm;

    Node(World world, Member member, Member metadataMember, ProposalSettings settings) {
      this.world = world;
      this.member = member;
      this.metadataMember = metadataMember;
      this.metadataLoop = new ManualShardLoop(() -> world.random.nextBoolean());
      LeaderHints hints = new LeaderHints();
      this.metadata =
          new MetadataGroup(
              metadataMember, new ClusterViews(), hints, (checkId, index, digest) -> {});
      metadataMember.driven = new Metadata();
      this.driver = new MetadataDriver(metadata, hints, node -> true, world.plan);
      this.feeder = new ShardFeeder(metadata);
      this.home = new ManualLoop(() -> world.nanos);
      this.second = new ManualLoop(() -> world.nanos);
      this.loop = new ManualShardLoop(() -> world.random.nextBoolean());
      this.skewMillis = world.random.nextInt(1000);
      this.shards =
          new LocalShards(
              member.id,
              77,
              home,
              this,
              settings,
              new Clocks(
                  () -> world.nanos,
                  () -> 1_700_000_000_000L + skewMillis + world.nanos / 1_000_000));
      member.driven = this;
      this.shard = shards.open(member, loop, TABLE, (group, check) -> {});
      shards.start();
      int count = 1 + world.random.nextInt(3);
      for (int i = 0; i < count; i++) {
        connections.add(new Connection(this, i % 2 == 0 ? home : second));
      }
    }

    void pass() {
      member.busy = true;
      home.pass();
      second.pass();
      member.busy = false;
      for (Connection c : connections) {
        if (world.random.nextInt(3) == 0) {
          c.loop.now(c::sendSome);
        }
      }
      member.busy = true;
      home.pass();
      second.pass();
      member.busy = false;
    }

    private final class Metadata implements RaftModel.Driven {
      private final ReplicatedMachine machine =
          world.sabotage == Sabotage.A_METADATA_REPLICA_LEAVES_OUT_AN_ENTRY && isLast()
              ? new Forgetful(metadata, 3)
              : metadata;

      @Override
      public ReplicatedMachine machine() {
        return machine;
      }

      @Override
      public void onLoop(Runnable task) {
        metadataLoop.execute(task);
      }

      @Override
      public void onLoopNow(Runnable task) {
        metadataLoop.runNow(task);
      }
    }

    private boolean isLast() {
      return member.equals(world.model.members.getLast());
    }

    /** What a node does every so often: the metadata's leader drives, a shard's leader feeds. */
    void chores() {
      metadataLoop.pass();
      driver.tick(world.nanos * CHORES_TEMPO);
      ShardLog.LeaderHint leader = member.leader();
      long term = leader == null ? -1 : leader.term();
      if (world.sabotage != Sabotage.THE_FEEDER_LOOKS_ONCE_A_TERM || fedTerm < term) {
        feeder.tick(shards.shards(), world.nanos * CHORES_TEMPO);
        fedTerm = shard.isLeading() ? term : fedTerm;
      }
      if (world.sending && metadataMember.isLeaderReady() && world.random.nextInt(8) == 7) {
        Asking asking =
            new Asking(
                MetadataEntry.newBuilder()
                    .setPutSetting(
                        PutSetting.newBuilder()
                            .setName("set-max-intset-entries")
                            .setValue(Integer.toString(world.tokens++)))
                    .build());
        world.asked.add(asking);
        metadata.propose(asking.entry, outcome -> asking.outcome = outcome);
      }
    }

    /** Whether the shard has been given its slots here, which it keeps. */
    boolean serves() {
      serves = serves || (look(ShardMachine::hasBegun) && !look(ShardMachine::owned).isEmpty());
      return serves;
    }

    /** What a look at the shard's machine shows, when all that waits on its loop has been done. */
    <T> T look(ShardReplica.Look<T> look) {
      CompletableFuture<T> seen = shard.onLoop(look);
      loop.pass();
      return seen.join();
    }

    @Override
    public void confirm(NodeId to, Confirm question) {
      if (world.sabotage == Sabotage.EVERY_VOTER_SAYS_YES) {
        Confirmed yes = new Confirmed(question.incarnation(), question.round(), question.groups());
        home.execute(() -> shards.onConfirmed(to, yes));
        return;
      }
      Node peer = requireNonNull(world.nodes.get(to));
      world.model.post(
          member.id,
          to,
          () -> {
            Confirmed answer = peer.shards.onConfirm(question);
            world.model.post(
                to, member.id, () -> home.execute(() -> shards.onConfirmed(to, answer)));
          });
    }

    @Override
    public void askIndex(NodeId to, IndexAsk question) {
      Node peer = requireNonNull(world.nodes.get(to));
      world.model.post(
          member.id,
          to,
          () ->
              peer.home.execute(() ->
                  peer.shards.onIndexAsked(
                      question,
                      answer ->
                          world.model.post(
                              to,
                              member.id,
                              () -> home.execute(() -> shards.onIndexAnswered(answer))))));
    }

    @Override
    public void flush() {}

    @Override
    public ReplicatedMachine machine() {
      return world.sabotage == Sabotage.A_REPLICA_LEAVES_OUT_AN_ENTRY && isLast()
          ? new Forgetful(shard, 7)
          : shard;
    }

    @Override
    public void onLoop(Runnable task) {
      loop.execute(task);
    }

    @Override
    public void onLoopNow(Runnable task) {
      loop.runNow(task);
    }
  }

  /** A pipelining client and its session in one. */
  private static final class Connection implements Asker {
    final Node node;
    final ManualLoop loop;
    final Strand strand;
    final Strand readStrand;
    final List<Sent> sent = new ArrayList<>();

    /**
     * Who writes to a leader that is cut off waits for it, and does not see what it tells others.
     */
    private final boolean onlyReads;

    private boolean mayRead = true;
    private int open;
    private int completedSinceSettled;

    Connection(Node node, ManualLoop loop) {
      this.node = node;
      this.loop = loop;
      this.onlyReads = node.world.random.nextInt(3) == 2;
      this.strand = node.shard.strand(loop, this);
      this.readStrand =
          node.world.sabotage == Sabotage.READS_DO_NOT_RIDE
              ? node.shard.strand(loop, this)
              : strand;
    }

    void sendSome() {
      Random random = node.world.random;
      // Where nobody leads most is refused at once, which is soon tried enough.
      boolean sends = node.world.sending && (node.member.leads() || random.nextInt(4) == 0);
      int count = sends ? random.nextInt(6) : 0;
      for (int i = 0; i < count && mayRead && open < 12; i++) {
        Request.Kind kind =
            switch (random.nextInt(onlyReads ? 5 : 9)) {
              case 0, 1, 2 -> Request.Kind.READ;
              case 3 -> Request.Kind.REPLICA_READ;
              case 4 -> Request.Kind.STALE_READ;
              default -> Request.Kind.WRITE;
            };
        Sent request = next(kind, random.nextInt(6) == 0);
        sent.add(request);
        node.world.sent.add(request);
        open++;
        mayRead = (request.isWrite() ? strand : readStrand).submit(request);
      }
    }

    private Sent next(Request.Kind kind, boolean transaction) {
      if (node.world.random.nextInt(4) == 0) {
        String value = "v" + node.world.tokens++;
        String ttl = String.valueOf(1 + node.world.random.nextInt(20));
        return kind == Request.Kind.WRITE
            ? new Sent(this, kind, SET, argv("SET", "t", value, "PX", ttl), "").ofPassing(value)
            : new Sent(this, kind, GET, argv("GET", "t"), "").ofPassing(null);
      }
      if (kind != Request.Kind.WRITE) {
        return new Sent(this, kind, GET, argv("GET", "k"), "");
      }
      String token = node.world.tokens++ + ";";
      byte[][] append = {bytes("APPEND"), KEY, bytes(token)};
      return transaction
          ? new Sent(
              this, new Item.Transaction(List.of(), List.of(append, argv("GET", "k"))), token)
          : new Sent(this, Request.Kind.WRITE, APPEND, append, token);
    }

    void completed() {
      open--;
      completedSinceSettled++;
    }

    @Override
    public void settled() {
      if (!loop.isOnLoop()) {
        throw new AssertionError("settled off the loop");
      }
      if (completedSinceSettled == 0) {
        throw new AssertionError("settled without a completion");
      }
      completedSinceSettled = 0;
    }

    @Override
    public void relieved() {
      mayRead = true;
    }
  }

  /** A request, and what became of it. */
  private static final class Sent extends Request {
    final Connection by;
    final String token;
    final Kind asked;
    final long askedAt;
    long answeredAt = -1;

    /** Whether it is of the key whose values pass away, and the value that it sets there. */
    boolean passing;

    @Nullable String value;
    @Nullable Reply reply;
    @Nullable Failure failure;

    Sent(Connection by, Kind kind, Command command, byte[][] argv, String token) {
      super(kind, command, argv);
      this.by = by;
      this.asked = kind;
      this.token = token;
      this.askedAt = by.node.world.model.steps;
    }

    Sent(Connection by, Item.Transaction transaction, String token) {
      super(transaction);
      this.by = by;
      this.asked = Kind.WRITE;
      this.token = token;
      this.askedAt = by.node.world.model.steps;
    }

    Sent ofPassing(@Nullable String set) {
      passing = true;
      value = set;
      return this;
    }

    @Override
    protected void answered(Reply got) {
      complete();
      reply = got;
    }

    @Override
    protected void failed(Failure why) {
      complete();
      failure =
          by.node.world.sabotage == Sabotage.UNKNOWN_IS_SAID_TO_BE_NOT_DONE
                  && why instanceof Failure.Unknown
              ? new Failure.NotLeader(null)
              : why;
    }

    private void complete() {
      if (reply != null || failure != null) {
        throw new AssertionError("completed twice: " + this);
      }
      if (!by.loop.isOnLoop()) {
        throw new AssertionError("completed off the loop: " + this);
      }
      answeredAt = by.node.world.model.steps;
      by.completed();
    }

    boolean isWrite() {
      return asked == Kind.WRITE;
    }

    boolean isLinearizableRead() {
      return asked == Kind.READ || asked == Kind.REPLICA_READ;
    }

    /** The string that a read saw, or the one after a transaction. */
    @Nullable String seen() {
      return switch (reply) {
        case Reply.Bulk bulk -> Ascii.text(bulk.bytes());
        case Reply.Nil nil -> "";
        case Reply.Array array when array.elements().getLast() instanceof Reply.Bulk bulk ->
            Ascii.text(bulk.bytes());
        case null, default -> null;
      };
    }

    /** The length after a write. */
    int lengthAfter() {
      return switch (reply) {
        case Reply.Int length -> (int) length.value();
        case Reply.Array array when array.elements().getFirst() instanceof Reply.Int length ->
            (int) length.value();
        case null, default -> -1;
      };
    }

    @Override
    public String toString() {
      return by.node.member.id.hex().substring(38)
          + " "
          + asked
          + " "
          + token
          + " ["
          + askedAt
          + ", "
          + answeredAt
          + "] "
          + (reply == null
              ? failure
              : isWrite()
                  ? "length " + lengthAfter()
                  : "length " + String.valueOf(seen()).length());
    }
  }

  // ------------------------------------------------------------------------------ the judge

  /** What is wrong with a run. */
  private enum FaultKind {
    IT_THREW,
    NEVER_AT_REST,
    NEVER_COMPLETED,
    REPLICAS_DIFFER,
    DONE_TWICE,
    DONE_AFTER_ALL,
    LOST_OR_MISPLACED,
    NEVER_WAS,
    STALE,
    CAME_BACK,
    OUT_OF_ORDER,
    METADATA_DECIDED_OTHERWISE,
    METADATA_DIFFERS,
    NOT_FED
  }

  private record Fault(FaultKind kind, String what) {}

  /** What a run should meet now and then, or it proves nothing. */
  private enum Road {
    ACKNOWLEDGED,
    CERTAINLY_NOT,
    UNKNOWN,
    UNKNOWN_YET_DONE,
    LINEARIZABLE,
    REPLICA_READ,
    RIDDEN,
    BATCH,
    OVERLOADED,
    GONE,
    BEHIND_TIME,
    SETTING_DECIDED,
    SETTING_UNKNOWN,
    CLOCK_SET,
    CUT,
    VOTERS_CHANGED
  }

  private static final class Tally {
    private final Map<Road, Long> counts = new EnumMap<>(Road.class);

    void count(Road road, long times) {
      counts.merge(road, times, Long::sum);
    }

    long of(Road road) {
      return counts.getOrDefault(road, 0L);
    }

    synchronized void add(Tally other) {
      other.counts.forEach(this::count);
    }
  }

  /** What a run came to. */
  private record Ended(World world, @Nullable Fault fault) {}

  private static Ended run(Tape tape, Sabotage sabotage, Tally tally, boolean isTold) {
    World world = new World(tape, sabotage);
    if (isTold) {
      List<String> told = world.told;
      world.model.trace = what -> told.add("step " + world.model.steps + ": " + what);
      world.metadata.trace = world.model.trace;
    }
    try {
      return new Ended(world, run(world, tally));
    } catch (AssertionError | RuntimeException e) {
      return new Ended(
          world, new Fault(FaultKind.IT_THREW, "it threw " + e + " at " + e.getStackTrace()[0]));
    }
  }

  private static @Nullable Fault run(World world, Tally tally) {
    // Most worlds begin when the cluster stands; the others are formed in the midst of it all.
    if (world.random.nextInt(4) < 3) {
      world.calm(true);
      settle(world);
      world.calm(false);
    }
    int end = world.model.steps + STEPS;
    while (world.model.steps < end && !world.random.isOver()) {
      world.step();
    }
    world.calm(true);
    settle(world);
    // Shards have work of their own (what has expired is swept), which must not go on for ever.
    world.model.closed = true;
    settle(world);
    if (!isQuiet(world)) {
      return new Fault(FaultKind.NEVER_AT_REST, "it does not come to rest");
    }
    for (Sent s : world.sent) {
      if (s.reply == null && s.failure == null) {
        return new Fault(FaultKind.NEVER_COMPLETED, "never completed: " + s);
      }
    }
    for (Node node : world.order) {
      tally.count(Road.BEHIND_TIME, node.shards.counters().readsBehindTime());
      tally.count(Road.BATCH, node.shards.counters().batches());
      for (Connection c : node.connections) {
        if (!c.strand.isIdle()) {
          return new Fault(FaultKind.NEVER_COMPLETED, "a strand without open requests is not idle");
        }
      }
    }
    tally.count(Road.CLOCK_SET, world.clocksSet);
    tally.count(Road.CUT, world.model.cutsMade);
    tally.count(Road.VOTERS_CHANGED, world.model.configurationsMade);
    Fault fault = judge(world, tally);
    return fault != null ? fault : judgeMetadata(world, tally);
  }

  /** Lets all that is under way come to its end, with a leader of each group where none is left. */
  private static void settle(World world) {
    for (int i = 0; i < CALM_STEPS_MAX && (i % 8 != 0 || !isQuiet(world)); i++) {
      if (i % 500 == 0) {
        world.model.standIfNobodyLeads();
        world.metadata.standIfNobodyLeads();
      }
      world.step();
    }
  }

  private static boolean isQuiet(World world) {
    if (!isAllApplied(world)) {
      return false;
    }
    for (Node node : world.order) {
      for (Connection c : node.connections) {
        if (c.open > 0) {
          return false;
        }
      }
      MetadataState state = node.metadata.state();
      if (state.getClusterId().isEmpty()
          || !node.serves()
          || node.look(ShardMachine::settingsVersion) < state.getSettingsVersion()) {
        return false;
      }
    }
    // A look lets the loop do what waits there, which may have proposed something.
    return isAllApplied(world);
  }

  private static boolean isAllApplied(World world) {
    for (Node node : world.order) {
      if (!node.member.hasAppliedAll(world.model.committedSize())
          || !node.metadataMember.hasAppliedAll(world.metadata.committedSize())) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Fault judgeMetadata(World world, Tally tally) {
    MetadataMachine replayed = new MetadataMachine();
    Map<Long, Verdict> verdicts = new HashMap<>();
    Map<MetadataEntry, Long> places = new HashMap<>();
    world.metadata.replay((term, index, bytes) -> {
      MetadataState before = replayed.state();
      verdicts.put(index, replayed.apply(index, bytes));
      MetadataInvariants.check(replayed.state());
      MetadataInvariants.checkStep(before, replayed.state());
      try {
        places.put(MetadataEntry.parseFrom(bytes.rewind()), index);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError("metadata entry " + index, e);
      }
    });
    for (Asking asking : world.asked) {
      Long place = places.get(asking.entry);
      switch (asking.outcome) {
        case Outcome.Decided decided -> {
          tally.count(Road.SETTING_DECIDED, 1);
          if (place == null
              || place != decided.position().index()
              || !decided.verdict().equals(verdicts.get(place))) {
            return new Fault(
                FaultKind.METADATA_DECIDED_OTHERWISE,
                decided + ", but in the log it is at " + place + ": " + asking.entry);
          }
        }
        case Outcome.NotDone not -> {
          if (place != null) {
            return new Fault(
                FaultKind.METADATA_DECIDED_OTHERWISE,
                not + ", but it is in the log at " + place + ": " + asking.entry);
          }
        }
        case Outcome.Unknown unknown -> tally.count(Road.SETTING_UNKNOWN, 1);
        case null -> tally.count(Road.SETTING_UNKNOWN, 1);
      }
    }
    MetadataState state = replayed.state();
    for (Node node : world.order) {
      String name = RaftModel.brief(node.member.id);
      if (!node.metadata.state().equals(state)) {
        return new Fault(
            FaultKind.METADATA_DIFFERS, name + " has other metadata than its log says");
      }
      long settings = node.look(ShardMachine::settingsVersion);
      if (settings != state.getSettingsVersion()) {
        return new Fault(
            FaultKind.NOT_FED,
            name
                + "'s shard has settings of version "
                + settings
                + ", the metadata "
                + state.getSettingsVersion());
      }
      List<Entry.SlotRange> owned = node.look(ShardMachine::owned);
      if (owned.size() != 1 || owned.getFirst().first() != 0 || owned.getFirst().last() != 16_383) {
        return new Fault(FaultKind.NOT_FED, name + "'s shard owns " + owned);
      }
    }
    return null;
  }

  private static @Nullable Fault judge(World world, Tally tally) {
    ShardMachine replayed = new ShardMachine(TABLE, 7, check -> {});
    world.model.replay(
        (term, index, bytes) -> replayed.apply(term, index, EntryCodec.decode(bytes)));
    String all = "";
    if (replayed.hasBegun()
        && replayed.read(GET, argv("GET", "k"), 0, 0) instanceof Reply.Bulk bulk) {
      all = Ascii.text(bulk.bytes());
    }
    for (Node node : world.order) {
      for (byte[][] look : List.of(argv("GET", "k"), argv("GET", "t"))) {
        long now = replayed.machineTimeMillis();
        String held = node.look(m -> shown(m.read(GET, look, now, 0)));
        String due = replayed.hasBegun() ? shown(replayed.read(GET, look, now, 0)) : held;
        if (!held.equals(due)) {
          return new Fault(
              FaultKind.REPLICAS_DIFFER,
              RaftModel.brief(node.member.id)
                  + " holds another value than its log says: "
                  + held.length()
                  + " characters, not "
                  + due.length());
        }
      }
    }
    Map<String, Integer> endOf = new HashMap<>();
    int begin = 0;
    for (int end = all.indexOf(';') + 1; end > 0; end = all.indexOf(';', end) + 1) {
      String token = all.substring(begin, end);
      if (endOf.put(token, end) != null) {
        return new Fault(FaultKind.DONE_TWICE, "done twice: " + token);
      }
      begin = end;
    }
    for (Sent s : world.sent) {
      if (s.passing) {
        continue;
      }
      Integer end = endOf.get(s.token);
      if (s.isWrite()) {
        if (s.failure instanceof Failure.Unknown) {
          tally.count(Road.UNKNOWN, 1);
          tally.count(Road.UNKNOWN_YET_DONE, end != null ? 1 : 0);
        } else if (s.failure != null) {
          tally.count(Road.CERTAINLY_NOT, 1);
          tally.count(Road.OVERLOADED, s.failure instanceof Failure.Overloaded ? 1 : 0);
          if (end != null) {
            return new Fault(
                FaultKind.DONE_AFTER_ALL, "said to be certainly not done, and is: " + s);
          }
        } else if (s.lengthAfter() >= 0) {
          tally.count(Road.ACKNOWLEDGED, 1);
          if (end == null || end != s.lengthAfter()) {
            return new Fault(
                FaultKind.LOST_OR_MISPLACED, "acknowledged, but its place is " + end + ": " + s);
          }
        }
      } else if (s.reply != null && s.seen() != null) {
        String seen = requireNonNull(s.seen());
        if (!all.startsWith(seen)) {
          return new Fault(FaultKind.NEVER_WAS, "a read saw what never was: " + s);
        }
        tally.count(Road.LINEARIZABLE, s.isLinearizableRead() ? 1 : 0);
        tally.count(Road.REPLICA_READ, s.asked == Request.Kind.REPLICA_READ ? 1 : 0);
        tally.count(Road.RIDDEN, s.riding ? 1 : 0);
      }
    }
    Fault fault = realTime(world);
    fault = fault != null ? fault : passing(world, tally);
    return fault != null ? fault : connectionOrder(world, endOf);
  }

  private static String shown(@Nullable Reply reply) {
    return reply instanceof Reply.Bulk bulk ? Ascii.text(bulk.bytes()) : String.valueOf(reply);
  }

  /** What had been acknowledged or read when a request was asked is before it. */
  private static @Nullable Fault realTime(World world) {
    for (Sent later : world.sent) {
      int length = observed(later);
      if (length < 0) {
        continue;
      }
      for (Sent earlier : world.sent) {
        if (earlier.answeredAt >= 0
            && earlier.answeredAt < later.askedAt
            && observed(earlier) > length) {
          return new Fault(FaultKind.STALE, "stale: " + later + " after " + earlier);
        }
      }
    }
    return null;
  }

  /** A value that was seen to be gone does not come back, whoever's clock is slow. */
  private static @Nullable Fault passing(World world, Tally tally) {
    Map<String, Long> known = new HashMap<>();
    for (Sent s : world.sent) {
      String value = s.reply == null ? null : s.isWrite() ? s.value : passed(s);
      if (s.passing && value != null && !value.isEmpty()) {
        known.merge(value, s.answeredAt, Math::min);
      }
    }
    Map<String, Sent> gone = new HashMap<>();
    for (Sent s : world.sent) {
      String value = passed(s);
      if (value != null) {
        tally.count(Road.GONE, value.isEmpty() ? 1 : 0);
        known.forEach((other, since) -> {
          if (since < s.askedAt && !other.equals(value)) {
            gone.merge(other, s, (x, y) -> x.answeredAt <= y.answeredAt ? x : y);
          }
        });
      }
    }
    for (Sent s : world.sent) {
      String value = passed(s);
      Sent witness = value == null ? null : gone.get(value);
      if (witness != null && witness.answeredAt < s.askedAt) {
        return new Fault(
            FaultKind.CAME_BACK, value + " was gone for " + witness + ", and is back for " + s);
      }
    }
    return null;
  }

  /** What a linearizable read saw of the key whose values pass away; empty if nothing. */
  private static @Nullable String passed(Sent s) {
    return s.passing && s.isLinearizableRead() && s.reply != null ? s.seen() : null;
  }

  private static int observed(Sent s) {
    if (s.passing) {
      return -1;
    }
    if (s.isWrite()) {
      return s.lengthAfter();
    }
    String seen = s.isLinearizableRead() ? s.seen() : null;
    return seen == null ? -1 : seen.length();
  }

  /** The commands of one connection take effect in its order, known outcome or not. */
  private static @Nullable Fault connectionOrder(World world, Map<String, Integer> endOf) {
    for (Node node : world.order) {
      for (Connection c : node.connections) {
        int reached = 0;
        Sent last = null;
        for (Sent s : c.sent) {
          if (s.passing) {
            continue;
          }
          Integer end = s.isWrite() ? endOf.get(s.token) : null;
          int place = end != null ? end : s.isWrite() ? -1 : observed(s);
          if (place >= 0) {
            if (place < reached) {
              return new Fault(
                  FaultKind.OUT_OF_ORDER, "out of its connection's order: " + s + " after " + last);
            }
            reached = place;
            last = s;
          }
        }
      }
    }
    return null;
  }

  // ------------------------------------------------------------------------------ the tests

  @Test
  void everyOutcomeIsTrueAndInOrder() {
    Tally tally = runAll(QUICK_SEEDS);
    assertThat(tally.of(Road.ACKNOWLEDGED)).isGreaterThan(QUICK_SEEDS);
  }

  @Test
  @Tag("slow")
  void everyOutcomeIsTrueAndInOrderInTenThousandRuns() {
    Tally tally = runAll(SLOW_SEEDS);
    if (Long.getLong("simulation.seed") == null) {
      // Every road was travelled, and not once.
      for (Road road : Road.values()) {
        assertThat(tally.of(road)).as(road.name()).isGreaterThan(SLOW_SEEDS / 1000);
      }
    }
  }

  private static Tally runAll(int usually) {
    Long only = Long.getLong("simulation.seed");
    long first = only == null ? Long.getLong("simulation.first", 1) : only;
    long seeds = only == null ? Long.getLong("simulation.seeds", usually) : 1;
    Tally tally = new Tally();
    OptionalLong failing =
        LongStream.range(first, first + seeds)
            .parallel()
            .filter(seed -> {
              Tally own = new Tally();
              boolean fails = run(Tape.recording(seed), Sabotage.NONE, own, false).fault() != null;
              tally.add(own);
              return fails;
            })
            .findFirst();
    failing.ifPresent(seed -> fail(told(seed, Sabotage.NONE)));
    return tally;
  }

  /** All that a reader needs of a seed that fails: how to repeat it, and the least that fails. */
  private static String told(long seed, Sabotage sabotage) {
    Tape tape = Tape.recording(seed);
    Ended whole = run(tape, sabotage, new Tally(), false);
    int[][] least = shrunk(tape.drawn(), sabotage, kind(whole), TRIES_TO_SHRINK);
    Ended small = run(Tape.playing(least), sabotage, new Tally(), true);
    StringBuilder told = new StringBuilder();
    told.append("-Dsimulation.seed=").append(seed).append(" repeats it: ").append(whole.fault());
    told.append("\n  in ").append(whole.world().size());
    told.append("\nThe least that fails: ").append(small.fault());
    told.append("\n  in ").append(small.world().size());
    small.world().told.forEach(line -> told.append("\n  ").append(line));
    small.world().sent.forEach(sent -> told.append("\n  ").append(sent));
    return told.toString();
  }

  private static @Nullable FaultKind kind(Ended ended) {
    return ended.fault() == null ? null : ended.fault().kind();
  }

  /** The least of a tape that still fails in the same way. */
  private static int[][] shrunk(
      int[][] tape, Sabotage sabotage, @Nullable FaultKind as, int tries) {
    return new Shrinker(
            candidate -> kind(run(Tape.playing(candidate), sabotage, new Tally(), false)) == as,
            tries)
        .shrink(tape);
  }

  @ParameterizedTest
  @Tag("slow")
  @EnumSource(
      value = Sabotage.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"NONE"})
  void sabotageIsNoticedForWhatItIsAndMadeSmall(Sabotage sabotage) {
    for (long seed = 1; seed <= SEEDS_TO_CATCH; seed++) {
      Tape tape = Tape.recording(seed);
      if (kind(run(tape, sabotage, new Tally(), false)) == sabotage.noticedAs) {
        int[][] least = shrunk(tape.drawn(), sabotage, sabotage.noticedAs, TRIES_TO_SHRINK);
        Ended small = run(Tape.playing(least), sabotage, new Tally(), false);
        assertThat(kind(small)).as("what is left still fails").isEqualTo(sabotage.noticedAs);
        assertThat(least.length)
            .as("%s, seed %s: %s", sabotage, seed, small.world().size())
            .isLessThan(tape.drawn().length / 2);
        return;
      }
    }
    fail("nothing was noticed of " + sabotage + " as " + sabotage.noticedAs);
  }
}
