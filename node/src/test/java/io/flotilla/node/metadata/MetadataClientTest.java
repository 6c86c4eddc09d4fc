package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.AdoptResponse;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.Verdict;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A change gets its verdict wherever it is asked for, through losses of leaders, and an end without
 * one says whether it may have been done.
 */
class MetadataClientTest {
  private static final NodeId SELF = new NodeId("a".repeat(40));
  private static final NodeId OTHER = new NodeId("b".repeat(40));
  private static final Endpoint OTHERS_ADMIN = new Endpoint("127.0.0.1", 7301);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final MetadataVerdict APPLIED =
      MetadataVerdict.newBuilder().setKind(MetadataVerdict.Kind.KIND_APPLIED).setVersion(5).build();

  private final FormationPlan plan =
      Formation.plan(List.of(FakeNodes.node(SELF.hex(), "n1", 7300)), 1, 1, new SecureRandom());
  private final MetadataEntry form =
      MetadataEntry.newBuilder().setFormCluster(plan.getCluster()).build();
  private final FakeLog log = new FakeLog(SELF);
  private final LeaderHints hints = new LeaderHints();
  private final MetadataGroup group = log.group(new ClusterViews(), hints);
  private final Deque<CompletableFuture<MetadataVerdict>> answers = new ArrayDeque<>();
  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final MetadataClient client =
      new MetadataClient(
          group, hints, node -> node.equals(OTHER) ? OTHERS_ADMIN : null, new Links(), executor);

  /** The other node, which answers as it was laid out. */
  private final class Links implements NodeLinks {
    @Override
    public CompletableFuture<Greeting> greet(Endpoint admin, GreetRequest request, Duration t) {
      throw new AssertionError("nobody is greeted");
    }

    @Override
    public CompletableFuture<AdoptResponse> adopt(
        Endpoint admin, AdoptRequest request, Duration t) {
      throw new AssertionError("nobody is adopted");
    }

    @Override
    public CompletableFuture<MetadataVerdict> propose(
        Endpoint admin, MetadataEntry entry, Duration timeout) {
      assertThat(admin).isEqualTo(OTHERS_ADMIN);
      assertThat(entry).isEqualTo(form);
      synchronized (answers) {
        return answers.isEmpty()
            ? CompletableFuture.failedFuture(new NodeLinks.Refused("not-leader"))
            : answers.remove();
      }
    }
  }

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  private void awaitProposals(int count) {
    await().atMost(PATIENCE).until(() -> log.proposed.size() >= count);
  }

  @Test
  void theLeaderProposesToItsOwnLog() {
    log.applies = true;
    assertThat(client.change(form, PATIENCE).join()).isInstanceOf(Verdict.Applied.class);
    assertThat(client.change(form, PATIENCE).join())
        .as("a change that stands is no second one")
        .isInstanceOf(Verdict.Already.class);
    assertThat(client.barrier(PATIENCE).join().version()).isEqualTo(group.state().getVersion());
  }

  @Test
  void aSilentProposalIsMadeAgainWithTheSameEntry() {
    CompletableFuture<Verdict> verdict = client.change(form, PATIENCE);
    awaitProposals(2);
    log.proposed.forEach(log::apply);
    assertThat(verdict.join()).isInstanceOf(Verdict.Already.class);
    assertThat(group.state().getClusterId()).isEqualTo(plan.getCluster().getClusterId());
  }

  @Test
  void anUnknownOutcomeIsAskedForAgainAndARefusedProposalToo() {
    CompletableFuture<Verdict> verdict = client.change(form, PATIENCE);
    awaitProposals(1);
    log.proposed.getLast().unknown("leadership was lost");
    awaitProposals(2);
    log.proposed.getLast().refused(io.flotilla.node.proposal.Proposal.Refusal.OVERLOADED);
    awaitProposals(3);
    log.apply(log.proposed.getLast());
    assertThat(verdict.join()).isInstanceOf(Verdict.Applied.class);
  }

  @Test
  void whoDoesNotLeadAsksTheOneThatIsSaidToLeadUntilThereIsAVerdict() {
    log.leading = false;
    synchronized (answers) {
      answers.add(CompletableFuture.failedFuture(new NodeLinks.Refused("not-leader")));
      answers.add(CompletableFuture.failedFuture(new java.io.IOException("connection reset")));
      answers.add(CompletableFuture.completedFuture(APPLIED));
    }
    CompletableFuture<Verdict> verdict = client.change(form, PATIENCE);
    hints.offer(FakeLog.GROUP, new LeaderHint(3, OTHER));
    assertThat(verdict.join()).isEqualTo(new Verdict.Applied(5));
  }

  @Test
  void withoutALeaderTheEndSaysThatNothingWasDone() {
    log.leading = false;
    assertThatThrownBy(() -> client.change(form, SHORT).join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            MetadataUnavailableException.class, e -> assertThat(e.outcomeUnknown()).isFalse());
  }

  @Test
  void afterASilentProposalTheEndSaysThatItMayHaveBeenDone() {
    assertThatThrownBy(() -> client.change(form, SHORT).join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            MetadataUnavailableException.class, e -> assertThat(e.outcomeUnknown()).isTrue());
    assertThat(log.proposed).isNotEmpty();
  }
}
