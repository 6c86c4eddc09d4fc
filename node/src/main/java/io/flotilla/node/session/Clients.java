package io.flotilla.node.session;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The connected clients of this node, what holds them all back, and who listens to them. Any
 * thread.
 */
public final class Clients {
  private final Map<Long, Session> sessions = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong lastId = new AtomicLong();
  private final List<Session> monitors = new CopyOnWriteArrayList<>();
  private final Queue<Session> paused = new ConcurrentLinkedQueue<>();
  private volatile Pause pause = Pause.NONE;

  /**
   * CLIENT PAUSE.
   *
   * @param untilMillis when it ends by itself, on the front's clock
   * @param all whether reads wait too
   */
  record Pause(long untilMillis, boolean all) {
    static final Pause NONE = new Pause(0, false);
  }

  /** How many are connected. */
  public int count() {
    return count.get();
  }

  /** All of them, by id. */
  public List<Session> all() {
    List<Session> all = new ArrayList<>(sessions.values());
    all.sort(Comparator.comparingLong(Session::id));
    return all;
  }

  /** The client of this id. */
  public @Nullable Session find(long id) {
    return sessions.get(id);
  }

  long nextId() {
    return lastId.incrementAndGet();
  }

  /** Counts a client in; false if there are as many as may be. */
  boolean enter(Session session, int maxClients) {
    if (count.incrementAndGet() > maxClients) {
      count.decrementAndGet();
      return false;
    }
    sessions.put(session.id(), session);
    return true;
  }

  void leave(Session session) {
    if (sessions.remove(session.id()) != null) {
      count.decrementAndGet();
    }
    monitors.remove(session);
  }

  void monitor(Session session) {
    monitors.add(session);
  }

  void stopMonitor(Session session) {
    monitors.remove(session);
  }

  List<Session> monitors() {
    return monitors;
  }

  /**
   * Holds clients back until a time. As in Redis, a pause that is under way is not made shorter or
   * weaker.
   *
   * @param all whether reads wait too
   */
  public synchronized void pause(long nowMillis, long untilMillis, boolean all) {
    Pause old = pause;
    boolean active = old.untilMillis() > nowMillis;
    pause =
        new Pause(
            active ? Math.max(old.untilMillis(), untilMillis) : untilMillis,
            all || (active && old.all()));
  }

  /** Lets all go on. */
  public void unpause() {
    synchronized (this) {
      pause = Pause.NONE;
    }
    for (Session session = paused.poll(); session != null; session = paused.poll()) {
      session.lookAgainSoon();
    }
  }

  Pause pause() {
    return pause;
  }

  void addPaused(Session session) {
    paused.add(session);
  }

  void removePaused(Session session) {
    paused.remove(session);
  }

  /** How many clients wait for the end of a pause. */
  public int pausedCount() {
    return paused.size();
  }
}
