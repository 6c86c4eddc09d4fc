package io.flotilla.chaos.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The network between node processes on one machine, where it can be cut: each port by which nodes
 * reach a node stands behind a relay, and nodes are told the relays' ports.
 *
 * <pre>
 *   n1 ──→ relay of n2's raft port ──→ n2        which node has called, the relay learns from /proc
 * </pre>
 *
 * <p>A cut works as a firewall that drops packets: nothing is refused or closed, bytes in the cut
 * direction stand still, and a new connection gets no answer if either direction is cut. When it is
 * healed, bytes go on, as TCP would send them again. Connections of others than nodes are never
 * cut.
 */
public final class PeerNetwork implements NodeNetwork, Closeable {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int OWNER_ATTEMPTS = 4;
  private static final Duration OWNER_PAUSE = Duration.ofMillis(10);
  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);

  /** Somebody who is no node: an operator. */
  private static final int NOBODY = -1;

  private final Map<Integer, Long> pids = new ConcurrentHashMap<>();
  private final Sockets sockets = new Sockets(pids);
  private final Set<Direction> cut = new HashSet<>();
  private final List<Closeable> open = new ArrayList<>();
  private Duration delay = Duration.ZERO;
  private Duration jitter = Duration.ZERO;
  private int breaksOfThousand;
  private final AtomicInteger held = new AtomicInteger();
  private boolean closed;

  /** Begins to relay to a port of a node; answers the port that others are to be told. */
  int relay(int node, int port) throws IOException {
    ServerSocket server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    keep(server);
    Thread.ofVirtual().start(() -> accept(server, node, port));
    return server.getLocalPort();
  }

  /** Tells which process a node is now. */
  void isRunBy(int node, long pid) {
    pids.put(node, pid);
  }

  private synchronized void keep(Closeable each) {
    open.add(each);
  }

  @Override
  public synchronized void cut(Collection<Direction> directions) {
    cut.addAll(directions);
  }

  /** Nothing goes from one to the other any more. */
  void cut(int from, int to) {
    cut(List.of(new Direction(from, to)));
  }

  @Override
  public synchronized String slowDown(Duration each) {
    delay = each;
    return each.toMillis() + " ms more for each message";
  }

  @Override
  public synchronized String lose(int ofThousand, Duration upTo) {
    breaksOfThousand = ofThousand;
    jitter = upTo;
    return ofThousand
        + " of 1000 messages break their connection, all are up to "
        + upTo.toMillis()
        + " ms late";
  }

  @Override
  public synchronized void heal() {
    cut.clear();
    delay = Duration.ZERO;
    jitter = Duration.ZERO;
    breaksOfThousand = 0;
    notifyAll();
  }

  /** How many calls wait at a cut. */
  int held() {
    return held.get();
  }

  private synchronized boolean isCut(int from, int to) {
    return cut.contains(new Direction(from, to));
  }

  private synchronized Duration delay() {
    long most = jitter.toNanos();
    return most == 0 ? delay : delay.plusNanos(ThreadLocalRandom.current().nextLong(most));
  }

  private synchronized boolean breaks() {
    return breaksOfThousand > 0 && ThreadLocalRandom.current().nextInt(1000) < breaksOfThousand;
  }

  private synchronized void awaitOpen(int from, int to) throws InterruptedException {
    while (!closed && cut.contains(new Direction(from, to))) {
      wait();
    }
  }

  private void accept(ServerSocket server, int node, int port) {
    int relay = server.getLocalPort();
    while (true) {
      try {
        Socket caller = server.accept();
        Thread.ofVirtual().start(() -> serve(caller, relay, node, port));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket caller, int relay, int node, int port) {
    keep(caller);
    try {
      int from = callerOf(caller.getPort(), relay);
      boolean refused = from != NOBODY && (isCut(from, node) || isCut(node, from));
      if (refused) {
        held.incrementAndGet();
        awaitOpen(from, node);
        awaitOpen(node, from);
        held.decrementAndGet();
        caller.close(); // whoever called has to call again
        return;
      }
      Socket callee = new Socket();
      keep(callee);
      callee.setTcpNoDelay(true);
      caller.setTcpNoDelay(true);
      callee.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
          Math.toIntExact(CONNECT_PATIENCE.toMillis()));
      Thread.ofVirtual().start(() -> pump(callee, caller, node, from));
      pump(caller, callee, from, node);
    } catch (IOException e) {
      close(caller);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close(caller);
    }
  }

  private int callerOf(int port, int relay) throws IOException {
    for (int attempt = 0; attempt < OWNER_ATTEMPTS; attempt++) {
      switch (sockets.ownerOf(port, relay, System.nanoTime())) {
        case Sockets.Owner.Known known -> {
          return known.number();
        }
        case Sockets.Owner.Other other -> {
          return NOBODY;
        }
        case Sockets.Owner.Gone gone -> LockSupport.parkNanos(OWNER_PAUSE.toNanos());
      }
    }
    throw new IOException("the caller has gone");
  }

  private void pump(Socket source, Socket sink, int from, int to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (source;
        sink) {
      InputStream in = source.getInputStream();
      OutputStream out = sink.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        Duration wait = delay();
        if (!wait.isZero() && from != NOBODY && to != NOBODY) {
          LockSupport.parkNanos(wait.toNanos());
        }
        awaitOpen(from, to);
        if (from != NOBODY && to != NOBODY && breaks()) {
          return;
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One end has closed, and so the other is.
      close(sink);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(Closeable each) {
    try {
      each.close();
    } catch (IOException e) {
      throw new AssertionError("a socket that does not close", e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
    open.forEach(PeerNetwork::close);
    open.clear();
  }
}
