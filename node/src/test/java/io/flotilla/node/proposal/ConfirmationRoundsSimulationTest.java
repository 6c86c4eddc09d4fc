package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.flotilla.node.proposal.RaftModel.Member;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Reads of all members of a model group, at every step of elections, replication, joint
 * configurations and message loss: none may be confirmed below what had been acknowledged when it
 * was asked. Each unsound variant of the protocol must be caught by the same seeds, else the test
 * itself would be blind. (The order of readiness and term needs a late message at one exact moment:
 * {@link ReadPointTest} plays it by hand.)
 */
final class ConfirmationRoundsSimulationTest {
  private static final int SEEDS = 300;
  private static final int STEPS = 4000;

  /** Bounds the search for a variant's first stale read; most need far fewer. */
  private static final int SEEDS_TO_CATCH = 20_000;

  /** The protocol, and ways to get it wrong. */
  enum Variant {
    SOUND(true),
    TERM_NOT_ASKED_AGAIN(false),
    OWN_TERM_NOT_APPLIED(false),
    VOTERS_OF_THE_NEW_CONFIGURATION_ONLY(false),
    ANSWERS_OF_EARLIER_ROUNDS_COUNT(false),
    HALF_IS_ENOUGH(false);

    final boolean sound;

    Variant(boolean sound) {
      this.sound = sound;
    }

    ReadPoint take(ShardLog log) {
      return switch (this) {
        case SOUND, ANSWERS_OF_EARLIER_ROUNDS_COUNT -> ReadPoint.take(log);
        case TERM_NOT_ASKED_AGAIN -> {
          // Taken at the end instead: every voter vouches for a term in which nobody here led.
          boolean ready = log.isLeaderReady();
          long index = log.committedIndex();
          long term = log.currentTerm();
          yield ready ? new ReadPoint.Point(term, index, log.voters()) : refused();
        }
        case OWN_TERM_NOT_APPLIED -> {
          long term = log.currentTerm();
          if (!log.isLeader()) {
            yield refused();
          }
          long index = log.committedIndex();
          ShardLog.Voters voters = log.voters();
          yield log.currentTerm() == term ? new ReadPoint.Point(term, index, voters) : refused();
        }
        case VOTERS_OF_THE_NEW_CONFIGURATION_ONLY ->
            ReadPoint.take(log) instanceof ReadPoint.Point p
                ? new ReadPoint.Point(
                    p.term(), p.readIndex(), new ShardLog.Voters(p.voters().current(), Set.of()))
                : refused();
        case HALF_IS_ENOUGH ->
            ReadPoint.take(log) instanceof ReadPoint.Point p
                ? new ReadPoint.Point(p.term(), p.readIndex(), withoutOneOther(log, p))
                : refused();
      };
    }

    private static ShardLog.Voters withoutOneOther(ShardLog log, ReadPoint.Point p) {
      Set<NodeId> fewer = new HashSet<>(p.voters().current());
      p.voters().current().stream()
          .filter(v -> !v.equals(log.self()) && fewer.size() > 1)
          .limit(2)
          .forEach(fewer::remove);
      return new ShardLog.Voters(fewer, p.voters().old());
    }

    private static ReadPoint refused() {
      return new ReadPoint.None(new Failure.NotReady("variant"));
    }
  }

  private record Stale(long seed, long readIndex, long acknowledged) {}

  private static final class Tally {
    int confirmed;
    int failed;
    int configurations;
    long acknowledged;
  }

  /** One member's rounds, wired to the model's bag of messages. */
  private static final class Reader implements ConfirmationRounds.Driver {
    private final RaftModel model;
    private final Member member;
    private final Variant variant;
    private final Map<NodeId, Reader> readers;
    private final Tally tally;
    private final ConfirmationRounds rounds;
    private long askedAt = -1;
    private long nowNanos;
    private long latestRound;
    final List<long[]> stale = new ArrayList<>();

    Reader(
        RaftModel model, Member member, Variant variant, Map<NodeId, Reader> readers, Tally tally) {
      this.model = model;
      this.member = member;
      this.variant = variant;
      this.readers = readers;
      this.tally = tally;
      this.rounds = new ConfirmationRounds(member.id, 1, 1500, 150, variant::take, this);
    }

    void read() {
      if (askedAt < 0) {
        askedAt = model.acknowledged;
        latestRound++;
        member.busy = true;
        rounds.begin(List.of(member), nowNanos);
        member.busy = false;
      }
    }

    void tick() {
      nowNanos += 10;
      rounds.tick(nowNanos);
    }

    @Override
    public void send(NodeId to, Confirm frame) {
      Reader peer = requireNonNull(readers.get(to));
      model.post(
          member.id,
          to,
          () -> {
            long term = peer.member.currentTerm();
            Confirmed answer =
                new Confirmed(
                    frame.incarnation(),
                    frame.round(),
                    List.of(new GroupTerm(frame.groups().getFirst().group(), term)));
            model.post(to, member.id, () -> receive(to, answer));
          });
    }

    private void receive(NodeId from, Confirmed answer) {
      if (member.busy) {
        return;
      }
      rounds.answered(
          from,
          variant == Variant.ANSWERS_OF_EARLIER_ROUNDS_COUNT
              ? new Confirmed(answer.incarnation(), latestRound, answer.groups())
              : answer);
    }

    @Override
    public void confirmed(ShardLog log, long term, long readIndex) {
      tally.confirmed++;
      if (readIndex < askedAt) {
        stale.add(new long[] {readIndex, askedAt});
      }
      askedAt = -1;
    }

    @Override
    public void failed(ShardLog log, Failure why) {
      assertThat(why.certainlyNotDone()).isTrue();
      tally.failed++;
      askedAt = -1;
    }
  }

  private static List<Stale> run(Variant variant, long seed, Tally tally) {
    Random random = new Random(seed);
    int nodes = 3 + random.nextInt(2) * random.nextInt(3);
    RaftModel model = new RaftModel(nodes, 3, random);
    Map<NodeId, Reader> readers = new HashMap<>();
    for (Member m : model.members) {
      readers.put(m.id, new Reader(model, m, variant, readers, tally));
    }
    List<Reader> all = model.members.stream().map(m -> readers.get(m.id)).toList();
    while (model.steps < STEPS) {
      model.step();
      Reader reader = all.get(random.nextInt(all.size()));
      if (reader.member.isLeader() && random.nextInt(3) == 0) {
        reader.read();
      }
      reader.tick();
    }
    tally.acknowledged += model.acknowledged;
    tally.configurations += model.configurationsMade;
    return all.stream()
        .flatMap(r -> r.stale.stream())
        .map(s -> new Stale(seed, s[0], s[1]))
        .toList();
  }

  @Test
  void noConfirmedReadIsOlderThanWhatWasAcknowledgedWhenItWasAsked() {
    Tally tally = new Tally();
    for (long seed = 1; seed <= SEEDS; seed++) {
      List<Stale> stale = run(Variant.SOUND, seed, tally);
      if (!stale.isEmpty()) {
        fail("stale reads with seed %d: %s", seed, stale);
      }
    }
    // The world was lively enough for the words above to mean something.
    assertThat(tally.confirmed).isGreaterThan(SEEDS * 10);
    assertThat(tally.failed).isGreaterThan(SEEDS);
    assertThat(tally.configurations).isGreaterThan(SEEDS / 2);
    assertThat(tally.acknowledged).isGreaterThan(SEEDS * 10);
  }

  @ParameterizedTest
  @EnumSource(
      value = Variant.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"SOUND"})
  void everyUnsoundVariantIsCaught(Variant variant) {
    assertThat(variant.sound).isFalse();
    Tally tally = new Tally();
    for (long seed = 1; seed <= SEEDS_TO_CATCH; seed++) {
      if (!run(variant, seed, tally).isEmpty()) {
        return;
      }
    }
    fail(
        "%s served nothing stale in %d seeds: the simulation is blind to it",
        variant, SEEDS_TO_CATCH);
  }
}
