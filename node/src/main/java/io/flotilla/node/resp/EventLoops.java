package io.flotilla.node.resp;

import io.flotilla.node.proposal.ConnectionLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The threads on which this node's sockets are read and written, clients' and peers' alike.
 *
 * <p>They are shared on purpose: where a client's socket, a peer's socket and the driver of the
 * confirmation rounds live on one thread, a read changes threads nowhere but in the kernel. Epoll
 * where the machine has it, Java's selectors elsewhere.
 */
public final class EventLoops implements AutoCloseable {
  /** How long a stop waits for the threads. */
  private static final long STOP_SECONDS = 5;

  private final boolean epoll = Epoll.isAvailable();
  private final int count;
  private final MultiThreadIoEventLoopGroup group;
  private final Map<EventLoop, NettyLoop> loops = new ConcurrentHashMap<>();
  private final EventLoop first;

  /** As many threads as this; they start as they are used. */
  public EventLoops(int count) {
    this.count = count;
    this.group =
        new MultiThreadIoEventLoopGroup(
            count,
            new DefaultThreadFactory("sockets"),
            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    this.first = group.next();
  }

  /** The first loop: where rounds are driven and peers are met. */
  public ConnectionLoop home() {
    return loop(first);
  }

  /** The first loop, as Netty knows it. */
  public EventLoop homeEventLoop() {
    return first;
  }

  NettyLoop loop(EventLoop eventLoop) {
    return loops.computeIfAbsent(eventLoop, NettyLoop::new);
  }

  MultiThreadIoEventLoopGroup group() {
    return group;
  }

  int count() {
    return count;
  }

  /** {@code epoll} or {@code nio}. */
  public String kind() {
    return epoll ? "epoll" : "nio";
  }

  boolean isEpoll() {
    return epoll;
  }

  /** The kind of listening socket that these loops can serve. */
  public Class<? extends ServerChannel> listener() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** The kind of connecting socket that these loops can serve. */
  public Class<? extends SocketChannel> socket() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** Closes what is still open, and ends the threads; blocks for a bounded time. */
  @Override
  public void close() {
    group
        .shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
  }
}
