package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.node.proposal.Proposal;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataEntry.ChangeCase;
import io.flotilla.proto.metadata.Node;
import io.flotilla.statemachine.metadata.NodeId;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The metadata leader's own changes: one at a time, and never the last one for want of an outcome.
 */
class MetadataDriverTest {
  private static final List<Node> NODES =
      List.of(
          FakeNodes.node("a".repeat(40), "n1", 7300),
          FakeNodes.node("b".repeat(40), "n2", 7301),
          FakeNodes.node("c".repeat(40), "n3", 7302));
  private static final NodeId SELF = new NodeId("a".repeat(40));

  private final FormationPlan plan = Formation.plan(NODES, 3, 3, new SecureRandom());
  private final FakeLog log = new FakeLog(SELF);
  private final LeaderHints hints = new LeaderHints();
  private final MetadataGroup group = log.group(new ClusterViews(), hints);
  private final Set<String> dead = new HashSet<>();
  private final MetadataDriver driver =
      new MetadataDriver(group, hints, node -> !dead.contains(node.hex()), plan);
  private long now;

  private void tick() {
    now += MetadataDriver.PERIOD.toNanos();
    driver.tick(now);
  }

  private void pass(Duration time) {
    now += time.toNanos();
    tick();
  }

  private ChangeCase proposed() throws InvalidProtocolBufferException {
    return MetadataEntry.parseFrom(log.proposed.getLast().entry()).getChangeCase();
  }

  @Test
  void aProposalThatNeverHearsOfItsOutcomeIsGivenUpAndABarrierComesNext() throws Exception {
    tick();
    assertThat(proposed()).isEqualTo(ChangeCase.FORM_CLUSTER);
    Proposal silent = log.proposed.getLast();
    tick();
    assertThat(log.proposed).as("one at a time").hasSize(1);

    pass(MetadataDriver.OUTCOME_PATIENCE);
    tick();
    assertThat(log.proposed).hasSize(2);
    assertThat(proposed()).isEqualTo(ChangeCase.BARRIER);

    // It was committed after all, before the barrier: nothing is left to be formed.
    log.apply(silent);
    tick();
    assertThat(log.proposed).as("its late outcome is not the barrier's").hasSize(2);
    log.apply(log.proposed.getLast());
    tick();
    assertThat(log.proposed).as("all is as it should be").hasSize(2);
  }

  @Test
  void afterAnUnknownOutcomeABarrierComesNextAndThenTheChangeAgain() throws Exception {
    tick();
    log.proposed.getLast().unknown("leadership was lost");
    tick();
    assertThat(proposed()).isEqualTo(ChangeCase.BARRIER);
    log.proposed.getLast().unknown("and again");
    tick();
    assertThat(log.proposed).hasSize(3);
    assertThat(proposed()).isEqualTo(ChangeCase.BARRIER);
    log.apply(log.proposed.getLast());
    tick();
    assertThat(proposed()).isEqualTo(ChangeCase.FORM_CLUSTER);
  }

  @Test
  void aRefusedProposalIsMadeAgainAtOnce() throws Exception {
    tick();
    log.proposed.getLast().refused(Proposal.Refusal.OVERLOADED);
    tick();
    assertThat(log.proposed).hasSize(2);
    assertThat(proposed()).isEqualTo(ChangeCase.FORM_CLUSTER);
  }

  @Test
  void leadersArePreferredElsewhereWhenANodeIsGoneForAWhileAndNotSooner() throws Exception {
    log.apply(MetadataEntry.newBuilder().setFormCluster(plan.getCluster()).build());
    tick();
    assertThat(log.proposed).isEmpty();
    dead.add("b".repeat(40));
    tick();
    tick();
    assertThat(log.proposed).as("it may come back").isEmpty();
    pass(Duration.ofSeconds(3));
    assertThat(proposed()).isEqualTo(ChangeCase.PREFER_LEADERS);
    log.apply(log.proposed.getLast());
    assertThat(group.state().getShardsList())
        .noneMatch(s -> s.getPreferredLeader().equals("b".repeat(40)));
  }

  @Test
  void whoDoesNotLeadProposesNothing() {
    log.leading = false;
    tick();
    assertThat(log.proposed).isEmpty();
  }
}
