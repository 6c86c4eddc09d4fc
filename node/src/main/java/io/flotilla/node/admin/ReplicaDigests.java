package io.flotilla.node.admin;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.ReplicaDigestRequest;
import io.flotilla.proto.nodes.ReplicaDigestResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * What the replicas of a group found at a CHECK entry, asked of their nodes: for an operator who
 * verifies, and for the {@link DivergenceDetector}.
 *
 * <p>An answer counts only if it is of this very CHECK (ids are drawn at random), of its index, and
 * given by the node that was asked; all else is silence, with a reason.
 */
final class ReplicaDigests {
  /** How long a node waits for its replica at most: a walk over the largest that people hold. */
  static final Duration MOST = Duration.ofMinutes(5);

  /**
   * What a node answered.
   *
   * @param digest lower-case hexadecimal; empty if it did not tell
   * @param version of the program that made the digest
   * @param error why there is no digest; empty if there is one
   */
  record Answer(String nodeId, String nodeName, String digest, String version, String error) {}

  private final GrpcLinks links;
  private final ExecutorService executor;

  ReplicaDigests(GrpcLinks links, ExecutorService executor) {
    this.links = links;
    this.executor = executor;
  }

  /** Asks all at once, and waits for all; the answers are in the order of the nodes. */
  List<Answer> ask(List<Node> nodes, GroupId group, long checkId, long index, Duration timeout)
      throws InterruptedException {
    List<Callable<Answer>> todo = new ArrayList<>();
    for (Node node : nodes) {
      todo.add(() -> ask(node, group, checkId, index, timeout));
    }
    List<Answer> answers = new ArrayList<>();
    for (Future<Answer> answer : executor.invokeAll(todo)) {
      answers.add(answer.resultNow());
    }
    return answers;
  }

  private Answer ask(Node node, GroupId group, long checkId, long index, Duration timeout) {
    ReplicaDigestResponse told;
    try {
      told =
          links
              .node(AdminService.admin(node), timeout)
              .replicaDigest(
                  ReplicaDigestRequest.newBuilder()
                      .setGroupId(group.toString())
                      .setCheckId(checkId)
                      .build());
    } catch (StatusRuntimeException e) {
      return silence(node, Errors.describe(e.getStatus()));
    }
    if (told.getIndex() != index) {
      return silence(node, "digested at index " + told.getIndex() + ", not at " + index);
    }
    if (!told.getNodeId().equals(node.getId())) {
      return silence(node, "node \"" + told.getNodeId() + "\" answers at its address");
    }
    return new Answer(node.getId(), node.getName(), told.getDigest(), told.getVersion(), "");
  }

  private static Answer silence(Node node, String why) {
    return new Answer(node.getId(), node.getName(), "", "", why);
  }
}
