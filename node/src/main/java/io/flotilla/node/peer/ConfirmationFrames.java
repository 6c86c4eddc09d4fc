package io.flotilla.node.peer;

import io.flotilla.node.proposal.Confirm;
import io.flotilla.node.proposal.ConfirmationPeers;
import io.flotilla.node.proposal.IndexAsk;
import io.flotilla.node.proposal.LocalShards;
import io.flotilla.statemachine.metadata.NodeId;

/**
 * Confirmation rounds and replicas' questions over the mesh: the port of {@link LocalShards}
 * towards the other nodes, and back.
 *
 * <p>Wiring: make it, give it to the shards, then {@link #serve} them.
 */
public final class ConfirmationFrames implements ConfirmationPeers {
  private final PeerMesh mesh;

  /** Over this mesh, on whose loop the shards' home is. */
  public ConfirmationFrames(PeerMesh mesh) {
    this.mesh = mesh;
  }

  /** Brings the frames of other nodes to the shards. Once, before the mesh has peers. */
  public void serve(LocalShards shards) {
    mesh.handle(
        FrameKind.CONFIRM,
        (from, body, back) ->
            back.send(
                FrameKind.CONFIRMED,
                FrameCodec.confirmed(shards.onConfirm(FrameCodec.confirm(body)))));
    mesh.handle(
        FrameKind.CONFIRMED,
        (from, body, back) -> shards.onConfirmed(from, FrameCodec.confirmed(body)));
    mesh.handle(
        FrameKind.INDEX_ASK,
        (from, body, back) ->
            shards.onIndexAsked(
                FrameCodec.indexAsk(body),
                answer -> back.send(FrameKind.INDEX_ANSWER, FrameCodec.indexAnswer(answer))));
    mesh.handle(
        FrameKind.INDEX_ANSWER,
        (from, body, back) -> shards.onIndexAnswered(FrameCodec.indexAnswer(body)));
  }

  @Override
  public void confirm(NodeId to, Confirm question) {
    mesh.write(to, FrameKind.CONFIRM, FrameCodec.confirm(question));
  }

  @Override
  public void askIndex(NodeId to, IndexAsk question) {
    mesh.write(to, FrameKind.INDEX_ASK, FrameCodec.indexAsk(question));
  }

  @Override
  public void flush() {
    mesh.flush();
  }
}
