package io.flotilla.node.resp;

import io.flotilla.node.proposal.ConnectionLoop;
import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What the connections of one event loop share: memory that only one of them uses at a time, and
 * the beat that tells them that time has passed. Its own methods are for that loop only; those of
 * {@link ConnectionLoop} for any thread.
 */
final class NettyLoop implements ConnectionLoop {
  /** A read's worth of bytes; Netty's largest read buffer by default. */
  private static final int SCRATCH_BYTES = 64 << 10;

  /** Often enough for limits that are told in seconds, rare enough to cost nothing. */
  private static final long TICK_MILLIS = 100;

  private final byte[] scratch = new byte[SCRATCH_BYTES];
  private final BufferPool buffers = new BufferPool();
  private final Set<NettyConnection> connections = new LinkedHashSet<>();
  private final EventLoop eventLoop;
  private boolean ticking;

  NettyLoop(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  byte[] scratch() {
    return scratch;
  }

  BufferPool buffers() {
    return buffers;
  }

  void add(NettyConnection connection) {
    connections.add(connection);
    if (!ticking) {
      ticking = true;
      beat();
    }
  }

  void remove(NettyConnection connection) {
    connections.remove(connection);
  }

  @Override
  public void execute(Runnable task) {
    if (!eventLoop.isShuttingDown()) {
      eventLoop.execute(task);
    }
  }

  @Override
  public void schedule(Runnable task, long delayNanos) {
    if (!eventLoop.isShuttingDown()) {
      var unused = eventLoop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public boolean isOnLoop() {
    return eventLoop.inEventLoop();
  }

  private void beat() {
    schedule(this::tick, TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS));
  }

  private void tick() {
    for (NettyConnection connection : List.copyOf(connections)) {
      connection.tick();
    }
    ticking = !connections.isEmpty();
    if (ticking) {
      beat();
    }
  }
}
