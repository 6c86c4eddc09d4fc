package io.flotilla.node.peer;

import io.flotilla.statemachine.metadata.NodeId;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that a peer made to this node: waits for its hello, then takes its frames in and
 * answers over the same connection.
 */
final class InboundPeer extends FrameChannel {
  private static final Logger log = LoggerFactory.getLogger(InboundPeer.class);

  private @Nullable NodeId peer;
  private String where = "an unknown address";

  InboundPeer(PeerMesh mesh, String where) {
    super(mesh);
    this.where = where;
  }

  @Override
  void opened() {
    mesh().accepted(this);
  }

  @Override
  void received(int kind, ByteBuffer body) {
    NodeId from = peer;
    if (from != null) {
      if (kind == FrameKind.PING.number()) {
        byte[] back = new byte[body.remaining()];
        body.get(back);
        write(FrameKind.PONG, back);
      } else {
        mesh().dispatch(from, kind, body, this);
      }
      return;
    }
    Handshake.Verdict verdict =
        kind == FrameKind.HELLO.number()
            ? mesh().handshake().judge(body)
            : Handshake.Verdict.refuse("a hello was expected, not a frame of kind " + kind);
    if (verdict.peer() == null) {
      mesh().counters().refused();
      if (mesh().isNews(verdict.refusal())) {
        log.warn("a peer at {} was refused: {}", where, verdict.refusal());
      }
      sendLast(FrameKind.REFUSED, Handshake.refused(verdict.refusal()));
    } else {
      peer = verdict.peer();
      greeted();
      mesh().takes(verdict.peer(), verdict.longestEntryBytes());
      write(FrameKind.WELCOME, mesh().handshake().welcome(verdict.version()));
    }
  }

  @Override
  void tick(long nowNanos) {
    if (silenceNanos(nowNanos) > PeerMesh.SILENCE_NANOS) {
      trouble("nothing was heard for too long");
      closeChannel();
    }
  }

  @Override
  void trouble(String why) {
    log.info("the connection of {} is closed: {}", this, why);
  }

  @Override
  void closed() {
    mesh().gone(this);
  }

  @Override
  public String toString() {
    return peer == null ? "somebody at " + where : "node " + peer.brief() + " at " + where;
  }
}
