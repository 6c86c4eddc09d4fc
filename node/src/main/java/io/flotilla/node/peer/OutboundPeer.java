package io.flotilla.node.peer;

import io.flotilla.node.peer.LinkStatus.State;
import io.flotilla.statemachine.metadata.NodeId;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection from this node to one peer: made, kept and made again.
 *
 * <pre>
 *            ┌───────────────────────── backoff ◄──────────────┐
 *            ▼                                                 │
 *   look up ─► connect ─► greet ─► UP ── lost, silent, moved ──┤
 *      └─────────┴──────────┴── failed, refused ───────────────┘
 *                                     forgotten ─► gone
 * </pre>
 *
 * <p>Backoff doubles from 50 ms to 2 s, with some chance in it so that a cluster does not connect
 * in step; a connection that came up resets it. One line is logged when it comes up and one when it
 * goes down, none for attempts in between.
 *
 * <p>Threads: the mesh's loop, but for looking the address up.
 */
final class OutboundPeer {
  private static final Logger log = LoggerFactory.getLogger(OutboundPeer.class);

  /** Soon enough that a restarted peer is found within a fraction of an election. */
  private static final long FIRST_BACKOFF_MILLIS = 50;

  /** Rare enough that a node which is gone for good costs nothing. */
  private static final long LAST_BACKOFF_MILLIS = 2_000;

  private final PeerMesh mesh;
  private final NodeId peer;
  private InetSocketAddress address;
  private State state = State.DOWN;
  private long sinceMillis = System.currentTimeMillis();
  private String trouble = "not tried yet";
  private long heardMillis;
  private long roundTripNanos = -1;
  private long backoffMillis = FIRST_BACKOFF_MILLIS;
  private @Nullable Link link;
  private boolean said;
  private boolean forgotten;

  /** Counts attempts, so that what an older one brings late is ignored. */
  private long attempt;

  OutboundPeer(PeerMesh mesh, NodeId peer, InetSocketAddress address) {
    this.mesh = mesh;
    this.peer = peer;
    this.address = address;
  }

  boolean write(FrameKind kind, int bytes, Consumer<ByteBuffer> body) {
    Link up = link;
    if (up == null || state != State.UP) {
      mesh.counters().dropped();
      return false;
    }
    return up.write(kind, bytes, body);
  }

  void flush() {
    if (link != null) {
      link.flush();
    }
  }

  boolean isUp() {
    return state == State.UP;
  }

  private String where() {
    return address.getHostString() + ":" + address.getPort();
  }

  private void tell() {
    mesh.told(
        new LinkStatus(
            peer,
            where(),
            state,
            sinceMillis,
            heardMillis,
            roundTripNanos,
            state == State.UP ? "" : trouble));
  }

  /** The peer listens elsewhere now. */
  void moveTo(InetSocketAddress newAddress) {
    if (!newAddress.equals(address)) {
      address = newAddress;
      backoffMillis = FIRST_BACKOFF_MILLIS;
      down("it has a new address");
    }
  }

  /** The peer is no more: no further attempts. */
  void forget() {
    forgotten = true;
    down("it was forgotten");
  }

  private void become(State next) {
    state = next;
    sinceMillis = System.currentTimeMillis();
    tell();
  }

  // ------------------------------------------------------------------------------ the way up

  void connect() {
    long mine = ++attempt;
    become(State.CONNECTING);
    InetSocketAddress target = address;
    mesh.lookUps()
        .execute(() -> {
          try {
            InetAddress found = InetAddress.getByName(target.getHostString());
            mesh.onLoop(() -> connect(mine, new InetSocketAddress(found, target.getPort())));
          } catch (UnknownHostException e) {
            mesh.onLoop(() -> {
              if (mine == attempt) {
                down("the host " + target.getHostString() + " is not known");
              }
            });
          }
        });
  }

  private void connect(long mine, InetSocketAddress target) {
    if (mine != attempt) {
      return;
    }
    Bootstrap bootstrap =
        mesh.bootstrap()
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Link(mine));
                  }
                });
    ChannelFuture connecting = bootstrap.connect(target);
    var unused =
        connecting.addListener(done -> {
          if (!done.isSuccess() && mine == attempt) {
            down("no connection: " + done.cause().getMessage());
          }
        });
  }

  private void up(Link newLink) {
    link = newLink;
    heardMillis = System.currentTimeMillis();
    become(State.UP);
    backoffMillis = FIRST_BACKOFF_MILLIS;
    said = false;
    mesh.counters().connected();
    log.info("the link to node {} at {} is up", peer.brief(), where());
    mesh.linkIsUp(peer);
  }

  private void down(String why) {
    attempt++;
    boolean wasUp = state == State.UP;
    Link old = link;
    link = null;
    trouble = why;
    become(State.DOWN);
    if (old != null) {
      old.closeChannel();
    }
    if (wasUp) {
      mesh.counters().disconnected();
      mesh.linkIsDown(peer);
    }
    if (!said && !mesh.isClosed()) {
      said = true;
      log.info("the link to node {} at {} is down: {}", peer.brief(), where(), why);
    }
    if (!forgotten && !mesh.isClosed()) {
      long wait = backoffMillis / 2 + ThreadLocalRandom.current().nextLong(backoffMillis);
      backoffMillis = Math.min(LAST_BACKOFF_MILLIS, backoffMillis * 2);
      long mine = attempt;
      mesh.schedule(
          () -> {
            if (mine == attempt && !forgotten) {
              connect();
            }
          },
          TimeUnit.MILLISECONDS.toNanos(wait));
    }
  }

  /** One attempt's connection. */
  private final class Link extends FrameChannel {
    private final long mine;
    private boolean greeted;
    private String why = "the peer closed it";

    Link(long mine) {
      super(OutboundPeer.this.mesh);
      this.mine = mine;
    }

    @Override
    void opened() {
      if (mine != attempt) {
        closeChannel();
        return;
      }
      link = this;
      write(FrameKind.HELLO, mesh().handshake().hello(peer));
    }

    @Override
    void received(int kind, ByteBuffer body) {
      if (mine != attempt) {
        return;
      }
      if (!greeted) {
        Handshake.Answer answer = mesh().handshake().read(peer, kind, body);
        if (answer.trouble() != null) {
          mesh().counters().refused();
          down(answer.trouble());
          return;
        }
        greeted = true;
        greeted();
        mesh().takes(peer, answer.longestEntryBytes());
        up(this);
      } else if (kind == FrameKind.PONG.number()) {
        if (body.remaining() == Long.BYTES) {
          roundTripNanos = System.nanoTime() - body.getLong();
          heardMillis = System.currentTimeMillis();
          tell();
        }
      } else {
        mesh().dispatch(peer, kind, body, this);
      }
    }

    @Override
    void tick(long nowNanos) {
      if (silenceNanos(nowNanos) > PeerMesh.SILENCE_NANOS) {
        trouble("nothing was heard for too long");
        closeChannel();
      } else if (greeted) {
        write(FrameKind.PING, ByteBuffer.allocate(Long.BYTES).putLong(nowNanos).array());
      }
    }

    @Override
    void trouble(String what) {
      why = what;
    }

    @Override
    void closed() {
      if (mine == attempt) {
        down(why);
      }
    }

    @Override
    public String toString() {
      return "node " + peer.brief() + " at " + where();
    }
  }
}
