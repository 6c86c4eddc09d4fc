package io.flotilla.node.proposal;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** One test per sentence of ARCHITECTURE §4 on frames, majorities, losses and deadlines. */
final class ConfirmationRoundsTest {
  private static final NodeId A = node(1);
  private static final NodeId B = node(2);
  private static final NodeId C = node(3);
  private static final NodeId D = node(4);
  private static final NodeId E = node(5);
  private static final long INCARNATION = 42;
  private static final long DEADLINE = 1000;
  private static final long RESEND = 100;

  private static NodeId node(int number) {
    return new NodeId("%040x".formatted(number));
  }

  private static GroupId group(int number) {
    return new GroupId(new UUID(0, number));
  }

  private record Sent(NodeId to, Confirm frame) {}

  private final List<Sent> sent = new ArrayList<>();
  private final List<String> told = new ArrayList<>();

  private final ConfirmationRounds rounds =
      new ConfirmationRounds(
          A,
          INCARNATION,
          DEADLINE,
          RESEND,
          log -> ((ScriptedLog) log).point(),
          new ConfirmationRounds.Driver() {
            @Override
            public void send(NodeId to, Confirm frame) {
              sent.add(new Sent(to, frame));
            }

            @Override
            public void confirmed(ShardLog log, long term, long readIndex) {
              told.add(name(log) + " confirmed at " + term + " up to " + readIndex);
            }

            @Override
            public void failed(ShardLog log, Failure why) {
              told.add(name(log) + " " + why.getClass().getSimpleName());
            }

            private String name(ShardLog log) {
              return "g" + log.group().uuid().getLeastSignificantBits();
            }
          });

  private static ScriptedLog log(int group, long term, long index, Set<NodeId> voters) {
    return log(group, term, index, voters, Set.of());
  }

  private static ScriptedLog log(
      int group, long term, long index, Set<NodeId> voters, Set<NodeId> old) {
    ScriptedLog log = new ScriptedLog(group(group), A);
    log.lead(term);
    log.committed = index;
    log.voters = new Voters(voters, old);
    return log;
  }

  private void answer(NodeId from, long round, int group, long term) {
    rounds.answered(
        from, new Confirmed(INCARNATION, round, List.of(new GroupTerm(group(group), term))));
  }

  @Test
  void oneFramePerPeerCarriesAllItsGroups() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C)), log(2, 4, 20, Set.of(A, B, D))), 0);
    assertThat(sent)
        .containsExactlyInAnyOrder(
            new Sent(
                B,
                new Confirm(
                    INCARNATION,
                    1,
                    List.of(new GroupTerm(group(1), 3), new GroupTerm(group(2), 4)))),
            new Sent(C, new Confirm(INCARNATION, 1, List.of(new GroupTerm(group(1), 3)))),
            new Sent(D, new Confirm(INCARNATION, 1, List.of(new GroupTerm(group(2), 4)))));
  }

  @Test
  void eachGroupIsDecidedByItself() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C)), log(2, 4, 20, Set.of(A, D, E))), 0);
    answer(B, 1, 1, 3);
    assertThat(told).containsExactly("g1 confirmed at 3 up to 10");
    answer(D, 1, 2, 4);
    assertThat(told).hasSize(2).last().isEqualTo("g2 confirmed at 4 up to 20");
    assertThat(rounds.isWaiting()).isFalse();
  }

  @Test
  void aSingleVoterIsItsOwnMajority() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A))), 0);
    assertThat(told).containsExactly("g1 confirmed at 3 up to 10");
    assertThat(sent).isEmpty();
    assertThat(rounds.isWaiting()).isFalse();
  }

  @Test
  void aLeaderThatIsNoVoterDoesNotCount() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(B, C, D))), 0);
    answer(B, 1, 1, 3);
    assertThat(told).isEmpty();
    answer(C, 1, 1, 3);
    assertThat(told).containsExactly("g1 confirmed at 3 up to 10");
  }

  @Test
  void halfOfFourIsNoMajority() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C, D))), 0);
    answer(B, 1, 1, 3);
    assertThat(told).isEmpty();
    answer(C, 1, 1, 3);
    assertThat(told).hasSize(1);
  }

  @Test
  void aJointConfigurationNeedsBothMajorities() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, D, E), Set.of(A, B, C))), 0);
    answer(D, 1, 1, 3);
    answer(E, 1, 1, 3);
    assertThat(told).isEmpty();
    answer(B, 1, 1, 3);
    assertThat(told).containsExactly("g1 confirmed at 3 up to 10");
  }

  @Test
  void listenersStrangersAndRepetitionsDoNotCount() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C, D, E))), 0);
    answer(B, 1, 1, 3);
    answer(B, 1, 1, 3);
    answer(node(9), 1, 1, 3);
    answer(A, 1, 1, 3);
    assertThat(told).isEmpty();
    answer(C, 1, 1, 3);
    assertThat(told).hasSize(1);
  }

  @Test
  void aLowerTermOrAMissingGroupIsNoVote() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C))), 0);
    answer(B, 1, 1, 2);
    rounds.answered(C, new Confirmed(INCARNATION, 1, List.of()));
    assertThat(told).isEmpty();
    assertThat(rounds.isWaiting()).isTrue();
    answer(B, 1, 1, 3);
    assertThat(told).as("the same voter has caught up").hasSize(1);
  }

  @Test
  void aHigherTermFailsTheGroup() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C))), 0);
    answer(B, 1, 1, 4);
    assertThat(told).containsExactly("g1 NotLeader");
    answer(C, 1, 1, 3);
    assertThat(told).hasSize(1);
  }

  @Test
  void anAnswerToAnotherRoundOrIncarnationIsNoVote() {
    ScriptedLog log = log(1, 3, 10, Set.of(A, B, C));
    rounds.begin(List.of(log), 0);
    answer(B, 1, 1, 3);
    rounds.begin(List.of(log), 10);
    answer(C, 1, 1, 3);
    answer(B, 3, 1, 3);
    rounds.answered(B, new Confirmed(INCARNATION - 1, 2, List.of(new GroupTerm(group(1), 3))));
    assertThat(told).hasSize(1);
    answer(B, 2, 1, 3);
    assertThat(told).hasSize(2);
  }

  @Test
  void lostFramesAreSentAgainUnderTheSameRoundToThoseWhoHaveNotAnswered() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C, D, E))), 0);
    answer(B, 1, 1, 3);
    sent.clear();
    rounds.tick(RESEND - 1);
    assertThat(sent).isEmpty();
    rounds.tick(RESEND);
    assertThat(sent)
        .hasSize(3)
        .allMatch(s -> s.frame().round() == 1 && !s.to().equals(B) && !s.to().equals(A));
    answer(C, 1, 1, 3);
    assertThat(told).hasSize(1);
  }

  @Test
  void theDeadlineEndsARoundThatNobodyAnswers() {
    rounds.begin(List.of(log(1, 3, 10, Set.of(A, B, C))), 0);
    rounds.tick(DEADLINE);
    assertThat(told).containsExactly("g1 Unconfirmed");
    assertThat(rounds.isWaiting()).isFalse();
    answer(B, 1, 1, 3);
    assertThat(told).hasSize(1);
  }

  @Test
  void whoDoesNotLeadIsRefusedWithoutAFrame() {
    ScriptedLog log = log(1, 3, 10, Set.of(A, B, C));
    log.fall();
    rounds.begin(List.of(log), 0);
    assertThat(told).containsExactly("g1 NotLeader");
    assertThat(sent).isEmpty();
  }
}
