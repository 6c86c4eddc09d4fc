package io.flotilla.node.session;

import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LocalShard;
import io.flotilla.node.routing.Route;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection's requests that came back certainly undone, until it is known where they belong.
 *
 * <pre>
 *   refused ─▶ parked ─┬─ another leader is known ───────────────▶ MOVED
 *                 ▲    ├─ this node leads and serves ────────────▶ submitted again
 *                 │    ├─ a later one of this connection was done ▶ CLUSTERDOWN: it would come too late
 *                 │    └─ the park's deadline ───────────────────▶ CLUSTERDOWN
 *                 └────── refused again ◀── submitted again
 * </pre>
 *
 * <p>A leader that hands over refuses for some hundred milliseconds, and a new one until it has
 * applied an entry of its own term. A client that were told CLUSTERDOWN in that time would show an
 * error to its user, or send again at once and be told the same. Only what certainly did not happen
 * is parked, so nothing can be done twice (ARCHITECTURE §3): a request whose outcome is unknown
 * never comes here.
 *
 * <p><b>Order.</b> While anything is parked, nothing more is read from the socket. Requests are
 * submitted again only when all that went to the same shard have come back, in the order of their
 * arrival; one that could only run behind a later one of its connection is not run at all.
 *
 * <p><b>Bounds.</b> Bytes: a parked request still counts as in flight ({@link
 * io.flotilla.node.resp.Intake}). Number: {@link #MAX_PARKED}. Time: {@link
 * SessionSettings#parkMillis()}, counted from the first refusal.
 *
 * <p>Threads: the connection's loop.
 */
final class Parking {
  /**
   * What all connections of a node may have parked: deep pipelines of many clients. Beyond it there
   * is more to look through at each news than is good for a node that is just taking over.
   */
  static final int MAX_PARKED = 100_000;

  /** A leader that is handing over is asked again after this: some ten times within a transfer. */
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** The machine's word costs a log entry to ask for, and changes with the metadata only. */
  private static final long NOT_OWNED_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** A request, what is said in the end, and when it may be tried again at the earliest. */
  private record Parked(ShardRequest request, Reply otherwise, long notBeforeNanos) {}

  private final Session session;
  private List<Parked> waiting = new ArrayList<>();

  /** When those were refused first that are parked, or were and have no reply yet. */
  private final IdentityHashMap<ShardRequest, Long> firstRefused = new IdentityHashMap<>();

  private @Nullable RouteTable awaited;
  private boolean lookPosted;
  private boolean timerArmed;

  Parking(Session session) {
    this.session = session;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Takes a request in that was certainly not done; answers it at once where all is known. */
  void park(ShardRequest request, Failure failure) {
    Front front = session.front();
    Reply otherwise = Refusals.of(failure);
    long now = front.nanoTime();
    Reply known = knownAnswer(request, front.router().table());
    if (known != null) {
      fill(request, known);
      return;
    }
    Long first = firstRefused.putIfAbsent(request, now);
    if (first == null) {
      front.counters().parked.increment();
    }
    boolean over = now - (first == null ? now : first) >= front.settings().parkNanos();
    if (over || front.parked().get() >= MAX_PARKED) {
      front.counters().parkedInVain.increment();
      fill(request, otherwise);
      return;
    }
    front.parked().incrementAndGet();
    boolean dear = failure instanceof Failure.NotOwned;
    waiting.add(new Parked(request, otherwise, now + (dear ? NOT_OWNED_AGAIN_NANOS : AGAIN_NANOS)));
    session.connection().stall();
    if (!lookPosted) { // behind the rest of the run of completions that this one came with
      lookPosted = true;
      session.lookAgainSoon();
    }
  }

  private void fill(ShardRequest request, Reply reply) {
    firstRefused.remove(request);
    request.fill(reply);
  }

  /** What can be said without waiting; null while nothing can. */
  private @Nullable Reply knownAnswer(ShardRequest request, RouteTable routes) {
    if (request.slot == ShardRequest.NO_SLOT) {
      NodeId leader = routes.leader(request.shard);
      boolean elsewhere = leader != null && !leader.equals(routes.self());
      return elsewhere ? Refusals.CLUSTER_DOWN : null; // it has no slot that could be moved
    }
    Route route = routes.route(request.slot, false);
    return switch (route) {
      case Route.Moved moved ->
          session.isOutdated(routes, request.slot) ? null : Refusals.of(route);
      case Route.Down down -> down.reason() == Route.Reason.NOT_SERVED ? Refusals.of(route) : null;
      case Route.Local local ->
          local.shard().id().equals(request.shard.id()) ? null : Refusals.CLUSTER_DOWN;
      case Route.Ask ask -> Refusals.of(route);
      case Route.TryAgain again -> Refusals.of(route);
      case Route.CrossSlot crossSlot -> Refusals.of(route);
    };
  }

  /** Looks again at each parked request: news may have come, or its time may be over. */
  void look() {
    lookPosted = false;
    forgetAnswered();
    if (waiting.isEmpty()) {
      return;
    }
    Front front = session.front();
    RouteTable routes = front.router().table();
    long now = front.nanoTime();
    List<Parked> looked = waiting;
    waiting = new ArrayList<>();
    List<ShardRequest> again = new ArrayList<>();
    Set<GroupId> waitedFor = new HashSet<>();
    boolean soon = false;
    for (Parked each : looked) {
      ShardRequest request = each.request;
      Long first = firstRefused.get(request);
      Reply known = knownAnswer(request, routes);
      if (known == null
          && (first == null
              || now - first >= front.settings().parkNanos()
              || isOvertaken(request))) {
        front.counters().parkedInVain.increment();
        known = each.otherwise;
      }
      if (known != null) {
        front.parked().decrementAndGet();
        fill(request, known);
        continue;
      }
      LocalShard local = front.shards().local(request.shard.group());
      boolean serves = local != null && local.isLeading();
      if (local != null
          && serves
          && now - each.notBeforeNanos >= 0
          && !waitedFor.contains(request.shard.group())
          && session.isIdle(local)) {
        front.parked().decrementAndGet();
        again.add(request);
      } else {
        waiting.add(each);
        waitedFor.add(request.shard.group());
        soon |= serves;
      }
    }
    inOrder(again).forEach(session::submitAgain);
    if (!waiting.isEmpty()) {
      await(routes, soon);
    }
  }

  /**
   * Whether a later request of the connection to the same shard has its reply already, and might
   * have had another behind this one: a read of another slot might not. A leader that hands over
   * refuses writes and still answers reads.
   */
  private boolean isOvertaken(ShardRequest request) {
    Place own = request.place();
    boolean behind = false;
    for (Place place : session.line()) {
      if (place.equals(own)) {
        behind = true;
      } else if (behind && place.reply() != null && mayDepend(place, request)) {
        return true;
      }
    }
    return false;
  }

  private static boolean mayDepend(Place later, ShardRequest request) {
    CommandBook.Entry entry = later.entry();
    if (later instanceof ShardRequest other) {
      boolean readsElsewhere =
          entry != null
              && !entry.changes()
              && other.slot != ShardRequest.NO_SLOT
              && request.slot != ShardRequest.NO_SLOT
              && other.slot != request.slot;
      return other.shard.id().equals(request.shard.id()) && !readsElsewhere;
    }
    return entry != null && entry.how() == CommandBook.How.EXEC;
  }

  private List<ShardRequest> inOrder(List<ShardRequest> requests) {
    if (requests.size() > 1) {
      Map<Place, Integer> places = new HashMap<>();
      for (Place place : session.line()) {
        places.put(place, places.size());
      }
      requests.sort(Comparator.comparingInt(request -> places.getOrDefault(request.place(), -1)));
    }
    return requests;
  }

  @SuppressWarnings("ReferenceEquality") // the very table
  private void await(RouteTable routes, boolean soon) {
    if (awaited != routes) {
      awaited = routes;
      session.front().router().onChange(routes, session::lookAgainSoon);
    }
    if (soon && !timerArmed) {
      timerArmed = true;
      session
          .connection()
          .loop()
          .schedule(
              () -> {
                timerArmed = false;
                session.lookAgain();
              },
              AGAIN_NANOS);
    }
  }

  /** Forgets since when those waited that have their replies. */
  void forgetAnswered() {
    if (!firstRefused.isEmpty()) {
      firstRefused.keySet().removeIf(ShardRequest::isFilled);
    }
  }

  /** The connection is gone: what is parked will not be done. */
  void close() {
    session.front().parked().addAndGet(-waiting.size());
    waiting = new ArrayList<>();
    firstRefused.clear();
  }
}
