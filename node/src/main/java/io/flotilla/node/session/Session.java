package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.proposal.Asker;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LocalShard;
import io.flotilla.node.proposal.Request.Kind;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.proposal.Strand;
import io.flotilla.node.resp.Connection;
import io.flotilla.node.resp.ConnectionHandler;
import io.flotilla.node.resp.Protocol;
import io.flotilla.node.resp.ProtocolException;
import io.flotilla.node.routing.Route;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.node.session.CommandBook.Entry;
import io.flotilla.node.session.CommandBook.How;
import io.flotilla.node.session.Hold.Held;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Flag;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection's conversation.
 *
 * <h2>The road of a command</h2>
 *
 * <pre>
 *   request ─▶ known? arity? who? ─▶ slot ─▶ route ─▶ paused? ─▶ MULTI queue
 *                 │ refusal                    │                    │
 *                 ▼                            ▼                    ▼
 *   reply ◀── the line of places ◀──── strand of its shard · the node itself
 * </pre>
 *
 * <p>Everything is checked before anything is done, in Redis's order, so that the error is the one
 * that Redis gives. A request that can be answered at once, with nothing before it, is; any other
 * takes a {@link Place} in the line. Places are filled in any order and left from the front, so
 * replies leave in the order of the requests.
 *
 * <p>Commands on one shard take effect in the order of the requests: that is the {@link Strand}'s
 * work. What observes or changes more than one shard's keys (most of the node's own commands) waits
 * until the line is empty ({@link Hold.InTurn}), and since nothing is decoded while a request is
 * held, what is behind it waits too.
 *
 * <h2>Refused, moved, unknown</h2>
 *
 * <p>What was handed to the log is never submitted a second time. What certainly did not happen is
 * answered by what is known of the shard's leader, or waits until something is known: see {@link
 * Parking}, and {@link Refusals} for the words.
 *
 * <p>Threads: everything on the connection's loop, but for the getters that say "any thread", which
 * CLIENT LIST reads for other sessions; they may be a moment old.
 */
public final class Session implements ConnectionHandler, Asker {
  /** What a MULTI queue may hold even while the node holds too much. */
  private static final long MODEST_TRANSACTION_BYTES = 64 << 10;

  /**
   * A monitor that takes less than it is told is closed, since no tap can be turned on the others.
   */
  private static final long MAX_MONITOR_OUTPUT_BYTES = 64L << 20;

  /** In {@link #slotOf}: the command has no keys among these arguments. */
  private static final int NO_KEYS = -1;

  /** In {@link #slotOf}: its keys are of several slots. */
  private static final int SEVERAL_SLOTS = -2;

  /**
   * In {@link #slotOf}: the arguments do not say where the keys are; the command will refuse them.
   */
  private static final int UNCLEAR = -3;

  private final Front front;
  private final Connection connection;
  private final long id;
  private final long bornNanos;
  private final ArrayDeque<Place> line = new ArrayDeque<>();
  private final Map<GroupId, Tie> ties = new HashMap<>();

  /** The one that was used last. */
  private @Nullable Tie lastTie;

  /**
   * A strand, and the replica that it leads to: another object once the replica has been rebuilt.
   */
  private record Tie(LocalShard shard, Strand strand) {}

  private Protocol protocol = Protocol.RESP2;
  private boolean authenticated;
  private boolean readOnly;
  private boolean muteAll;
  private boolean muteNext;
  private boolean leaving;
  private boolean closed;
  private boolean pressed;
  private boolean busy;
  private boolean blocked;
  private boolean assembling;
  private @Nullable Hold hold;
  private final Parking parking = new Parking(this);
  private @Nullable Transaction transaction;
  private final List<Item.Watched> watched = new ArrayList<>();
  private int watchesUnderWay;

  /** When the requests of this pass over the socket arrived; 0 until it is asked for. */
  private long passNanos;

  private long softLimitSinceNanos;
  private long reportedOutput;
  private long reportedIn;
  private long reportedOut;

  // What CLIENT LIST shows of other sessions: written here, read anywhere.
  private volatile byte[] name = new byte[0];
  private volatile String libraryName = "";
  private volatile String libraryVersion = "";
  private volatile boolean noEvict;
  private volatile boolean noTouch;

  /** The time of the run of replies that is being written, {@code nanoTime}; 0 outside of one. */
  private long drainNanos;

  private volatile boolean monitoring;
  private volatile long lastNanos;
  private volatile String lastCommand = "NULL";

  /** The command that was asked for last, in the book. */
  private @Nullable Entry lastEntry;

  private volatile int queued = -1;
  private volatile Protocol shownProtocol = Protocol.RESP2;
  private volatile boolean shownReadOnly;

  Session(Front front, Connection connection) {
    this.front = front;
    this.connection = connection;
    this.id = front.clients().nextId();
    this.bornNanos = front.nanoTime();
    this.lastNanos = bornNanos;
    authenticate(front.settings().password().isEmpty());
  }

  // ------------------------------------------------------------------ what comes from the socket

  @Override
  public void request(byte[][] argv, long cost) {
    if (leaving) {
      connection.settled(cost);
      return;
    }
    boolean muted = muteAll || muteNext;
    muteNext = false;
    if (passNanos == 0) {
      passNanos = front.nanoTime();
      lastNanos = passNanos;
    }
    busy = true;
    take(argv, cost, muted, passNanos);
    busy = false;
    if (!line.isEmpty() && line.peekFirst().reply() != null) {
      drain();
    }
  }

  @Override
  public void dropped(Drop why) {
    breakTransaction();
    Reply refusal =
        switch (why) {
          case TOO_LARGE -> Refusals.TOO_LARGE;
          case OVERLOADED -> Refusals.OVERLOADED;
        };
    answer(null, NO_ARGUMENTS, 0, muteAll || muteNext, front.nanoTime(), refusal);
    muteNext = false;
  }

  @Override
  public void malformed(ProtocolException error) {
    answer(null, NO_ARGUMENTS, 0, false, front.nanoTime(), Reply.error(error.reply()));
    leave();
  }

  @Override
  public void readComplete() {
    passNanos = 0;
  }

  @Override
  public void tick() {
    SessionSettings settings = front.settings();
    long now = front.nanoTime();
    reportTraffic();
    parking.forgetAnswered();
    if (!parking.isEmpty()
        || (hold instanceof Hold.Parked parked
            && now - parked.request().sinceNanos() >= settings.parkNanos())) {
      lookAgain();
    }
    if (settings.timeoutSeconds() > 0
        && line.isEmpty()
        && hold == null
        && !closed
        && !monitoring
        && now - lastNanos > TimeUnit.SECONDS.toNanos(settings.timeoutSeconds())) {
      connection.abort();
      return;
    }
    checkOutput(settings, now);
  }

  @Override
  public void closed() {
    closed = true;
    reportTraffic();
    front.output().addAndGet(-reportedOutput);
    if (hold instanceof Hold.Paused) {
      front.clients().removePaused(this);
    }
    hold = null;
    parking.close();
    line.clear();
    transaction = null;
    watched.clear();
    front.clients().leave(this);
  }

  private void reportTraffic() {
    long in = connection.bytesIn();
    long out = connection.bytesOut();
    front.counters().bytesIn.add(in - reportedIn);
    front.counters().bytesOut.add(out - reportedOut);
    reportedIn = in;
    reportedOut = out;
  }

  /**
   * Closes a client that takes less than it asks for, by Redis's limits and by those that protect
   * the node.
   */
  private void checkOutput(SessionSettings settings, long now) {
    long output = connection.outputBytes();
    long all = front.output().addAndGet(output - reportedOutput);
    reportedOutput = output;
    boolean over = settings.outputHardBytes() > 0 && output > settings.outputHardBytes();
    if (settings.outputSoftBytes() > 0 && output > settings.outputSoftBytes()) {
      if (softLimitSinceNanos == 0) {
        softLimitSinceNanos = now;
      }
      over |= now - softLimitSinceNanos > TimeUnit.SECONDS.toNanos(settings.outputSoftSeconds());
    } else {
      softLimitSinceNanos = 0;
    }
    over |= monitoring && output > MAX_MONITOR_OUTPUT_BYTES;
    over |= all > Front.MAX_OUTPUT_BYTES && output > all / Math.max(1, front.clients().count());
    if (over) {
      front.counters().outputLimitDisconnections.increment();
      connection.abort();
    }
  }

  // ------------------------------------------------------------------ what comes from the shards

  @Override
  public void settled() {
    if (!closed) {
      drainNanos = front.nanoTime(); // one look at the clock for all replies of this run
      drain();
      drainNanos = 0;
      connection.flush();
    }
  }

  @Override
  public void relieved() {
    pressed = false;
    resume();
  }

  /** A place was filled by something else than a run of a shard's completions. */
  void filled() {
    if (!busy && !closed) {
      drain();
      connection.flush();
    }
  }

  /**
   * There is no reply of the machine: says why, or waits until the shard has a leader that serves.
   */
  void failed(ShardRequest request, Failure failure) {
    switch (failure) {
      case Failure.NotLeader refused -> {
        learn(request.shard, refused.hint());
        parking.park(request, failure);
      }
      case Failure.NotOwned notOwned -> parking.park(request, failure);
      case Failure.NotReady notReady -> parking.park(request, failure);
      case Failure.Overloaded overloaded -> request.fill(Refusals.of(failure));
      case Failure.Unknown unknown -> request.fill(Refusals.of(failure));
      case Failure.Unconfirmed unconfirmed -> request.fill(Refusals.of(failure));
    }
  }

  /**
   * Takes what a refusal says of the leader into the hints. Where the local replica knows of no
   * leader, its own word is taken back; where it names itself, it is handing its leadership over
   * just now, and may keep it. A refusal may be older than the word: it is asked anew what it
   * knows.
   */
  private void learn(Shard shard, @Nullable LeaderHint hint) {
    RouteTable routes = front.router().table();
    if (hint != null) {
      if (!hint.node().equals(routes.self())) {
        front.hints().offer(shard.group(), hint);
      }
      return;
    }
    LeaderHint known = front.hints().leader(shard.group());
    LocalShard local = front.shards().local(shard.group());
    if (known != null
        && known.node().equals(routes.self())
        && (local == null || !known.equals(local.leader()))) {
      front.hints().refused(shard.group(), known);
      front.router().refresh();
    }
  }

  /** Submits a request that came back undone once more. */
  void submitAgain(ShardRequest request) {
    submit(request);
  }

  /** Whether every request that went to this shard has come back. */
  boolean isIdle(LocalShard local) {
    return strand(local).isIdle();
  }

  /** The places of the requests that have not been answered, in order. */
  Iterable<Place> line() {
    return line;
  }

  // ------------------------------------------------------------------ the line of replies

  private static final byte[][] NO_ARGUMENTS = {};

  /** What tells how many keys a shard has. */
  private static final byte[][] DBSIZE = {Ascii.bytes("DBSIZE")};

  /** Replies, or takes a place in the line where others are before it. */
  private void answer(
      @Nullable Entry entry,
      byte[][] argv,
      long cost,
      boolean muted,
      long sinceNanos,
      Reply reply) {
    answer(entry, argv, cost, muted, sinceNanos, 0, reply);
  }

  private void answer(
      @Nullable Entry entry,
      byte[][] argv,
      long cost,
      boolean muted,
      long sinceNanos,
      long ranNanos,
      Reply reply) {
    if (line.isEmpty()) {
      emit(entry, argv, cost, muted, sinceNanos, ranNanos, reply);
    } else {
      Place.Own place = new Place.Own(this, entry, argv, cost, muted, sinceNanos);
      place.ran(ranNanos);
      place.put(reply);
      line.add(place);
    }
  }

  private void drain() {
    while (true) {
      Place first = line.peekFirst();
      if (first == null) {
        if (leaving) {
          connection.closeAfterReplies();
          return;
        }
        if (!(hold instanceof Hold.InTurn)) {
          return;
        }
        reconsider();
        if (line.isEmpty()) {
          return;
        }
        continue;
      }
      Reply reply = first.reply();
      if (reply == null) {
        return;
      }
      line.pollFirst();
      emit(
          first.entry(),
          first.arguments(),
          first.cost(),
          first.muted(),
          first.sinceNanos(),
          first.ranNanos(),
          reply);
    }
  }

  private void emit(
      @Nullable Entry entry,
      byte[][] argv,
      long cost,
      boolean muted,
      long sinceNanos,
      long ranNanos,
      Reply reply) {
    if (!muted) {
      connection.reply(reply, protocol);
    }
    connection.settled(cost);
    boolean error = reply instanceof Reply.Error;
    if (error) {
      front.counters().error(((Reply.Error) reply).code());
    }
    if (entry != null) {
      long now = drainNanos != 0 ? drainNanos : front.nanoTime();
      entry.ran(now - sinceNanos, error);
      long limit = front.settings().slowLogMicros();
      if (limit >= 0 && ranNanos >= limit * 1000 && !entry.command().has(Flag.SKIP_SLOWLOG)) {
        front
            .slowLog()
            .add(
                front.wallMillis() / 1000,
                ranNanos / 1000,
                argv,
                remote(),
                Ascii.text(name),
                front.settings().slowLogLength());
      }
    }
  }

  // ------------------------------------------------------------------ the road of a command

  private void take(byte[][] argv, long cost, boolean muted, long sinceNanos) {
    Entry entry = find(argv);
    Reply refusal = refusal(entry, argv);
    if (refusal != null) {
      refuse(entry, argv, cost, muted, sinceNanos, refusal);
      return;
    }
    if (entry == null) {
      throw new IllegalStateException("an unknown command was let through");
    }
    noteCommand(entry.command().fullName());
    int slot = NO_KEYS;
    Route route = null;
    if (entry.how() == How.SHARD || entry.how() == How.WATCH || entry.how() == How.SLOT) {
      slot = entry.how() == How.SLOT ? namedSlot(argv) : slotOf(entry, argv);
      if (slot == SEVERAL_SLOTS) {
        refuse(entry, argv, cost, muted, sinceNanos, Refusals.CROSS_SLOT);
        return;
      }
      if (slot >= 0) {
        boolean replicaReads =
            readOnly && transaction == null && entry.how() == How.SHARD && !entry.changes();
        RouteTable routes = front.router().table();
        route = routes.route(slot, replicaReads);
        if (!(route instanceof Route.Local)) {
          if (entry.how() == How.SLOT) { // tells of the keys here: none
            answer(entry, argv, cost, muted, sinceNanos, nothingOf(entry));
          } else if (mayPark(route, routes, slot, sinceNanos)) {
            park(new Held(argv, cost, muted, sinceNanos), routes);
          } else {
            refuse(entry, argv, cost, muted, sinceNanos, refusalOf(route, routes, slot));
          }
          return;
        }
      }
    }
    if (entry.denyOom()) {
      Reply full = front.admission().refusal(entry.command());
      if (full != null) {
        refuse(entry, argv, cost, muted, sinceNanos, full);
        return;
      }
    }
    if (pausedNow(entry)) {
      pause(new Held(argv, cost, muted, sinceNanos));
      return;
    }
    if (transaction != null && isQueued(entry)) {
      queue(entry, argv, cost, muted, sinceNanos, transaction);
      return;
    }
    if (!line.isEmpty() && waitsForTurn(entry)) {
      hold(new Hold.InTurn(new Held(argv, cost, muted, sinceNanos)));
      return;
    }
    if (entry.how() != How.EXEC) { // it is told of behind the commands that it runs
      monitored(entry, argv);
    }
    switch (entry.how()) {
      case NODE, NODE_IN_TURN -> runHere(entry, argv, cost, muted, sinceNanos);
      case SHARD, WATCH, SLOT -> {
        if (route instanceof Route.Local local) {
          submit(entry, argv, cost, muted, sinceNanos, slot, local);
        } else {
          spread(entry, argv, cost, muted, sinceNanos, Spread.ANY);
        }
      }
      case SPREAD -> spread(entry, argv, cost, muted, sinceNanos, entry.spread());
      case UNWATCH -> {
        watched.clear();
        answer(entry, argv, cost, muted, sinceNanos, Reply.OK);
      }
      case MULTI -> answer(entry, argv, cost, muted, sinceNanos, multi());
      case DISCARD -> answer(entry, argv, cost, muted, sinceNanos, discard());
      case EXEC -> exec(entry, argv, cost, muted, sinceNanos);
      case CONTAINER -> throw new IllegalStateException("a container was let through");
    }
  }

  /** The command that is asked for, in the book; often the one that was asked for last. */
  @SuppressWarnings("ReferenceEquality") // of one table
  private @Nullable Entry find(byte[][] argv) {
    Command command = front.book().table().find(argv);
    Entry last = lastEntry;
    if (command == null || (last != null && last.command() == command)) {
      return command == null ? null : last;
    }
    lastEntry = front.book().entry(command);
    return lastEntry;
  }

  /** For CLIENT LIST. What others see costs a fence to write, and mostly it is the same again. */
  @SuppressWarnings("ReferenceEquality") // of one table: the same command, the same string
  private void noteCommand(String name) {
    if (lastCommand != name) {
      lastCommand = name;
    }
  }

  /** Tells the monitors of a command that runs now. */
  private void monitored(Entry entry, byte[][] argv) {
    if (!front.clients().monitors().isEmpty()) {
      Monitor.feed(front, this, entry, argv);
    }
  }

  /** What is wrong with the request itself, or with who asks; null if nothing is. */
  private @Nullable Reply refusal(@Nullable Entry entry, byte[][] argv) {
    if (entry == null) {
      return front.unsupported(argv, transaction != null, Refusals.unknownCommand(argv));
    }
    int count = argv.length;
    if (count > 1 && !entry.command().subcommands().isEmpty()) {
      return front.unsupported(argv, transaction != null, Refusals.unknownSubcommand(argv));
    }
    if (!entry.command().acceptsCount(count)) {
      return Errors.wrongArity(entry.command().fullName());
    }
    if (!authenticated && !entry.noAuth()) {
      return Refusals.NOT_AUTHENTICATED;
    }
    if (transaction != null && entry.noMulti()) {
      return entry.how() == How.WATCH ? Refusals.WATCH_IN_MULTI : Refusals.NOT_IN_MULTI;
    }
    return null;
  }

  private void refuse(
      @Nullable Entry entry,
      byte[][] argv,
      long cost,
      boolean muted,
      long sinceNanos,
      Reply refusal) {
    if (entry != null) {
      entry.refused();
      if (entry.how() == How.EXEC) {
        endTransaction();
      } else if (entry.how() != How.WATCH || !isError(refusal, Refusals.WATCH_IN_MULTI)) {
        breakTransaction();
      }
    } else {
      breakTransaction();
    }
    answer(null, argv, cost, muted, sinceNanos, refusal);
  }

  private static boolean isError(Reply reply, Reply.Error error) {
    return reply.equals(error);
  }

  private int slotOf(Entry entry, byte[][] argv) {
    int only = entry.onlyKeyPlace();
    if (only > 0) {
      return HashSlot.of(argv[only]);
    }
    int[] places = entry.command().keyPlaces(argv);
    if (places == null) {
      return UNCLEAR;
    }
    int slot = NO_KEYS;
    for (int place : places) {
      int each = HashSlot.of(argv[place]);
      if (slot >= 0 && each != slot) {
        return SEVERAL_SLOTS;
      }
      slot = each;
    }
    return slot;
  }

  /** The slot that a command names as its second argument; {@link #UNCLEAR} where it is none. */
  private static int namedSlot(byte[][] argv) {
    byte[] text = argv[2];
    if (!Integers.isStrict(text)) {
      return UNCLEAR;
    }
    long slot = Integers.parseStrict(text);
    return slot >= 0 && slot < HashSlot.COUNT ? (int) slot : UNCLEAR;
  }

  private static Reply nothingOf(Entry entry) {
    return entry.command().fullName().equals("cluster|countkeysinslot")
        ? Reply.ZERO
        : Reply.EMPTY_ARRAY;
  }

  private boolean waitsForTurn(Entry entry) {
    return switch (entry.how()) {
      case NODE_IN_TURN, SPREAD -> true;
      case EXEC, DISCARD, UNWATCH -> watchesUnderWay > 0;
      case NODE, SHARD, SLOT, WATCH, MULTI, CONTAINER -> false;
    };
  }

  private void runHere(Entry entry, byte[][] argv, long cost, boolean muted, long sinceNanos) {
    switch (entry.body()) {
      case NodeCommand.Prompt prompt -> {
        long begun = front.nanoTime();
        Reply reply = prompt.answer(this, argv);
        boolean quiet = entry.ofReplies() ? muteAll || muteNext : muted;
        answer(entry, argv, cost, quiet, sinceNanos, front.nanoTime() - begun, reply);
        if (leaving && line.isEmpty()) {
          connection.closeAfterReplies();
        }
      }
      case NodeCommand.Slow slow -> {
        Place.Own place = new Place.Own(this, entry, argv, cost, muted, sinceNanos);
        line.add(place);
        slow.begin(this, argv, place);
      }
    }
  }

  private void submit(
      Entry entry,
      byte[][] argv,
      long cost,
      boolean muted,
      long sinceNanos,
      int slot,
      Route.Local route) {
    Kind kind =
        entry.command().body() instanceof Body.Write
            ? Kind.WRITE
            : route.leader()
                ? Kind.READ
                : front.settings().linearizableReplicaReads() ? Kind.REPLICA_READ : Kind.STALE_READ;
    PlacedRequest request =
        entry.how() == How.WATCH
            ? new WatchRequest(this, route.shard(), slot, entry, argv, cost, muted, sinceNanos)
            : new PlacedRequest(
                this, route.shard(), slot, kind, entry, argv, cost, muted, sinceNanos);
    line.add(request);
    submit(request);
  }

  private void submit(ShardRequest request) {
    LocalShard local = front.shards().local(request.shard.group());
    if (local == null) {
      failed(request, new Failure.NotLeader(null));
      return;
    }
    if (!strand(local).submit(request)) {
      pressed = true;
      connection.stall();
    }
  }

  @SuppressWarnings("ReferenceEquality") // a rebuilt replica is another one
  private Strand strand(LocalShard local) {
    Tie tie = lastTie;
    if (tie == null || tie.shard() != local) {
      tie = ties.get(local.group());
      if (tie == null || tie.shard() != local) {
        tie = new Tie(local, local.strand(connection.loop(), this));
        ties.put(local.group(), tie);
      }
      lastTie = tie;
    }
    return tie.strand();
  }

  // ------------------------------------------------------------------ commands of several shards

  private void spread(
      Entry entry, byte[][] argv, long cost, boolean muted, long sinceNanos, Spread how) {
    Place.Own place = new Place.Own(this, entry, argv, cost, muted, sinceNanos);
    line.add(place);
    ask(entry, argv, how, place);
  }

  /** Asks the shards that the command covers and folds their replies into one. */
  private void ask(Entry entry, byte[][] argv, Spread how, NodeCommand.Later later) {
    RouteTable routes = front.router().table();
    if (how == Spread.WALK) {
      Route elsewhere = ScanStep.elsewhere(routes, argv);
      ScanStep step = ScanStep.from(routes, argv);
      if (elsewhere != null) {
        later.answer(Refusals.of(elsewhere));
      } else if (step == null) {
        later.answer(ScanStep.NOTHING);
      } else {
        submit(
            new PartRequest(
                this,
                step.shard(),
                ShardRequest.NO_SLOT,
                Kind.READ,
                step.command(),
                argv,
                later,
                reply -> later.answer(step.next(routes, reply))));
      }
      return;
    }
    Kind kind = entry.command().body() instanceof Body.Write ? Kind.WRITE : Kind.READ;
    Entry size = how == Spread.CHOICE ? front.book().find(DBSIZE) : null;
    List<Shard> shards = how.shards(routes);
    Reply[] replies = new Reply[shards.size() * (size == null ? 1 : 2)];
    if (replies.length == 0) {
      later.answer(how.fold(List.of()));
      return;
    }
    int[] missing = {replies.length};
    int next = 0;
    for (Shard shard : shards) {
      part(shard, kind, entry, argv, next++, replies, missing, how, later);
      if (size != null) {
        part(shard, kind, size, DBSIZE, next++, replies, missing, how, later);
      }
    }
  }

  private void part(
      Shard shard,
      Kind kind,
      Entry entry,
      byte[][] argv,
      int at,
      Reply[] replies,
      int[] missing,
      Spread how,
      NodeCommand.Later later) {
    submit(
        new PartRequest(
            this,
            shard,
            ShardRequest.NO_SLOT,
            kind,
            entry.command(),
            argv,
            later,
            reply -> {
              replies[at] = reply;
              if (--missing[0] == 0) {
                later.answer(how.fold(List.of(replies)));
              }
            }));
  }

  // ------------------------------------------------------------------ MULTI

  private static boolean isQueued(Entry entry) {
    return switch (entry.how()) {
      case MULTI, EXEC, DISCARD, WATCH -> false;
      case NODE, NODE_IN_TURN ->
          !entry.command().fullName().equals("quit") && !entry.command().fullName().equals("reset");
      case SHARD, SPREAD, SLOT, UNWATCH, CONTAINER -> true;
    };
  }

  private static boolean isOfShard(Entry entry) {
    return entry.command().body() instanceof Body.Write
        || entry.command().body() instanceof Body.Read;
  }

  private Reply multi() {
    if (transaction != null) {
      return Refusals.NESTED_MULTI;
    }
    transaction = new Transaction();
    queued = 0;
    return Reply.OK;
  }

  private void queue(
      Entry entry, byte[][] argv, long cost, boolean muted, long sinceNanos, Transaction open) {
    if (open.bytes() + cost > front.settings().maxTransactionBytes()) {
      refuse(entry, argv, cost, muted, sinceNanos, Refusals.TOO_LARGE);
      return;
    }
    if (front.intake().isFull() && open.bytes() + cost > MODEST_TRANSACTION_BYTES) {
      refuse(entry, argv, cost, muted, sinceNanos, Refusals.OVERLOADED);
      return;
    }
    if ((entry.how() == How.SPREAD || entry.how() == How.SLOT)
        && front.router().table().led().size() > 1) {
      refuse(
          entry,
          argv,
          cost,
          muted,
          sinceNanos,
          Reply.error(
              "ERR '"
                  + entry.command().fullName()
                  + "' covers several shards here, and a transaction is of one"));
      return;
    }
    open.add(entry, argv, cost);
    connection.retain(cost);
    queued = open.commands().size();
    answer(null, argv, cost, muted, sinceNanos, Reply.QUEUED);
  }

  private Reply discard() {
    if (transaction == null) {
      return Refusals.DISCARD_WITHOUT_MULTI;
    }
    endTransaction();
    return Reply.OK;
  }

  private void breakTransaction() {
    if (transaction != null) {
      transaction.broken();
    }
  }

  private void endTransaction() {
    if (transaction != null) {
      connection.retain(-transaction.bytes());
    }
    transaction = null;
    queued = -1;
    watched.clear();
  }

  private void exec(Entry entry, byte[][] argv, long cost, boolean muted, long sinceNanos) {
    Transaction open = transaction;
    if (open == null) {
      monitored(entry, argv);
      answer(entry, argv, cost, muted, sinceNanos, Refusals.EXEC_WITHOUT_MULTI);
      return;
    }
    List<Item.Watched> conditions = List.copyOf(watched);
    if (open.isBroken()) {
      monitored(entry, argv); // they were told of MULTI, so they learn that it is over
      endTransaction();
      answer(entry, argv, cost, muted, sinceNanos, Refusals.EXEC_ABORTED);
      return;
    }
    List<byte[][]> onShard = new ArrayList<>();
    int slot = NO_KEYS;
    boolean oneSlot = true;
    for (Transaction.Queued each : open.commands()) {
      if (!isOfShard(each.entry())) {
        continue;
      }
      onShard.add(each.argv());
      int its = slotOf(each.entry(), each.argv());
      oneSlot &= its < 0 || slot < 0 || its == slot;
      slot = its >= 0 ? its : slot;
    }
    RouteTable routes = front.router().table();
    Shard shard = slot >= 0 ? routes.view().shardOf(slot) : null;
    for (Item.Watched each : conditions) {
      int its = HashSlot.of(each.key());
      Shard owner = routes.view().shardOf(its);
      oneSlot &= shard == null || (owner != null && owner.id().equals(shard.id()));
      shard = shard == null ? owner : shard;
      slot = slot < 0 ? its : slot;
    }
    if (!oneSlot) {
      refuse(entry, argv, cost, muted, sinceNanos, Refusals.CROSS_SLOT);
      return;
    }
    if (slot < 0 && !onShard.isEmpty()) {
      shard = routes.led().isEmpty() ? null : routes.led().get(0);
      if (shard == null) {
        refuse(entry, argv, cost, muted, sinceNanos, Refusals.CLUSTER_DOWN);
        return;
      }
    }
    if (slot >= 0) {
      Route route = routes.route(slot, false);
      if (!(route instanceof Route.Local local)) {
        if (mayPark(route, routes, slot, sinceNanos)) {
          park(new Held(argv, cost, muted, sinceNanos), routes);
        } else {
          refuse(entry, argv, cost, muted, sinceNanos, refusalOf(route, routes, slot));
        }
        return;
      }
      shard = local.shard();
    }
    Reply full = refusalOf(open);
    if (full != null) {
      refuse(entry, argv, cost, muted, sinceNanos, full);
      return;
    }
    open.commands().forEach(each -> monitored(each.entry(), each.argv()));
    monitored(entry, argv);
    List<Transaction.Queued> commands = List.copyOf(open.commands());
    endTransaction();
    Place.Own place = new Place.Own(this, entry, argv, cost, muted, sinceNanos);
    line.add(place);
    if (shard == null) {
      assemble(commands, List.of(), place);
      return;
    }
    submit(
        new PartRequest(
            this,
            shard,
            slot >= 0 ? slot : ShardRequest.NO_SLOT,
            new Item.Transaction(conditions, onShard),
            place,
            reply -> {
              if (reply instanceof Reply.Array array) {
                assemble(commands, array.elements(), place);
              } else {
                place.answer(reply);
              }
            }));
  }

  /** Why what was queued may not run now, though each command was taken when it came. */
  private @Nullable Reply refusalOf(Transaction open) {
    for (Transaction.Queued each : open.commands()) {
      Reply full =
          each.entry().denyOom() ? front.admission().refusal(each.entry().command()) : null;
      if (full instanceof Reply.Error error) {
        return Refusals.execAborted(error);
      }
    }
    return null;
  }

  /**
   * EXEC's reply: the shard's replies, and between them those of the commands that the node
   * answers, which run now.
   */
  private void assemble(
      List<Transaction.Queued> commands, List<? extends Reply> ofShard, NodeCommand.Later later) {
    Reply[] replies = new Reply[commands.size()];
    int[] missing = {replies.length + 1};
    Runnable done =
        () -> {
          if (--missing[0] == 0) {
            later.answer(Reply.array(List.of(replies)));
          }
        };
    int next = 0;
    for (int i = 0; i < replies.length; i++) {
      Transaction.Queued each = commands.get(i);
      int at = i;
      if (isOfShard(each.entry())) {
        replies[i] = ofShard.get(next++);
        each.entry().ran(0, replies[i] instanceof Reply.Error);
        done.run();
      } else if (each.entry().how() == How.UNWATCH) {
        replies[i] = Reply.OK;
        done.run();

      } else {
        switch (each.entry().body()) {
          case NodeCommand.Prompt prompt -> {
            replies[i] = prompt.answer(this, each.argv());
            each.entry().ran(0, replies[i] instanceof Reply.Error);
            done.run();
          }
          case NodeCommand.Slow slow -> {
            assembling = true;
            slow.begin(
                this,
                each.argv(),
                reply -> {
                  replies[at] = reply;
                  each.entry().ran(0, reply instanceof Reply.Error);
                  done.run();
                });
            assembling = false;
          }
        }
      }
    }
    done.run();
  }

  /** WATCH: the versions are for EXEC, the client is told OK. */
  private static final class WatchRequest extends PlacedRequest {
    WatchRequest(
        Session session,
        Shard shard,
        int slot,
        Entry entry,
        byte[][] argv,
        long cost,
        boolean muted,
        long since) {
      super(session, shard, slot, Kind.READ, entry, argv, cost, muted, since);
      session.watchesUnderWay++;
    }

    @Override
    void fill(Reply reply) {
      session.watchesUnderWay--;
      if (!(reply instanceof Reply.Array versions)) {
        super.fill(reply);
        return;
      }
      byte[][] argv = arguments();
      for (int i = 1; i < argv.length; i++) {
        if (versions.elements().get(i - 1) instanceof Reply.Int version) {
          session.watch(argv[i], version.value());
        }
      }
      super.fill(Reply.OK);
    }
  }

  /**
   * A key that is watched already keeps its first version: what has changed since then must be
   * noticed.
   */
  private void watch(byte[] key, long version) {
    for (Item.Watched each : watched) {
      if (java.util.Arrays.equals(each.key(), key)) {
        return;
      }
    }
    watched.add(new Item.Watched(key, version));
  }

  // ------------------------------------------------------------------ holds

  private void hold(Hold next) {
    hold = next;
    connection.stall();
  }

  private static boolean isTransient(Route route) {
    return route instanceof Route.Down down && down.reason() != Route.Reason.NOT_SERVED;
  }

  /**
   * Whether the local replica has seen a newer term than the hint that routes go by: the leader
   * that they name has been voted out, and to send a client there would be to send it back and
   * forth.
   */
  boolean isOutdated(RouteTable routes, int slot) {
    Shard shard = routes.view().shardOf(slot);
    LocalShard local = shard == null ? null : front.shards().local(shard.group());
    return shard != null && local != null && local.term() > routes.leaderTerm(shard);
  }

  private boolean mayPark(Route route, RouteTable routes, int slot, long sinceNanos) {
    return (isTransient(route) || (route instanceof Route.Moved && isOutdated(routes, slot)))
        && front.nanoTime() - sinceNanos < front.settings().parkNanos();
  }

  private Reply refusalOf(Route route, RouteTable routes, int slot) {
    return route instanceof Route.Moved && isOutdated(routes, slot)
        ? Refusals.CLUSTER_DOWN
        : Refusals.of(route);
  }

  private void park(Held request, RouteTable seen) {
    hold(new Hold.Parked(request));
    front.router().onChange(seen, this::lookAgainSoon);
  }

  private boolean pausedNow(Entry entry) {
    Clients.Pause pause = front.clients().pause();
    return pause.untilMillis() > 0
        && pause.untilMillis() > front.wallMillis()
        && (pause.all() || entry.changes() || (entry.how() == How.EXEC && queuedChanges()));
  }

  private boolean queuedChanges() {
    return transaction != null
        && transaction.commands().stream().anyMatch(each -> each.entry().changes());
  }

  private void pause(Held request) {
    hold(new Hold.Paused(request));
    front.clients().addPaused(this);
    long millis = Math.max(1, front.clients().pause().untilMillis() - front.wallMillis());
    connection.loop().schedule(this::lookAgain, TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** Something that a request may have waited for has changed. Any thread. */
  void lookAgainSoon() {
    connection.loop().execute(this::lookAgain);
  }

  /** Looks again after whatever waits for something else than the replies before it. */
  void lookAgain() {
    if (closed) {
      return;
    }
    if (!parking.isEmpty()) {
      boolean outer = busy;
      busy = true; // replies leave when all has been looked at
      parking.look();
      busy = outer;
      filled();
    }
    // What is held came after what is parked, and must not overtake it.
    if (!closed && parking.isEmpty() && hold != null && !(hold instanceof Hold.InTurn)) {
      reconsider();
      filled();
    }
    resume();
  }

  private void reconsider() {
    Hold ended = hold;
    if (ended == null) {
      return;
    }
    hold = null;
    if (ended instanceof Hold.Paused) {
      front.clients().removePaused(this);
    }
    Held request = ended.request();
    boolean outer = busy;
    busy = true;
    take(request.argv(), request.cost(), request.muted(), request.sinceNanos());
    busy = outer;
    resume();
  }

  private void resume() {
    if (hold == null && parking.isEmpty() && !blocked && !pressed && !leaving && !closed) {
      connection.resume();
    }
  }

  // ------------------------------------------------------------------ for the node's commands

  /** Whether the command that begins now is part of a transaction, where nothing blocks. */
  public boolean isInTransaction() {
    return assembling;
  }

  /** A command that waits blocks its connection: nothing behind it is taken until it has ended. */
  public void block(boolean value) {
    blocked = value;
    if (value) {
      connection.stall();
    } else {
      resume();
    }
  }

  /** Whether the connection is gone. On its loop. */
  public boolean isGone() {
    return closed;
  }

  /**
   * How many replicas have all on disk that this connection has written, at the least: over the
   * shards to which it wrote, or those that this node leads if it wrote to none.
   */
  public int replicasHolding() {
    int least = Integer.MAX_VALUE;
    for (Tie tie : ties.values()) {
      long index = tie.strand().lastIndex();
      if (index > 0) {
        least = Math.min(least, tie.shard().replicasHolding(index));
      }
    }
    if (least == Integer.MAX_VALUE) {
      for (Shard shard : front.router().table().led()) {
        LocalShard local = front.shards().local(shard.group());
        least = Math.min(least, local == null ? 0 : local.replicasHolding(0));
      }
    }
    return least == Integer.MAX_VALUE ? 0 : least;
  }

  /** The client's number, never used again. Any thread. */
  public long id() {
    return id;
  }

  /** What all sessions share. Any thread. */
  public Front front() {
    return front;
  }

  /** The socket. */
  public Connection connection() {
    return connection;
  }

  /** The protocol of its replies. Any thread. */
  public Protocol protocol() {
    return shownProtocol;
  }

  /** Changes the protocol, from the next reply on. */
  public void protocol(Protocol value) {
    protocol = value;
    shownProtocol = value;
  }

  /** Says whether the client has said who it is. */
  public void authenticate(boolean value) {
    authenticated = value;
    connection.authenticated(value);
  }

  /** Whether the client has said who it is, or need not. */
  public boolean isAuthenticated() {
    return authenticated;
  }

  /** READONLY and READWRITE: whether its reads may be answered by a replica. */
  public void readOnly(boolean value) {
    readOnly = value;
    shownReadOnly = value;
  }

  /** See {@link #readOnly(boolean)}. Any thread. */
  public boolean isReadOnly() {
    return shownReadOnly;
  }

  /** CLIENT REPLY ON and OFF: whether replies are wanted from now on. */
  public void mute(boolean value) {
    muteAll = value;
  }

  /** CLIENT REPLY SKIP: no reply to this command, nor to the next. */
  public void muteNext() {
    muteNext = !muteAll;
  }

  /** The name that the client gave itself; empty if none. Any thread. */
  public byte[] name() {
    return name;
  }

  /** Names the client. */
  public void name(byte[] value) {
    name = value;
  }

  /** CLIENT SETINFO lib-name. Any thread. */
  public String libraryName() {
    return libraryName;
  }

  public void libraryName(String value) {
    libraryName = value;
  }

  /** CLIENT SETINFO lib-ver. Any thread. */
  public String libraryVersion() {
    return libraryVersion;
  }

  public void libraryVersion(String value) {
    libraryVersion = value;
  }

  /** CLIENT NO-EVICT. Any thread. */
  public boolean isNoEvict() {
    return noEvict;
  }

  public void noEvict(boolean value) {
    noEvict = value;
  }

  /** CLIENT NO-TOUCH. Any thread. */
  public boolean isNoTouch() {
    return noTouch;
  }

  public void noTouch(boolean value) {
    noTouch = value;
  }

  /** MONITOR: the session is told of every command from now on. */
  public void monitor() {
    monitoring = true;
    front.clients().monitor(this);
  }

  /** Whether the session is a monitor. Any thread. */
  public boolean isMonitoring() {
    return monitoring;
  }

  /** How many commands are queued behind MULTI; −1 outside. Any thread. */
  public int queuedCommands() {
    return queued;
  }

  /** The last command, by its full name. Any thread. */
  public String lastCommand() {
    return lastCommand;
  }

  /** Seconds since the connection was opened. Any thread. */
  public long ageSeconds() {
    return TimeUnit.NANOSECONDS.toSeconds(front.nanoTime() - bornNanos);
  }

  /** Seconds since the last request. Any thread. */
  public long idleSeconds() {
    return TimeUnit.NANOSECONDS.toSeconds(Math.max(0, front.nanoTime() - lastNanos));
  }

  /** The client's address. Any thread. */
  public String remote() {
    return connection.remote();
  }

  /** Closes behind the reply to the command that is being answered, and takes no further one. */
  public void leave() {
    leaving = true;
    connection.stall();
    if (!busy && line.isEmpty()) {
      connection.closeAfterReplies();
    }
  }

  /** Closes the connection from elsewhere, at once. Any thread. */
  public void kill() {
    connection.loop().execute(connection::abort);
  }

  /** RESET: what the client has set is as on a new connection. */
  public void reset() {
    endTransaction();
    if (monitoring) {
      monitoring = false;
      front.clients().stopMonitor(this);
    }
    protocol(Protocol.RESP2);
    readOnly(false);
    mute(false);
    muteNext = false;
    name(new byte[0]);
    noEvict(false);
    noTouch(false);
    authenticate(front.settings().password().isEmpty());
  }

  /** Says why and closes, before any request. */
  void refuse(Reply why) {
    connection.reply(why, Protocol.RESP2);
    leaving = true;
    connection.closeAfterReplies();
  }

  /** Sends something that no request asked for. */
  void push(Reply reply) {
    if (!closed && !leaving) {
      connection.reply(reply, protocol);
      connection.flush();
    }
  }
}
