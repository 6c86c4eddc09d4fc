package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.flotilla.node.proposal.RaftModel.Member;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A shard of three to five whole replicas over the model of Raft, with many pipelining connections
 * on every one of them, under lost messages, cuts, elections, changes of voters and skewed clocks.
 *
 * <p>All connections append their own tokens to one string and read it. The committed log, replayed
 * on a fresh machine, gives the one order of all tokens, and against it each outcome is checked:
 * what was acknowledged is there, once, at the place that the reply said; what was certainly not
 * done is not; what a connection sent took effect in its order; and no linearizable read misses
 * what had been seen or acknowledged when it was asked.
 */
final class ShardSimulationTest {
  private static final int SEEDS = 120;
  private static final int STEPS = 5000;
  private static final byte[] KEY = bytes("k");
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final Command APPEND = requireNonNull(TABLE.find(argv("APPEND", "k", "v")));
  private static final Command SET = requireNonNull(TABLE.find(argv("SET", "k", "v")));
  private static final Command GET = requireNonNull(TABLE.find(argv("GET", "k")));

  /** What is done to the parts between which the test stands, to see that it notices. */
  enum Sabotage {
    NONE,
    EVERY_VOTER_SAYS_YES,
    READS_DO_NOT_RIDE,
    UNKNOWN_IS_SAID_TO_BE_NOT_DONE
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
    final Random random;
    final Sabotage sabotage;
    final RaftModel model;
    final Map<NodeId, Node> nodes = new HashMap<>();
    final List<Node> order = new ArrayList<>();
    final List<Sent> sent = new ArrayList<>();
    final int tempoNanos;
    long nanos = 1_000_000_000;
    int tokens;
    boolean sending = true;

    World(long seed, Sabotage sabotage) {
      this.random = new Random(seed);
      this.sabotage = sabotage;
      this.tempoNanos = 5_000 << random.nextInt(5);
      int size = 3 + random.nextInt(2) * random.nextInt(3);
      this.model = new RaftModel(size, 3, random);
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
      for (Member member : model.members) {
        Node node = new Node(this, member, settings);
        nodes.put(member.id, node);
        order.add(node);
      }
    }

    void step() {
      nanos += random.nextInt(tempoNanos);
      model.step();
      Node node = order.get(random.nextInt(order.size()));
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> node.pass();
        case 3, 4 -> node.loop.pass();
        case 5 -> node.maybeBegin();
        default -> {}
      }
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
    final List<CompletableFuture<LogPosition>> asked = new ArrayList<>();

    Node(World world, Member member, ProposalSettings settings) {
      this.world = world;
      this.member = member;
      this.home = new ManualLoop(() -> world.nanos);
      this.second = new ManualLoop(() -> world.nanos);
      this.loop = new ManualShardLoop(() -> world.random.nextBoolean());
      long skewMillis = world.random.nextInt(1000);
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

    /** A shard begins with its Genesis and its slots; both may be said again. */
    void maybeBegin() {
      if (shard.isLeading() && world.random.nextInt(10) == 0) {
        asked.add(shard.propose(stamp -> new Entry.Genesis(stamp, new SipHash(1, 2))));
        asked.add(
            shard.propose(
                stamp -> new Entry.Own(stamp, List.of(new Entry.SlotRange(0, 16383, 1)))));
      }
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
      return shard;
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
    private boolean mayRead = true;
    private int open;
    private int completedSinceSettled;

    Connection(Node node, ManualLoop loop) {
      this.node = node;
      this.loop = loop;
      this.strand = node.shard.strand(loop, this);
      this.readStrand =
          node.world.sabotage == Sabotage.READS_DO_NOT_RIDE
              ? node.shard.strand(loop, this)
              : strand;
    }

    void sendSome() {
      Random random = node.world.random;
      int count = node.world.sending ? random.nextInt(6) : 0;
      for (int i = 0; i < count && mayRead && open < 12; i++) {
        Request.Kind kind =
            switch (random.nextInt(9)) {
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

  private record Fault(long seed, String what) {}

  private static final class Tally {
    int acknowledged;
    int certainlyNot;
    int unknown;
    int unknownYetDone;
    int linearizable;
    int replicaReads;
    int ridden;
    int batches;
    int overloaded;
    int gone;
    long behindTime;
  }

  private static @Nullable Fault run(long seed, Sabotage sabotage, Tally tally) {
    World world = new World(seed, sabotage);
    while (world.model.steps < STEPS) {
      world.step();
    }
    world.model.calmDown();
    world.sending = false;
    for (int i = 0; i < 60_000 && !isQuiet(world); i++) {
      world.step();
    }
    for (Sent s : world.sent) {
      if (s.reply == null && s.failure == null) {
        return new Fault(seed, "never completed: " + s);
      }
    }
    for (Node node : world.order) {
      tally.behindTime += node.shards.counters().readsBehindTime();
      tally.batches += (int) node.shards.counters().batches();
      for (Connection c : node.connections) {
        if (!c.strand.isIdle()) {
          return new Fault(seed, "a strand without open requests is not idle");
        }
      }
    }
    return judge(world, seed, tally);
  }

  private static boolean isQuiet(World world) {
    for (Node node : world.order) {
      for (Connection c : node.connections) {
        if (c.open > 0) {
          return false;
        }
      }
      if (!node.member.hasAppliedAll(world.model.committedSize())) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Fault judge(World world, long seed, Tally tally) {
    ShardMachine replayed = new ShardMachine(TABLE, 7, check -> {});
    world.model.replay(
        (term, index, bytes) -> replayed.apply(term, index, EntryCodec.decode(bytes)));
    String all = "";
    if (replayed.hasBegun()
        && replayed.read(GET, argv("GET", "k"), 0, 0) instanceof Reply.Bulk bulk) {
      all = Ascii.text(bulk.bytes());
    }
    Map<String, Integer> endOf = new HashMap<>();
    int begin = 0;
    for (int end = all.indexOf(';') + 1; end > 0; end = all.indexOf(';', end) + 1) {
      String token = all.substring(begin, end);
      if (endOf.put(token, end) != null) {
        return new Fault(seed, "done twice: " + token);
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
          tally.unknown++;
          tally.unknownYetDone += end != null ? 1 : 0;
        } else if (s.failure != null) {
          tally.certainlyNot++;
          tally.overloaded += s.failure instanceof Failure.Overloaded ? 1 : 0;
          if (end != null) {
            return new Fault(seed, "said to be certainly not done, and is: " + s);
          }
        } else if (s.lengthAfter() >= 0) {
          tally.acknowledged++;
          if (end == null || end != s.lengthAfter()) {
            return new Fault(seed, "acknowledged, but its place is " + end + ": " + s);
          }
        }
      } else if (s.reply != null && s.seen() != null) {
        String seen = requireNonNull(s.seen());
        if (!all.startsWith(seen)) {
          return new Fault(seed, "a read saw what never was: " + s);
        }
        tally.linearizable += s.isLinearizableRead() ? 1 : 0;
        tally.replicaReads += s.asked == Request.Kind.REPLICA_READ ? 1 : 0;
        tally.ridden += s.riding ? 1 : 0;
      }
    }
    Fault fault = realTime(world, seed);
    fault = fault != null ? fault : passing(world, seed, tally);
    return fault != null ? fault : connectionOrder(world, seed, endOf);
  }

  /** What had been acknowledged or read when a request was asked is before it. */
  private static @Nullable Fault realTime(World world, long seed) {
    for (Sent later : world.sent) {
      int length = observed(later);
      if (length < 0) {
        continue;
      }
      for (Sent earlier : world.sent) {
        if (earlier.answeredAt >= 0
            && earlier.answeredAt < later.askedAt
            && observed(earlier) > length) {
          return new Fault(seed, "stale: " + later + " after " + earlier);
        }
      }
    }
    return null;
  }

  /** A value that was seen to be gone does not come back, whoever's clock is slow. */
  private static @Nullable Fault passing(World world, long seed, Tally tally) {
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
        tally.gone += value.isEmpty() ? 1 : 0;
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
        return new Fault(seed, value + " was gone for " + witness + ", and is back for " + s);
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
  private static @Nullable Fault connectionOrder(
      World world, long seed, Map<String, Integer> endOf) {
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
              return new Fault(seed, "out of its connection's order: " + s + " after " + last);
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
    Tally tally = new Tally();
    for (long seed = 1; seed <= SEEDS; seed++) {
      Fault fault = run(seed, Sabotage.NONE, tally);
      if (fault != null) {
        fail(fault.toString());
      }
    }
    // Every road was travelled.
    assertThat(tally.acknowledged).isGreaterThan(SEEDS * 10);
    assertThat(tally.certainlyNot).isGreaterThan(SEEDS);
    assertThat(tally.unknown).isGreaterThan(SEEDS / 4);
    assertThat(tally.unknownYetDone).isGreaterThan(0);
    assertThat(tally.linearizable).isGreaterThan(SEEDS * 5);
    assertThat(tally.replicaReads).isGreaterThan(SEEDS / 4);
    assertThat(tally.ridden).isGreaterThan(SEEDS);
    assertThat(tally.batches).isGreaterThan(SEEDS);
    assertThat(tally.overloaded).isGreaterThan(0);
    assertThat(tally.gone).isGreaterThan(SEEDS / 10);
    assertThat(tally.behindTime).isGreaterThan(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = Sabotage.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"NONE"})
  void sabotageIsNoticed(Sabotage sabotage) {
    Tally tally = new Tally();
    for (long seed = 1; seed <= 20L * SEEDS; seed++) {
      if (run(seed, sabotage, tally) != null) {
        return;
      }
    }
    fail("nothing was noticed of " + sabotage);
  }
}
