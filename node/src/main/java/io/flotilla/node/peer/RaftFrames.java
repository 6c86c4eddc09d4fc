package io.flotilla.node.peer;

import io.flotilla.node.raft.RaftLinks;
import io.flotilla.statemachine.metadata.NodeId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Raft's messages over a mesh of its own, on the Raft port: a mesh beside the one of the
 * confirmation rounds, so that no round waits behind a full append or a piece of a snapshot.
 */
public final class RaftFrames implements RaftLinks {
  private final PeerMesh mesh;
  private final PeerCalls calls;
  private final Map<Subject, PeerCalls.Subject> subjects = new EnumMap<>(Subject.class);

  /** Over this mesh, which serves nothing else. */
  public RaftFrames(PeerMesh mesh) {
    this.mesh = mesh;
    this.calls = new PeerCalls(mesh);
    for (Subject each : Subject.values()) {
      subjects.put(each, new PeerCalls.Subject(number(each), each.name()));
    }
  }

  /** What stands in the frames; never changed. */
  private static int number(Subject subject) {
    return switch (subject) {
      case APPEND -> 1;
      case VOTE -> 2;
      case SNAPSHOT -> 3;
      case STAND -> 4;
    };
  }

  @Override
  public void serve(Answerer answerer) {
    subjects.forEach(
        (subject, its) -> calls.answer(its, (from, body) -> answerer.answer(from, subject, body)));
  }

  @Override
  public void peers(Map<NodeId, InetSocketAddress> addresses) {
    mesh.peers(addresses);
  }

  @Override
  public CompletableFuture<byte[]> ask(NodeId to, Subject subject, Body body, Duration patience) {
    PeerCalls.Subject its = subjects.get(subject);
    if (its == null) {
      throw new IllegalArgumentException("there is no number for " + subject);
    }
    return calls.ask(to, its, body.bytes(), body::writeTo, patience);
  }
}
