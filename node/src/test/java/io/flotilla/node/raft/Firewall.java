package io.flotilla.node.raft;

import io.flotilla.statemachine.metadata.NodeId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.util.CodeInjectionForTesting;

/**
 * A network between the Raft servers of one JVM whose links can be cut, one direction at a time, by
 * the hooks that Ratis has at its own tests' service: the receiver throws before it has looked at a
 * message.
 *
 * <p>The hooks are global to the JVM, so one firewall lives at a time; {@link #close} takes them
 * out.
 */
public final class Firewall implements AutoCloseable {
  private static final String[] HOOKS = {
    "RaftServerImpl.appendEntries",
    "RaftServerImpl.requestVote",
    "RaftServerImpl.installSnapshot",
    "RaftServerImpl.startLeaderElection"
  };

  /** After a follower has appended and flushed, before it answers. */
  private static final String ACKNOWLEDGE = "RaftServerImpl.appendEntries.logComplete";

  private record Link(String from, String to) {}

  private final Set<Link> cut = ConcurrentHashMap.newKeySet();
  private final Set<String> mute = ConcurrentHashMap.newKeySet();

  public Firewall() {
    for (String hook : HOOKS) {
      CodeInjectionForTesting.put(
          hook,
          (local, remote, args) -> {
            if (cut.contains(new Link(String.valueOf(remote), String.valueOf(local)))) {
              throw new IllegalStateException(
                  "the firewall stands between " + remote + " and " + local);
            }
            return false;
          });
    }
    CodeInjectionForTesting.put(
        ACKNOWLEDGE,
        (local, remote, args) -> {
          if (mute.contains(String.valueOf(local))) {
            throw new IllegalStateException("the answer of " + local + " is lost");
          }
          return false;
        });
  }

  /** Lets nothing pass from one node to the other. */
  public void cut(NodeId from, NodeId to) {
    cut.add(new Link(from.hex(), to.hex()));
  }

  /** Lets nothing pass between a node and the others, either way. */
  public void isolate(NodeId node, Iterable<NodeId> others) {
    for (NodeId other : others) {
      if (!other.equals(node)) {
        cut(node, other);
        cut(other, node);
      }
    }
  }

  /** Whether a message from one node reaches the other: for links that are not Ratis' own. */
  public boolean passes(NodeId from, NodeId to) {
    return !cut.contains(new Link(from.hex(), to.hex()));
  }

  /** Lets the node take entries in, but loses its answers to them. */
  public void muteAcknowledgements(NodeId node) {
    mute.add(node.hex());
  }

  /** Opens all links. */
  public void heal() {
    cut.clear();
    mute.clear();
  }

  @Override
  public void close() {
    heal();
    for (String hook : HOOKS) {
      CodeInjectionForTesting.remove(hook);
    }
    CodeInjectionForTesting.remove(ACKNOWLEDGE);
  }
}
