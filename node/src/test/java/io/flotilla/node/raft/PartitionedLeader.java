package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The oldest trap of reading from a leader, as a scenario: the leader is cut off, the others elect
 * another, which acknowledges a write; then a client that knows of it asks the old leader. Whatever
 * it answers with the old value is stale.
 *
 * <pre>
 *   old leader   ──write a──read a──✂────────────────────────── read? ── a is stale; a refusal or silence is right
 *   the others                      ✂──elect──write b, acknowledged
 * </pre>
 *
 * <p>Each way of reading that claims to be linearizable is put to it through a {@link Register}.
 */
public final class PartitionedLeader {
  /** How long the old leader is asked, at most, if it does not give up its leadership. */
  private static final Duration ASKING = Duration.ofSeconds(6);

  private PartitionedLeader() {}

  /** A cluster's register, written and read at a node of the caller's choice. */
  public interface Register {
    /** Waits for a leader that is ready to serve and is not this node. */
    NodeId leaderOtherThan(@Nullable NodeId not);

    /** Whether the node believes to be the leader. */
    boolean leads(NodeId node);

    /** Writes at the node; whether the write was acknowledged. */
    boolean write(NodeId at, String value);

    /** Reads at the node; null if it refused, or did not answer within a fraction of a second. */
    @Nullable String read(NodeId at);
  }

  /**
   * What was answered by the old leader after another had acknowledged the new value.
   *
   * @param stale answers with the old value
   * @param current answers with the new value
   * @param none refusals and silence
   */
  public record Answers(int stale, int current, int none) {}

  /** Plays the scenario once. */
  public static Answers play(
      Register register, Firewall firewall, List<NodeId> nodes, String round) {
    String before = round + " before";
    String after = round + " after";
    NodeId old = register.leaderOtherThan(null);
    assertThat(register.write(old, before)).as("the first write at %s", old).isTrue();
    for (int i = 0; i < 3; i++) {
      await("a read before the cut")
          .atMost(RaftCluster.PATIENCE)
          .until(() -> before.equals(register.read(old)));
    }
    firewall.isolate(old, nodes);
    try {
      NodeId next = register.leaderOtherThan(old);
      assertThat(register.write(next, after)).as("the write at the new leader %s", next).isTrue();
      int stale = 0;
      int current = 0;
      int none = 0;
      long deadline = System.nanoTime() + ASKING.toNanos();
      while (System.nanoTime() < deadline && register.leads(old)) {
        String answer = register.read(old);
        if (before.equals(answer)) {
          stale++;
        } else if (after.equals(answer)) {
          current++;
        } else {
          none++;
        }
      }
      return new Answers(stale, current, none);
    } finally {
      firewall.heal();
    }
  }
}
