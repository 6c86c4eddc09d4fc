package io.flotilla.node.peer;

import io.flotilla.node.resp.EventLoops;
import io.flotilla.statemachine.metadata.NodeId;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections between this node and all others, and the frames that pass over them.
 *
 * <p>Each node keeps one TCP connection to each other node. What a node sends of its own accord
 * goes over its own connection; what it answers goes back over the connection that brought the
 * question, so a round needs one direction's connection only. Frames are never promised: one may
 * get lost with its connection, or be dropped where too much is unsent, and who needs an answer
 * asks again.
 *
 * <p>All of it lives on one event loop, the home loop of {@link EventLoops}: a confirmation round
 * is mostly waiting for the kernel, and every hand-over between threads would cost as much as the
 * round's own work. Frames written in one pass are flushed once.
 *
 * <p>The port trusts its network: the handshake tells clusters and nodes apart, so that a mistake
 * in an address is refused in clear words, but keeps no attacker out.
 */
public final class PeerMesh implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PeerMesh.class);

  /** How often a connection is looked after, and a ping sent over it. */
  static final long TICK_MILLIS = 500;

  /**
   * A connection over which nothing was heard for this long is closed and made again: behind a cut
   * that has healed TCP itself may wait for many seconds before it tries again. Six pings.
   */
  static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** A frame is a round, a hint or a message to subscribers, never a snapshot. */
  public static final int FRAME_BYTES_MAX = 4 << 20;

  private static final int CONNECT_TIMEOUT_MILLIS = 2_000;

  private final Handshake handshake;
  private final EventLoops loops;
  private final EventLoop loop;
  private final Channel listener;
  private final PeerCounters counters = new PeerCounters();
  private final ExecutorService lookUps =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("peer-lookup").factory());
  private final @Nullable FrameHandler[] handlers = new @Nullable FrameHandler[256];
  private final List<Consumer<NodeId>> upListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<NodeId>> downListeners = new CopyOnWriteArrayList<>();

  /** Touched on the loop only. */
  private final Map<NodeId, OutboundPeer> peers = new HashMap<>();

  /** What {@link #links} shows; written on the loop, read anywhere. */
  private final Map<NodeId, LinkStatus> statuses = new ConcurrentHashMap<>();

  private final Set<InboundPeer> inbound = new HashSet<>();

  /** The longest log entry that each peer takes, of those who said so; on the loop only. */
  private final Map<NodeId, Integer> longestEntries = new HashMap<>();

  private final List<IntConsumer> longestEntryListeners = new CopyOnWriteArrayList<>();
  private boolean flushPosted;
  private String lastRefusal = "";

  private final int frameBytesMax;

  /** What may be unsent on one connection; more is dropped, as nobody would wait for it. */
  private final WriteBufferWaterMark unsent;

  private volatile boolean closed;

  /** Listens; connects to nobody before {@link #peers}. */
  private PeerMesh(
      Handshake handshake, InetSocketAddress address, EventLoops loops, int frameBytesMax)
      throws IOException {
    this.handshake = handshake;
    this.frameBytesMax = frameBytesMax;
    this.unsent = new WriteBufferWaterMark(frameBytesMax, 2 * frameBytesMax);
    this.loops = loops;
    this.loop = loops.homeEventLoop();
    var bound =
        new ServerBootstrap()
            .group(loop)
            .channel(loops.listener())
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, unsent)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new InboundPeer(
                                PeerMesh.this, String.valueOf(channel.remoteAddress())));
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      lookUps.shutdownNow();
      throw new IOException(
          "cannot listen for peers on " + address + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    this.listener = bound.channel();
    log.info("peers are met on {}", listener.localAddress());
  }

  /**
   * Listens for peers; connects to nobody before {@link #peers}.
   *
   * @param clusterId the cluster of this node; empty while it belongs to none: then no peer is met
   * @param incarnation this process of the node
   * @param address where; port 0 takes a free one
   * @param loops the mesh lives on their home loop
   * @param frameBytesMax the longest frame; twice that may be unsent on one connection
   * @param longestEntryBytes the longest log entry that this node takes, which peers are told; 0
   *     leaves it unsaid
   * @throws IOException if the address cannot be had, for one because the port is in use
   */
  public static PeerMesh start(
      Supplier<String> clusterId,
      NodeId self,
      long incarnation,
      InetSocketAddress address,
      EventLoops loops,
      int frameBytesMax,
      int longestEntryBytes)
      throws IOException {
    return new PeerMesh(
        new Handshake(clusterId, self, incarnation, longestEntryBytes),
        address,
        loops,
        frameBytesMax);
  }

  // ------------------------------------------------------------------------------ for users

  /** Where peers are met. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  /**
   * Takes frames of this kind in from now on; one handler a kind. Before {@link #peers}, so that
   * none is missed.
   */
  public void handle(FrameKind kind, FrameHandler handler) {
    onLoop(() -> {
      if (handlers[kind.number()] != null) {
        throw new IllegalStateException("two handlers for " + kind);
      }
      handlers[kind.number()] = handler;
    });
  }

  /** Hears of every link that comes up, on the mesh's loop. */
  public void onLinkUp(Consumer<NodeId> listener) {
    upListeners.add(listener);
  }

  /** Hears of every link that was up and is lost, on the mesh's loop. */
  public void onLinkDown(Consumer<NodeId> listener) {
    downListeners.add(listener);
  }

  /**
   * Hears the longest log entry that every peer takes that has said so since it was made known by
   * {@link #peers}, at each change; {@link Integer#MAX_VALUE} if none has. Called on the mesh's
   * loop.
   */
  public void onLongestEntry(IntConsumer listener) {
    longestEntryListeners.add(listener);
  }

  /**
   * The peers to be connected to from now on, and where they listen; this node itself is left out.
   * Any thread; said again at every change.
   */
  public void peers(Map<NodeId, InetSocketAddress> addresses) {
    Map<NodeId, InetSocketAddress> wanted = Map.copyOf(addresses);
    onLoop(() -> {
      for (NodeId known : List.copyOf(peers.keySet())) {
        if (!wanted.containsKey(known)) {
          OutboundPeer gone = peers.remove(known);
          if (gone != null) {
            gone.forget();
            statuses.remove(known);
          }
        }
      }
      if (longestEntries.keySet().retainAll(wanted.keySet())) {
        tellLongestEntry();
      }
      wanted.forEach((node, where) -> {
        if (node.equals(handshake.self())) {
          return;
        }
        OutboundPeer peer = peers.get(node);
        if (peer == null) {
          peer = new OutboundPeer(this, node, where);
          peers.put(node, peer);
          peer.connect();
        } else {
          peer.moveTo(where);
        }
      });
    });
  }

  /** Sends a frame to a node, if there is a connection; any thread. */
  public void send(NodeId to, FrameKind kind, byte[] body) {
    onLoop(() -> {
      if (write(to, kind, body)) {
        postFlush();
      }
    });
  }

  /** Sends a frame to every node to which there is a connection; any thread. */
  public void broadcast(FrameKind kind, byte[] body) {
    onLoop(() -> {
      for (OutboundPeer peer : peers.values()) {
        if (peer.isUp()) {
          peer.write(kind, body.length, out -> out.put(body));
        }
      }
      postFlush();
    });
  }

  /** Where the connections stand, by node; any thread. */
  public List<LinkStatus> links() {
    List<LinkStatus> all = new ArrayList<>(statuses.values());
    all.sort((x, y) -> x.node().compareTo(y.node()));
    return all;
  }

  /** Where the connection to this node stands; null if there is no such peer. Any thread. */
  public @Nullable LinkStatus link(NodeId node) {
    return statuses.get(node);
  }

  /** What has passed. */
  public PeerCounters counters() {
    return counters;
  }

  /** Closes all connections; the loops go on. */
  @Override
  public void close() {
    closed = true;
    listener.close().awaitUninterruptibly();
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    onLoop(() -> {
      peers.values().forEach(OutboundPeer::forget);
      peers.clear();
      for (InboundPeer each : List.copyOf(inbound)) {
        each.closeChannel();
      }
      done.complete(true);
    });
    if (!loop.inEventLoop() && !loop.isShuttingDown()) {
      done.join();
    }
    lookUps.shutdownNow();
    log.info("peers are no longer met");
  }

  // ------------------------------------------------------------------------------ on the loop

  /** Queues a frame; whoever calls it flushes. */
  boolean write(NodeId to, FrameKind kind, byte[] body) {
    return write(to, kind, body.length, out -> out.put(body));
  }

  /** Queues a frame whose body is written where it is sent from; whoever calls it flushes. */
  boolean write(NodeId to, FrameKind kind, int bytes, Consumer<ByteBuffer> body) {
    OutboundPeer peer = peers.get(to);
    if (peer == null) {
      counters.dropped();
      return false;
    }
    return peer.write(kind, bytes, body);
  }

  void flush() {
    for (OutboundPeer peer : peers.values()) {
      peer.flush();
    }
  }

  private void postFlush() {
    if (!flushPosted) {
      flushPosted = true;
      loop.execute(() -> {
        flushPosted = false;
        flush();
      });
    }
  }

  void dispatch(NodeId from, int kind, ByteBuffer body, FrameHandler.Back back) {
    FrameHandler handler = handlers[kind];
    if (handler == null) {
      counters.unknown();
    } else {
      handler.frame(from, body, back);
    }
  }

  /** Whether a refusal was not the last one to be logged: a refused peer tries again and again. */
  boolean isNews(String refusal) {
    boolean news = !refusal.equals(lastRefusal);
    lastRefusal = refusal;
    return news;
  }

  void accepted(InboundPeer peer) {
    inbound.add(peer);
  }

  void gone(InboundPeer peer) {
    inbound.remove(peer);
  }

  void told(LinkStatus status) {
    statuses.put(status.node(), status);
  }

  /** A peer has said how long a log entry it takes; 0 is unsaid. */
  void takes(NodeId peer, int longestEntryBytes) {
    Integer before =
        longestEntryBytes > 0
            ? longestEntries.put(peer, longestEntryBytes)
            : longestEntries.remove(peer);
    if ((before == null ? 0 : before) != longestEntryBytes) {
      tellLongestEntry();
    }
  }

  private void tellLongestEntry() {
    int least =
        longestEntries.values().stream()
            .mapToInt(Integer::intValue)
            .min()
            .orElse(Integer.MAX_VALUE);
    longestEntryListeners.forEach(listener -> listener.accept(least));
  }

  void linkIsUp(NodeId peer) {
    for (Consumer<NodeId> each : upListeners) {
      each.accept(peer);
    }
  }

  void linkIsDown(NodeId peer) {
    for (Consumer<NodeId> each : downListeners) {
      each.accept(peer);
    }
  }

  void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else if (!loop.isShuttingDown()) {
      loop.execute(task);
    }
  }

  void schedule(Runnable task, long delayNanos) {
    if (!loop.isShuttingDown()) {
      var unused = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }
  }

  Bootstrap bootstrap() {
    return new Bootstrap()
        .group(loop)
        .channel(loops.socket())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
        .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, unsent);
  }

  Executor lookUps() {
    return lookUps;
  }

  Handshake handshake() {
    return handshake;
  }

  int frameBytesMax() {
    return frameBytesMax;
  }

  boolean isClosed() {
    return closed;
  }
}
