package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.proposal.ReplicatedMachine.SnapshotCut;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.apply.Check;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * One replica over a log that does what the test says: each row of ARCHITECTURE §3's table, the
 * order of one connection's commands, the bounds, time, and how few wake-ups a batch costs.
 */
final class ShardReplicaTest {
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final NodeId SELF = new NodeId("%040x".formatted(1));
  private static final NodeId OTHER = new NodeId("%040x".formatted(2));
  private static final GroupId GROUP = new GroupId(new UUID(0, 1));
  private static final long INCARNATION = 9;
  private static final long MILLI = 1_000_000;

  private long nanos = 5_000_000_000L;
  private int looksAtTheClock;
  private long wallMillis = 1_700_000_000_000L;
  private final ManualLoop home = new ManualLoop(() -> nanos);
  private final ManualShardLoop loop = new ManualShardLoop(() -> true);
  private final ScriptedLog log = new ScriptedLog(GROUP, SELF);
  private final List<Confirm> asked = new ArrayList<>();
  private final List<IndexAsk> indexesAsked = new ArrayList<>();
  private final List<Check> checks = new ArrayList<>();
  private LocalShards shards = shards(settings());
  private ShardReplica shard = open();
  private long index = -1;

  private static ProposalSettings settings() {
    return ProposalSettings.defaults()
        .withDeadlines(Duration.ofSeconds(5), Duration.ofSeconds(3), Duration.ofSeconds(3));
  }

  private LocalShards shards(ProposalSettings settings) {
    return new LocalShards(
        SELF,
        INCARNATION,
        home,
        new ConfirmationPeers() {
          @Override
          public void confirm(NodeId to, Confirm question) {
            asked.add(question);
          }

          @Override
          public void askIndex(NodeId to, IndexAsk question) {
            indexesAsked.add(question);
          }

          @Override
          public void flush() {}
        },
        settings,
        new Clocks(this::lookAtTheClock, () -> wallMillis));
  }

  private long lookAtTheClock() {
    looksAtTheClock++;
    return nanos;
  }

  private ShardReplica open() {
    return shards.open(log, loop, TABLE, (group, check) -> checks.add(check));
  }

  private void with(ProposalSettings settings) {
    shards = shards(settings);
    shard = open();
  }

  // ------------------------------------------------------------------------------ the world

  private void pass(long millis) {
    nanos += millis * MILLI;
    wallMillis += millis;
  }

  /** Elects this replica, and gives the shard its beginning and all slots. */
  private void lead() {
    log.lead(log.term + 1);
    log.hint = new LeaderHint(log.term, SELF);
    loop.runNow(() -> shard.leaderChanged(log.hint, true));
    loop.runNow(() -> shard.pass(log.term, ++index));
    committed();
    CompletableFuture<LogPosition> genesis =
        shard.propose(stamp -> new Entry.Genesis(stamp, new SipHash(1, 2)));
    apply();
    CompletableFuture<LogPosition> own =
        shard.propose(stamp -> new Entry.Own(stamp, List.of(new Entry.SlotRange(0, 16383, 1))));
    apply();
    assertThat(genesis).isCompleted();
    assertThat(own).isCompleted();
  }

  private void committed() {
    log.committed = index;
    log.applied = new LogPosition(log.term, index);
  }

  /** Commits and applies the oldest proposal. */
  private Entry apply() {
    Proposal proposal = log.proposed.removeFirst();
    Entry entry = EntryCodec.decode(proposal.entry().duplicate());
    loop.runNow(() -> shard.apply(log.term, ++index, proposal.entry().duplicate(), proposal));
    committed();
    return entry;
  }

  private void answerRound() {
    Confirm question = asked.removeLast();
    home.now(() ->
        shards.onConfirmed(
            OTHER, new Confirmed(question.incarnation(), question.round(), question.groups())));
  }

  private void threeVoters() {
    log.voters = new Voters(Set.of(SELF, OTHER, new NodeId("%040x".formatted(3))), Set.of());
  }

  private final class Client implements Asker {
    final Strand strand = shard.strand(home, this);
    final List<String> heard = new ArrayList<>();
    Runnable onSettled = () -> {};
    int settled;
    int relieved;
    boolean mayGoOn = true;

    Client send(Request.Kind kind, String... words) {
      home.now(() -> submit(kind, words));
      return this;
    }

    void submit(Request.Kind kind, String... words) {
      byte[][] argv = argv(words);
      mayGoOn =
          strand.submit(
              new Request(kind, requireNonNull(TABLE.find(argv)), argv) {
                @Override
                protected void answered(Reply reply) {
                  heard.add(words[0] + " " + show(reply));
                }

                @Override
                protected void failed(Failure failure) {
                  heard.add(words[0] + " " + failure.getClass().getSimpleName());
                }
              });
    }

    Client set(String key, String value) {
      return send(Request.Kind.WRITE, "SET", key, value);
    }

    Client get(String key) {
      return send(Request.Kind.READ, "GET", key);
    }

    @Override
    public void settled() {
      settled++;
      onSettled.run();
    }

    @Override
    public void relieved() {
      relieved++;
      mayGoOn = true;
    }
  }

  private static byte[][] argv(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = words[i].getBytes(StandardCharsets.ISO_8859_1);
    }
    return argv;
  }

  private static String show(@Nullable Reply reply) {
    return switch (reply) {
      case Reply.Simple simple -> simple.text();
      case Reply.Bulk bulk -> Ascii.text(bulk.bytes());
      case Reply.Nil nil -> "nil";
      case Reply.Int number -> String.valueOf(number.value());
      case Reply.Error error -> error.text();
      case Reply.Array array ->
          array.elements().stream().map(ShardReplicaTest::show).toList().toString();
      case null, default -> String.valueOf(reply);
    };
  }

  private Client client() {
    return new Client();
  }

  private static List<Item> items(Entry entry) {
    return ((Entry.Batch) entry).items();
  }

  // ------------------------------------------------------------------------------ time per command

  /** A look at the clock takes a good part of what a SET takes, which is never slow. */
  @Test
  void onlyCommandsThatMayBeSlowAreTimed() {
    lead();
    assertThat(looksToApply("SET", "k", "v")).isLessThan(10);
    assertThat(looksToApply("INCR", "n")).isLessThan(10);
    assertThat(looksToApply("LINSERT", "l", "BEFORE", "a", "b")).isGreaterThan(100);
  }

  private int looksToApply(String... words) {
    Client client = client();
    home.now(() -> {
      for (int i = 0; i < 100; i++) {
        client.submit(Request.Kind.WRITE, words);
      }
    });
    home.pass();
    int before = looksAtTheClock;
    apply();
    int looks = looksAtTheClock - before;
    home.pass();
    assertThat(client.heard).hasSize(100);
    return looks;
  }

  // ------------------------------------------------------------------------------ group commit

  /** Else the clients of a deep pipeline idle until the last of thousands is completed. */
  @Test
  void theFirstConnectionsOfALargeBatchAreToldBeforeTheLastAreCompleted() {
    lead();
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(client());
    }
    home.now(() ->
        clients.forEach(client -> {
          for (int i = 0; i < 100; i++) {
            client.submit(Request.Kind.WRITE, "INCR", "k");
          }
        }));
    List<Integer> heardByTheLast = new ArrayList<>();
    clients.forEach(
        client -> client.onSettled = () -> heardByTheLast.add(clients.get(3).heard.size()));
    home.pass();
    apply();
    home.pass();
    assertThat(heardByTheLast).as("two at once, each as a whole").containsExactly(0, 0, 100, 100);
    assertThat(clients)
        .allSatisfy(client -> {
          assertThat(client.settled).isEqualTo(1);
          assertThat(client.heard).hasSize(100);
        });
    assertThat(clients.get(3).heard.get(99)).isEqualTo("INCR 400");
  }

  @Test
  void whatOnePassBringsIsOneEntryAndComesBackAsOneRunOfCompletions() {
    lead();
    Client a = client();
    Client b = client();
    home.now(() -> {
      a.submit(Request.Kind.WRITE, "SET", "x", "1");
      b.submit(Request.Kind.WRITE, "SET", "y", "2");
      a.submit(Request.Kind.WRITE, "APPEND", "x", "3");
    });
    home.pass();
    assertThat(log.proposed).hasSize(1);
    assertThat(items(apply())).hasSize(3);
    home.pass();
    assertThat(a.heard).containsExactly("SET OK", "APPEND 2");
    assertThat(b.heard).containsExactly("SET OK");
    assertThat(a.settled).isEqualTo(1);
    assertThat(b.settled).isEqualTo(1);
    assertThat(a.strand.isIdle()).isTrue();
  }

  @Test
  void whileAnEntryIsInFlightTheNextOneGathers() {
    lead();
    Client a = client();
    Client b = client();
    a.set("x", "1");
    home.pass();
    b.set("x", "2");
    home.pass();
    a.set("x", "3");
    home.pass();
    assertThat(log.proposed).hasSize(1);
    apply();
    assertThat(log.proposed).as("it leaves within apply, on the shard's loop").hasSize(1);
    assertThat(items(apply())).hasSize(2);
  }

  @Test
  void severalEntriesAreInFlightIfTheSettingsSaySo() {
    with(settings().withBatching(3, Duration.ZERO));
    lead();
    for (int i = 0; i < 5; i++) {
      client().set("k" + i, "v");
      home.pass();
    }
    assertThat(log.proposed).hasSize(3);
    apply();
    assertThat(log.proposed).hasSize(3);
    assertThat(shards.counters().batches()).isEqualTo(4);
  }

  @Test
  void theLingerWaitsForTheOthersAndTheTimerEndsIt() {
    lead();
    Client a = client();
    Client b = client();
    home.now(() -> {
      a.submit(Request.Kind.WRITE, "SET", "x", "1");
      b.submit(Request.Kind.WRITE, "SET", "y", "2");
    });
    home.pass();
    apply();
    home.pass();
    a.set("x", "3");
    home.pass();
    assertThat(log.proposed).as("b is busy, and waited for").isEmpty();
    nanos += settings().lingerNanos();
    home.pass();
    assertThat(log.proposed).hasSize(1);
  }

  @Test
  void anEntryIsBoundedInCommandsAndBytes() {
    with(settings().withEntryBytes(2000, 10_000).withBatching(1, Duration.ZERO));
    lead();
    Client a = client();
    home.now(() -> {
      for (int i = 0; i < 20; i++) {
        a.submit(Request.Kind.WRITE, "SET", "k" + i, "v".repeat(300));
      }
    });
    home.pass();
    int commands = 0;
    int entries = 0;
    while (!log.proposed.isEmpty()) {
      assertThat(log.proposed.getFirst().entry().remaining()).isLessThanOrEqualTo(2000);
      commands += items(apply()).size();
      entries++;
    }
    home.pass();
    assertThat(commands).isEqualTo(20);
    assertThat(entries).isGreaterThan(3);
    assertThat(a.heard).hasSize(20).allMatch("SET OK"::equals);
  }

  @Test
  void aCommandThatFitsNoEntryIsRefusedAndThoseBehindItGoOn() {
    with(settings().withEntryBytes(2000, 10_000));
    lead();
    Client a = client();
    home.now(() -> {
      a.submit(Request.Kind.WRITE, "SET", "big", "v".repeat(20_000));
      a.submit(Request.Kind.WRITE, "SET", "x", "1");
    });
    home.pass();
    apply();
    home.pass();
    assertThat(a.heard).containsExactly("SET Overloaded", "SET OK");
  }

  /**
   * An entry that a follower's log has no room for would stop that follower, and with two of them
   * the shard.
   */
  @Test
  void theLeastOfWhatTheNodesTakeBoundsACommand() {
    with(settings().withEntryBytes(2000, 10_000));
    lead();
    Client a = client();
    shards.longestEntryOfPeers(6000);
    set(a, "7000 bytes", 7000);
    shards.longestEntryOfPeers(8000);
    set(a, "7000 bytes", 7000);
    shards.longestEntryOfPeers(Integer.MAX_VALUE);
    set(a, "above its own bound", 11_000);
    assertThat(a.heard).containsExactly("SET Overloaded", "SET OK", "SET Overloaded");
  }

  private void set(Client client, String key, int bytes) {
    home.now(() -> client.submit(Request.Kind.WRITE, "SET", key, "v".repeat(bytes)));
    home.pass();
    while (!log.proposed.isEmpty()) {
      apply();
    }
    home.pass();
  }

  @Test
  void aTransactionIsOneItem() {
    lead();
    List<String> heard = new ArrayList<>();
    Client a = client();
    home.now(() ->
        a.strand.submit(
            new Request(
                new Item.Transaction(List.of(), List.of(argv("SET", "x", "1"), argv("GET", "x")))) {
              @Override
              protected void answered(Reply reply) {
                heard.add(show(reply));
              }

              @Override
              protected void failed(Failure failure) {
                heard.add(failure.toString());
              }
            }));
    home.pass();
    assertThat(items(apply())).hasSize(1);
    home.pass();
    assertThat(heard).containsExactly("[OK, 1]");
  }

  // ------------------------------------------------------------------------------ the table of §3

  @Test
  void whoDoesNotLeadRefusesBeforeTheLog() {
    lead();
    log.fall();
    Client a = client().set("x", "1");
    home.pass();
    assertThat(a.heard).containsExactly("SET NotLeader");
    assertThat(log.proposed).isEmpty();
  }

  @Test
  void theLogsRefusalsAreCertain() {
    lead();
    for (Proposal.Refusal why : Proposal.Refusal.values()) {
      Client a = client().set("x", "1");
      home.pass();
      Proposal proposal = log.proposed.removeFirst();
      loop.runNow(() -> proposal.refused(why));
      home.pass();
      String expected =
          switch (why) {
            case NOT_LEADER -> "SET NotLeader";
            case NOT_READY, CLOSED -> "SET NotReady";
            case OVERLOADED -> "SET Overloaded";
          };
      assertThat(a.heard).containsExactly(expected);
    }
  }

  /**
   * A pipeline met a leader that was not ready at its first half and ready at its second: the
   * second ran, the first could not be tried again behind it, and its client heard CLUSTERDOWN.
   */
  @Test
  void whatWasGatheredBehindARefusedBatchIsRefusedWithIt() {
    for (Proposal.Refusal why : List.of(Proposal.Refusal.NOT_READY, Proposal.Refusal.NOT_LEADER)) {
      with(settings());
      lead();
      Client a = client();
      a.set("x", "1");
      home.pass();
      a.set("x", "2");
      home.pass();
      Proposal first = log.proposed.removeFirst();
      loop.runNow(() -> first.refused(why));
      assertThat(log.proposed).as("nothing overtakes what was refused").isEmpty();
      home.pass();
      String refused = why == Proposal.Refusal.NOT_READY ? "SET NotReady" : "SET NotLeader";
      assertThat(a.heard).containsExactly(refused, refused);
      a.set("x", "3");
      home.pass();
      assertThat(items(apply())).as("and the next one goes on").hasSize(1);
    }
  }

  @Test
  void anOutcomeThatIsUnknownAtTheDeadlineIsSaidToBeUnknownAndNothingMore() {
    lead();
    shards.start();
    Client a = client().set("x", "1");
    home.pass();
    Proposal proposal = log.proposed.getFirst();
    loop.runNow(() -> proposal.unknown("leadership was lost"));
    home.pass();
    assertThat(a.heard).as("the real outcome is waited for").isEmpty();
    pass(5001);
    home.pass();
    assertThat(a.heard).containsExactly("SET Unknown");
    apply();
    home.pass();
    assertThat(a.heard).hasSize(1);
    assertThat(shards.counters().unknownOutcomes()).isEqualTo(1);
    Client b = client().get("x");
    home.pass();
    assertThat(b.heard).as("it happened all the same").containsExactly("GET 1");
  }

  @Test
  void aFormerLeaderStillGivesTheRealReply() {
    lead();
    Client a = client().set("x", "1");
    home.pass();
    Proposal proposal = log.proposed.removeFirst();
    log.fall();
    loop.runNow(() -> shard.leaderChanged(null, false));
    loop.runNow(() -> proposal.unknown("leadership was lost"));
    log.term++;
    // The log has lost the proposal: the entry's own name must lead back to it.
    loop.runNow(() -> shard.apply(log.term - 1, ++index, proposal.entry().duplicate(), null));
    home.pass();
    assertThat(a.heard).containsExactly("SET OK");
  }

  @Test
  void anEntryThatWasOvertakenCertainlyDidNotHappen() {
    lead();
    Client a = client().set("x", "1");
    home.pass();
    Proposal proposal = log.proposed.removeFirst();
    loop.runNow(() -> proposal.unknown("leadership was lost"));
    loop.runNow(proposal::overtaken);
    home.pass();
    assertThat(a.heard).containsExactly("SET NotLeader");
  }

  @Test
  void lostLeadershipFailsWhatWaitsAndKeepsWhatIsOpen() {
    lead();
    Client a = client().set("x", "1");
    home.pass();
    Client b = client().set("y", "1");
    home.pass();
    log.fall();
    log.hint = new LeaderHint(log.term + 1, OTHER);
    loop.runNow(() -> shard.leaderChanged(log.hint, false));
    home.pass();
    assertThat(a.heard).isEmpty();
    assertThat(b.heard).containsExactly("SET NotLeader");
  }

  @Test
  void whatTheLogDoesNotTakeInTimeCertainlyDidNotHappen() {
    lead();
    shards.start();
    client().set("x", "1");
    home.pass();
    Client waiting = client().set("y", "1");
    home.pass();
    pass(3001);
    home.pass();
    assertThat(waiting.heard).containsExactly("SET NotReady");
  }

  @Test
  void aSlotThatTheShardDoesNotOwnIsSaidAtApply() {
    log.lead(2);
    loop.runNow(() -> shard.leaderChanged(log.hint, true));
    loop.runNow(() -> shard.pass(2, ++index));
    committed();
    CompletableFuture<LogPosition> genesis =
        shard.propose(stamp -> new Entry.Genesis(stamp, new SipHash(1, 2)));
    apply();
    assertThat(genesis).isCompleted();
    Client a = client().set("x", "1");
    home.pass();
    apply();
    home.pass();
    a.get("x");
    home.pass();
    assertThat(a.heard).containsExactly("SET NotOwned", "GET NotOwned");
  }

  @Test
  void closingTellsWhatIsCertainAndWhatIsNot() {
    lead();
    Client open = client().set("x", "1");
    home.pass();
    Client waiting = client().set("y", "1");
    home.pass();
    shards.close();
    loop.pass();
    home.pass();
    assertThat(open.heard).containsExactly("SET Unknown");
    assertThat(waiting.heard).containsExactly("SET NotReady");
    assertThatThrownBy(() -> shard.propose(Entry.Advance::new).get(1, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ProposalException.class);
  }

  // ------------------------------------------------------------------------------ reads

  @Test
  void readsOfOnePassAreOneRound() {
    lead();
    threeVoters();
    Client a = client();
    Client b = client();
    home.now(() -> {
      a.submit(Request.Kind.READ, "GET", "x");
      b.submit(Request.Kind.READ, "GET", "x");
      a.submit(Request.Kind.READ, "STRLEN", "x");
    });
    home.pass();
    assertThat(asked).hasSize(2).allMatch(c -> c.round() == 1);
    assertThat(a.heard).isEmpty();
    answerRound();
    assertThat(a.heard).containsExactly("GET nil", "STRLEN 0");
    assertThat(b.heard).containsExactly("GET nil");
    assertThat(a.settled).isEqualTo(1);
    assertThat(shards.counters().readsConfirmed()).isEqualTo(3);
  }

  @Test
  void aReadBehindAnUnansweredWriteRidesInTheBatchAndIsNotInTheLog() {
    lead();
    threeVoters();
    Client a = client();
    home.now(() -> {
      a.submit(Request.Kind.READ, "GET", "x");
      a.submit(Request.Kind.WRITE, "SET", "x", "1");
      a.submit(Request.Kind.READ, "GET", "x");
      a.submit(Request.Kind.WRITE, "SET", "x", "2");
    });
    home.pass();
    a.get("x");
    home.pass();
    assertThat(asked).as("no round is needed").isEmpty();
    assertThat(items(apply())).hasSize(2);
    home.pass();
    assertThat(a.heard).containsExactly("GET nil", "SET OK", "GET 1", "SET OK");
    assertThat(items(apply())).as("a batch of reads only: its commit is their proof").isEmpty();
    home.pass();
    assertThat(a.heard).hasSize(5).last().isEqualTo("GET 2");
  }

  @Test
  void aWriteBehindAReadInARoundWaitsForIt() {
    lead();
    threeVoters();
    Client a = client().get("x");
    home.pass();
    home.now(() -> {
      a.submit(Request.Kind.WRITE, "SET", "x", "1");
      a.submit(Request.Kind.READ, "GET", "x");
    });
    home.pass();
    assertThat(log.proposed).isEmpty();
    answerRound();
    home.pass();
    assertThat(a.heard).containsExactly("GET nil");
    apply();
    home.pass();
    assertThat(a.heard).containsExactly("GET nil", "SET OK", "GET 1");
  }

  @Test
  void aReadWaitsUntilItsIndexIsApplied() {
    lead();
    threeVoters();
    Client writer = client().set("x", "1");
    home.pass();
    log.committed = index + 1; // committed, not yet applied
    Client a = client().get("x");
    home.pass();
    answerRound();
    assertThat(a.heard).isEmpty();
    apply();
    home.pass();
    assertThat(writer.heard).containsExactly("SET OK");
    assertThat(a.heard).containsExactly("GET 1");
  }

  @Test
  void aReadThatIsNotAppliedFarEnoughInTimeIsUnconfirmed() {
    lead();
    threeVoters();
    shards.start();
    log.committed = index + 1;
    Client a = client().get("x");
    home.pass();
    answerRound();
    pass(3001);
    home.pass();
    assertThat(a.heard).containsExactly("GET Unconfirmed");
    loop.runNow(() -> shard.pass(log.term, ++index));
    home.pass();
    assertThat(a.heard).hasSize(1);
  }

  @Test
  void aReadThatNobodyConfirmsIsUnconfirmed() {
    lead();
    threeVoters();
    Client a = client().get("x");
    home.pass();
    pass(1001);
    home.pass();
    assertThat(a.heard).containsExactly("GET Unconfirmed");
  }

  @Test
  void aStaleReadAsksNobody() {
    lead();
    client().set("x", "1");
    home.pass();
    apply();
    threeVoters();
    log.fall();
    Client a = client().send(Request.Kind.STALE_READ, "GET", "x");
    home.pass();
    assertThat(a.heard).containsExactly("GET 1");
    assertThat(asked).isEmpty();
  }

  @Test
  void aReplicaAsksTheLeaderAndAppliesUpToTheAnswer() {
    lead();
    client().set("x", "1");
    home.pass();
    Proposal write = log.proposed.removeFirst();
    log.fall();
    log.hint = new LeaderHint(9, OTHER);
    loop.runNow(() -> shard.leaderChanged(log.hint, false));
    Client a = client().send(Request.Kind.REPLICA_READ, "GET", "x");
    home.pass();
    IndexAsk question = indexesAsked.removeLast();
    home.now(() ->
        shards.onIndexAnswered(
            new IndexAnswer(question.incarnation(), question.number(), index + 1)));
    assertThat(a.heard).isEmpty();
    loop.runNow(() -> shard.apply(log.term, ++index, write.entry().duplicate(), null));
    home.pass();
    assertThat(a.heard).containsExactly("GET 1");
  }

  @Test
  void aReplicasReadIsAskedAgainAndGivenUpAtTheDeadline() {
    lead();
    shards.start();
    log.fall();
    log.hint = new LeaderHint(9, OTHER);
    Client a = client().send(Request.Kind.REPLICA_READ, "GET", "x");
    home.pass();
    pass(60);
    home.pass();
    assertThat(indexesAsked).hasSize(2);
    assertThat(indexesAsked.get(0)).isEqualTo(indexesAsked.get(1));
    pass(1001);
    home.pass();
    assertThat(a.heard).containsExactly("GET Unconfirmed");
  }

  @Test
  void theLeaderAnswersAReplicaWithAConfirmedIndex() {
    lead();
    threeVoters();
    List<IndexAnswer> answers = new ArrayList<>();
    home.now(() -> shards.onIndexAsked(new IndexAsk(5, 6, GROUP), answers::add));
    home.pass();
    assertThat(answers).isEmpty();
    answerRound();
    assertThat(answers).containsExactly(new IndexAnswer(5, 6, index));
    log.fall();
    home.now(() -> shards.onIndexAsked(new IndexAsk(5, 7, GROUP), answers::add));
    home.pass();
    assertThat(answers).last().isEqualTo(new IndexAnswer(5, 7, IndexAnswer.REFUSED));
  }

  // ------------------------------------------------------------------------------ time

  @Test
  void aReadBeyondADeadlineWaitsForATimeEntryAndOthersDoNot() {
    lead();
    Client a = client().send(Request.Kind.WRITE, "SET", "x", "1", "PX", "100");
    home.pass();
    apply();
    home.pass();
    pass(150);
    Client b = client().set("y", "1");
    a.get("x");
    home.pass();
    // b's write is in flight under a later stamp already, or not: either way a time entry decides.
    assertThat(a.heard).containsExactly("SET OK");
    Client c = client().get("y");
    home.pass();
    assertThat(c.heard).containsExactly("GET nil");
    a.get("y");
    home.pass();
    nanos += settings().readLingerNanos();
    home.pass();
    assertThat(a.heard).as("in its connection's order, behind the read of x").hasSize(1);
    while (!log.proposed.isEmpty()) {
      apply();
    }
    home.pass();
    assertThat(a.heard).containsExactly("SET OK", "GET nil", "GET 1");
    assertThat(b.heard).containsExactly("SET OK");
    assertThat(shards.counters().readsBehindTime()).isEqualTo(2);
  }

  @Test
  void readsThatWaitForTimeShareOneEntryAndFailWithIt() {
    lead();
    client().send(Request.Kind.WRITE, "SET", "x", "1", "PX", "100");
    home.pass();
    apply();
    pass(150);
    Client a = client().get("x");
    Client b = client().get("x");
    home.pass();
    assertThat(log.proposed).hasSize(1);
    Proposal time = log.proposed.removeFirst();
    assertThat(EntryCodec.decode(time.entry().duplicate())).isInstanceOf(Entry.Advance.class);
    loop.runNow(() -> time.unknown("leadership was lost"));
    loop.pass();
    home.pass();
    assertThat(a.heard).containsExactly("GET Unconfirmed");
    assertThat(b.heard).containsExactly("GET Unconfirmed");
  }

  @Test
  void theLeaderSweepsWhatHasExpired() {
    lead();
    shards.start();
    Client a = client();
    home.now(() -> {
      for (int i = 0; i < 700; i++) {
        a.submit(Request.Kind.WRITE, "SET", "k" + i, "v", "PX", "100");
      }
    });
    home.pass();
    apply();
    pass(200);
    home.pass();
    loop.pass();
    Entry sweep = apply();
    assertThat(((Entry.Sweep) sweep).keys()).hasSize(500);
    assertThat(((Entry.Sweep) apply()).keys()).as("the rest follows at once").hasSize(200);
    assertThat(log.proposed).isEmpty();
    assertThat(shards.counters().sweptKeys()).isEqualTo(700);
    CompletableFuture<Long> keys = shard.onLoop(machine -> machine.keys());
    loop.pass();
    assertThat(keys).isCompletedWithValue(0L);
  }

  // ------------------------------------------------------------------------------ bounds

  @Test
  void aPressedShardStopsItsConnectionsAndRelievesThem() {
    with(settings().withQueuedBytes(1000, 5000, 50_000));
    lead();
    Client a = client();
    for (int i = 0; i < 30; i++) {
      a.set("k" + i, "v");
      home.pass();
    }
    assertThat(a.mayGoOn).isFalse();
    while (!log.proposed.isEmpty()) {
      apply();
      home.pass();
    }
    assertThat(a.heard).hasSize(30).allMatch("SET OK"::equals);
    assertThat(a.relieved).isEqualTo(1);
    a.set("x", "1");
    assertThat(a.mayGoOn).isTrue();
  }

  @Test
  void beyondTheMaximumRequestsAreRefusedBeforeTheLog() {
    with(settings().withQueuedBytes(100, 200, 5000));
    lead();
    Client a = client();
    for (int i = 0; i < 40; i++) {
      a.set("k" + i, "v");
      home.pass();
    }
    assertThat(a.heard).isNotEmpty().allMatch("SET Overloaded"::equals);
    int refused = a.heard.size();
    while (!log.proposed.isEmpty()) {
      apply();
    }
    home.pass();
    assertThat(a.heard.stream().filter("SET OK"::equals)).hasSize(40 - refused);
    assertThat(shards.counters().overloads()).isEqualTo(refused);
  }

  // ------------------------------------------------------------------------------ the log's side

  @Test
  void anotherNodesBatchIsAppliedWithoutAnAsker() {
    lead();
    Entry.Batch theirs =
        new Entry.Batch(
            new BatchId(OTHER, INCARNATION, 1),
            wallMillis,
            List.of(new Item.Single(argv("SET", "x", "theirs"))));
    Client a = client().set("x", "mine");
    home.pass();
    loop.runNow(
        () -> shard.apply(log.term, ++index, ByteBuffer.wrap(EntryCodec.encode(theirs)), null));
    committed();
    assertThat(a.heard).isEmpty();
    Client b = client().get("x");
    home.pass();
    assertThat(b.heard).containsExactly("GET theirs");
  }

  @Test
  void aCheckIsDigestedBetweenTurns() {
    lead();
    Client a = client();
    home.now(() -> {
      for (int i = 0; i < 2000; i++) {
        a.submit(Request.Kind.WRITE, "SET", "k" + i, "v");
      }
    });
    home.pass();
    apply();
    CompletableFuture<LogPosition> check = shard.propose(stamp -> new Entry.Check(stamp, 77));
    apply();
    assertThat(check).isCompleted();
    assertThat(checks).isEmpty();
    loop.pass();
    assertThat(checks).hasSize(1);
    assertThat(checks.getFirst().checkId()).isEqualTo(77);
    assertThat(checks.getFirst().keys()).isEqualTo(2000);
  }

  @Test
  void aSnapshotIsAnExactCutWhileWritesGoOn() throws Exception {
    lead();
    Client a = client();
    home.now(() -> {
      for (int i = 0; i < 3000; i++) {
        a.submit(Request.Kind.WRITE, "SET", "k" + i, "old");
      }
    });
    home.pass();
    apply();
    List<SnapshotCut> cuts = new ArrayList<>();
    while (!log.proposed.isEmpty()) {
      apply();
    }
    loop.runNow(() -> cuts.add(shard.beginSnapshot()));
    SnapshotCut cut = cuts.getFirst();
    long at = index;
    assertThat(cut.position()).isEqualTo(new LogPosition(log.term, at));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CompletableFuture<Boolean> written = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            cut.writeTo(out);
            written.complete(true);
          } catch (IOException | RuntimeException e) {
            written.completeExceptionally(e);
          }
        });
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    int writes = 0;
    while (!written.isDone() && System.nanoTime() - deadline < 0) {
      loop.pass();
      if (writes < 200) {
        a.set("k" + (writes * 15), "new" + writes++);
        home.pass();
        apply();
      }
      Thread.onSpinWait();
    }
    assertThat(written.get(1, TimeUnit.SECONDS)).isTrue();
    cut.close();
    loop.pass();
    ShardReplicaTest other = new ShardReplicaTest();
    other.loop.runNow(() -> {
      try {
        other.shard.restore(cut.position(), new ByteArrayInputStream(out.toByteArray()));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
    CompletableFuture<String> old =
        other.shard.onLoop(machine ->
            machine.keys()
                + " "
                + show(
                    machine.read(
                        requireNonNull(TABLE.find(argv("GET", "k0"))), argv("GET", "k0"), 0, 0)));
    other.loop.pass();
    assertThat(old).isCompletedWithValue("3000 old");
    loop.runNow(() -> cuts.add(shard.beginSnapshot()));
    cuts.getLast().close();
    loop.pass();
    assertThatThrownBy(() -> cuts.getLast().writeTo(out))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("given up");
  }

  @Test
  void aConfirmedIndexIsToldToWhoeverWantsToWaitForIt() {
    lead();
    CompletableFuture<Long> confirmed = shards.confirmedIndex(GROUP);
    home.pass();
    assertThat(confirmed).isCompletedWithValue(index);
    log.fall();
    CompletableFuture<Long> refused = shards.confirmedIndex(GROUP);
    home.pass();
    assertThat(refused).isCompletedExceptionally();
    CompletableFuture<Long> unknown = shards.confirmedIndex(new GroupId(new UUID(9, 9)));
    home.pass();
    assertThat(unknown).isCompletedExceptionally();
  }

  @Test
  void aNodeAnswersForTheTermsOfTheGroupsThatItHas() {
    lead();
    Confirmed answer =
        shards.onConfirm(
            new Confirm(
                1,
                2,
                List.of(new GroupTerm(GROUP, 1), new GroupTerm(new GroupId(new UUID(9, 9)), 5))));
    assertThat(answer).isEqualTo(new Confirmed(1, 2, List.of(new GroupTerm(GROUP, log.term))));
  }
}
