package io.flotilla.node.peer;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * Who leads, told from node to node: a node that comes to lead a group says so to all, and once
 * more to each peer to which a link comes up, so that routers elsewhere need not wait for the
 * metadata group (ARCHITECTURE §8). Any thread.
 */
public final class LeaderFrames {
  private final PeerMesh mesh;
  private final NodeId self;
  private final Map<GroupId, LeaderHint> led = new ConcurrentHashMap<>();

  /**
   * Over this mesh.
   *
   * @param hear what other nodes say of themselves (hearsay is not passed on), on the mesh's loop
   */
  public LeaderFrames(PeerMesh mesh, NodeId self, BiConsumer<GroupId, LeaderHint> hear) {
    this.mesh = mesh;
    this.self = self;
    mesh.handle(
        FrameKind.LEADER_HINT,
        (from, body, back) -> {
          FrameCodec.Hint heard = FrameCodec.leaderHint(body);
          if (heard.hint().node().equals(from)) {
            hear.accept(heard.group(), heard.hint());
          }
        });
    mesh.onLinkUp(peer ->
        List.copyOf(led.entrySet())
            .forEach(each ->
                mesh.send(
                    peer,
                    FrameKind.LEADER_HINT,
                    FrameCodec.leaderHint(each.getKey(), each.getValue()))));
  }

  /** What this node knows of a group's leader has changed; only its own leadership is told. */
  public void leaderChanged(GroupId group, LeaderHint hint) {
    if (!hint.node().equals(self)) {
      led.remove(group);
    } else if (!hint.equals(led.put(group, hint))) {
      mesh.broadcast(FrameKind.LEADER_HINT, FrameCodec.leaderHint(group, hint));
    }
  }
}
