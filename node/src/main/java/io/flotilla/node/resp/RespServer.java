package io.flotilla.node.resp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door for Redis clients: listens, and gives each connection a session on one of its event
 * loops.
 *
 * <p>Epoll where the machine has it, Java's selectors elsewhere. A connection stays on the loop
 * that accepted it.
 */
public final class RespServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RespServer.class);

  /** Redis's tcp-backlog: connections that the kernel may keep before we take them. */
  private static final int BACKLOG = 511;

  /**
   * Beyond this many unsent bytes a connection's requests are not decoded until half has gone. Far
   * above what a client that pipelines before it reads can be expected to await, since with it such
   * a client waits for us while we wait for it.
   */
  private static final int OUTPUT_TAP_BYTES = 64 << 20;

  /** Makes what a new connection's requests are for. Called on the connection's loop. */
  public interface Sessions {
    /** The handler for this connection; may reply and close at once. */
    ConnectionHandler open(Connection connection);
  }

  /**
   * How the server listens.
   *
   * @param address where; port 0 takes a free one
   * @param loops event loops, which is also how many threads serve clients
   * @param limits what one request may cost
   * @param intake what all requests together may hold
   * @param authenticated whether clients need not say who they are
   * @param keepAliveSeconds Redis's tcp-keepalive: probes an idle connection after this long; 0
   *     never
   * @param tls encrypts connections; null for plain TCP
   */
  public record Options(
      InetSocketAddress address,
      int loops,
      RequestLimits limits,
      Intake intake,
      boolean authenticated,
      int keepAliveSeconds,
      @Nullable SslContext tls) {}

  private final Options options;
  private final Sessions sessions;
  private final EventLoops loops;
  private final boolean ownLoops;
  private final ChannelGroup children = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel listener;

  private RespServer(Options options, EventLoops loops, boolean ownLoops, Sessions sessions)
      throws IOException {
    this.options = options;
    this.sessions = sessions;
    this.loops = loops;
    this.ownLoops = ownLoops;
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops.group())
            .channel(loops.listener())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, false)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(OUTPUT_TAP_BYTES / 2, OUTPUT_TAP_BYTES))
            .childHandler(new Initializer());
    if (options.keepAliveSeconds() > 0) {
      bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
      if (loops.isEpoll()) {
        bootstrap
            .childOption(EpollChannelOption.TCP_KEEPIDLE, options.keepAliveSeconds())
            .childOption(
                EpollChannelOption.TCP_KEEPINTVL, Math.max(1, options.keepAliveSeconds() / 3))
            .childOption(EpollChannelOption.TCP_KEEPCNT, 3);
      }
    }
    var bound = bootstrap.bind(options.address()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      if (ownLoops) {
        loops.close();
      }
      throw new IOException(
          "cannot listen for clients on " + options.address() + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    this.listener = bound.channel();
    log.info(
        "clients are served on {} by {} event loops ({})",
        listener.localAddress(),
        loops.count(),
        loops.kind());
  }

  /**
   * Listens.
   *
   * @throws IOException if the address cannot be had, for one because the port is in use
   */
  public static RespServer start(Options options, Sessions sessions) throws IOException {
    return new RespServer(options, new EventLoops(options.loops()), true, sessions);
  }

  /**
   * Listens, on loops that others use too and that somebody else will close.
   *
   * @throws IOException if the address cannot be had, for one because the port is in use
   */
  public static RespServer start(Options options, EventLoops loops, Sessions sessions)
      throws IOException {
    return new RespServer(options, loops, false, sessions);
  }

  /** The loops on which connections live, for what should run beside them. */
  public EventLoops loops() {
    return loops;
  }

  /** Where the server listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  /**
   * Stops listening, closes the connections and ends the loops. Blocks until then, for a bounded
   * time.
   */
  @Override
  public void close() {
    listener.close().awaitUninterruptibly();
    children.close().awaitUninterruptibly();
    if (ownLoops) {
      loops.close();
    }
    log.info("clients are no longer served on {}", options.address());
  }

  private final class Initializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      children.add(channel);
      NettyLoop loop = loops.loop(channel.eventLoop());
      SslContext tls = options.tls();
      if (tls != null) {
        channel.pipeline().addLast(tls.newHandler(channel.alloc()));
      }
      NettyConnection connection =
          new NettyConnection(loop, options.intake(), options.limits(), options.authenticated());
      channel.pipeline().addLast(connection);
      connection.open(channel, sessions);
    }
  }
}
