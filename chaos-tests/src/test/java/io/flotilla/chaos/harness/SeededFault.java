package io.flotilla.chaos.harness;

import java.util.List;

/**
 * A fault that is put into a copy of the product so that a chaos run shows whether it would find
 * it.
 *
 * <p>There is no switch for it in the product: the harness changes a copy of a source file,
 * compiles it against a distribution, and runs nodes of a copied distribution with those classes. A
 * release cannot reach what is not in it. If the source no longer reads as expected, the fault
 * cannot be made and says so, which fails the self-test.
 *
 * @param what what is wrong with the product then, in one sentence
 * @param edits what is changed
 * @param faults what the run that catches it does
 * @param workloads what its clients do
 * @param seconds how long one attempt is
 * @param foundBy what a violation that shows it says, one of these at least; others, which a busy
 *     machine may give too, are no proof
 */
record SeededFault(
    String name,
    String what,
    List<Edit> edits,
    List<String> faults,
    List<String> workloads,
    int seconds,
    List<String> foundBy) {
  /**
   * One change of one source file.
   *
   * @param file from the root of the repository
   * @param find what must stand there exactly once
   * @param replace what stands there instead
   */
  record Edit(String file, String find, String replace) {}

  /** What was told as certainly not done, and was read, or stands in the log. */
  private static final List<String> DONE_AFTER_ALL =
      List.of(
          "G1A: ",
          "said not to be done, and in the log",
          "and done at most",
          "was said not to be added",
          "was said not to be pushed");

  private static final List<String> STALE =
      List.of(
          "not linearizable",
          "read at no place that real time allows",
          "_REALTIME: ",
          "does not have it");

  private static final String DIGESTS_DIFFER = "VERIFY_VERDICT_DIFFER";

  private static final String NODE = "node/src/main/java/io/flotilla/node/";
  private static final String MACHINE = "statemachine/src/main/java/io/flotilla/statemachine/";

  /** All of them, in the order in which they are run. */
  static List<SeededFault> all() {
    return List.of(
        new SeededFault(
            "reply-before-commit",
            "a SET is acknowledged when its entry is handed to the log",
            List.of(
                new Edit(
                    NODE + "proposal/ShardProposer.java",
                    """
                              log.propose(batch);
                            }
                          } catch (RuntimeException | Error e) {
                    """,
                    """
                              log.propose(batch);
                              boolean onlySets =
                                  batch.batch().items().stream()
                                      .allMatch(item ->
                                          item instanceof io.flotilla.statemachine.log.Item.Single one
                                              && one.argv()[0].length == 3
                                              && (one.argv()[0][0] | 32) == 's');
                              if (onlySets && ended(batch)) {
                                Reply[] told = new Reply[batch.count];
                                java.util.Arrays.fill(told, Reply.OK);
                                batch.answer(told);
                              }
                            }
                          } catch (RuntimeException | Error e) {
                    """)),
            List.of("pause", "transfer"),
            List.of("register"),
            40,
            List.of("not linearizable", "acknowledged", "read at no place that real time allows")),
        new SeededFault(
            "read-without-round",
            "a leader answers reads without asking whether it still leads, as Ratis' own read path did",
            List.of(
                new Edit(
                    NODE + "proposal/ConfirmationRounds.java",
                    "          if (question.isAnswered()) {",
                    "          if (question.isAnswered() || point.term() >= 0) {"),
                new Edit(
                    NODE + "raft/Watchdog.java",
                    "  private void look() {",
                    "  private void look() {\n    if (System.nanoTime() != 0) {\n      return;\n    }")),
            List.of("isolate"),
            List.of("pinned"),
            60,
            STALE),
        new SeededFault(
            "not-leader-for-appended",
            "a write that was handed to the log is told as MOVED when leadership is lost",
            List.of(
                new Edit(
                    NODE + "proposal/ShardProposer.java",
                    """
                        failWaiting(new Failure.NotLeader(log.leader()), false);
                    """,
                    """
                        failWaiting(new Failure.NotLeader(log.leader()), false);
                        List<WriteBatch> told = new ArrayList<>();
                        synchronized (lock) {
                          for (WriteBatch batch : open.values()) {
                            batch.settled = true;
                            told.add(batch);
                          }
                          open.clear();
                        }
                        for (WriteBatch batch : told) {
                          batch.fail(new Failure.NotLeader(log.leader()));
                        }
                    """)),
            List.of("pause", "isolate"),
            List.of("append", "set", "queue"),
            90,
            DONE_AFTER_ALL),
        new SeededFault(
            "unknown-as-failure",
            "an unknown outcome is told as CLUSTERDOWN, which clients repeat",
            List.of(
                new Edit(
                    NODE + "session/Refusals.java",
                    "Reply.error(\"TIMEOUT outcome unknown: \" + unknown.why());",
                    "CLUSTER_DOWN;")),
            List.of("pause", "isolate", "halves"),
            List.of("append", "set", "counter"),
            60,
            DONE_AFTER_ALL),
        new SeededFault(
            "replica-read",
            "replicas answer reads of connections that did not ask for it",
            List.of(
                new Edit(
                    NODE + "session/Session.java",
                    "            readOnly && transaction == null && entry.how() == How.SHARD && !entry.changes();",
                    "            transaction == null && entry.how() == How.SHARD && !entry.changes();")),
            List.of("isolate", "transfer"),
            List.of("append", "register", "set"),
            60,
            STALE),
        new SeededFault(
            "local-clock",
            "each replica takes its own clock for machine time",
            List.of(
                new Edit(
                    MACHINE + "apply/ShardMachine.java",
                    "    machineTime = Math.max(machineTime, entry.stampMillis());",
                    "    machineTime = Math.max(machineTime, System.currentTimeMillis());")),
            List.of("stutter"),
            List.of("ttl"),
            20,
            List.of(DIGESTS_DIFFER)),
        new SeededFault(
            "chance-spop",
            "SPOP takes what chance gives each replica",
            List.of(
                new Edit(
                    MACHINE + "commands/sets/RandomMembers.java",
                    "      for (long rank : Sample.distinct(set.size(), count, context.dice())) {",
                    "      for (long rank :\n          new long[] {"
                        + "java.util.concurrent.ThreadLocalRandom.current().nextLong(set.size())}) {")),
            List.of("transfer"),
            List.of("pop"),
            20,
            List.of(DIGESTS_DIFFER, "was delivered")),
        new SeededFault(
            "ttl-lost-in-snapshot",
            "keys come out of a snapshot without their time to live",
            List.of(
                new Edit(
                    MACHINE + "snapshot/KeyCodec.java",
                    "ValueCodec.decode(source, keyspace.hash()), deadline, version);",
                    "ValueCodec.decode(source, keyspace.hash()), deadline < 0 ? deadline : Expirable.NEVER, version);")),
            List.of("kill", "snapshot"),
            List.of("ttl"),
            45,
            List.of(DIGESTS_DIFFER, "still there")),
        new SeededFault(
            "snapshot-time-ahead",
            "a snapshot's machine time is later than its data",
            List.of(
                new Edit(
                    MACHINE + "apply/ShardMachine.java",
                    "            .setMachineTimeMillis(machineTime)",
                    "            .setMachineTimeMillis(machineTime + 60_000)")),
            List.of("kill", "snapshot"),
            List.of("ttl"),
            45,
            List.of(DIGESTS_DIFFER)),
        new SeededFault(
            "snapshot-off-by-one",
            "a snapshot says that it is of the entry before its last, which is then applied twice",
            List.of(
                new Edit(
                    MACHINE + "apply/ShardMachine.java",
                    "            .setIndex(index)\n            .setMachineTimeMillis",
                    "            .setIndex(index - 1)\n            .setMachineTimeMillis"),
                new Edit(
                    MACHINE + "apply/ShardSnapshot.java",
                    "    this.index = index;",
                    "    this.index = index - 1;")),
            List.of("kill", "snapshot"),
            List.of("append", "counter", "queue"),
            60,
            List.of(DIGESTS_DIFFER, "DUPLICATE: ", "was delivered")),
        new SeededFault(
            "truncated-log",
            "a log that is shorter than what was said to be durable is accepted",
            List.of(
                new Edit(
                    NODE + "raft/LogPreflight.java",
                    "    if (end < mark.index()) {",
                    "    if (end < -1 - mark.index()) {"),
                new Edit(
                    NODE + "raft/LogPreflight.java",
                    "    boolean mayBeTorn = last && s.open && next > mark.index();",
                    "    boolean mayBeTorn = last && s.open;")),
            List.of("forget"),
            List.of("append", "register", "set"),
            60,
            List.of(
                "LOST_APPEND: ", "not linearizable", "and in the log 0 times", "does not have it")),
        new SeededFault(
            "out-of-order-apply",
            "followers apply the commands of an entry in the other order",
            List.of(
                new Edit(
                    NODE + "proposal/ShardReplica.java",
                    "          applyControl(term, index, entry);\n        }",
                    """
                      applyControl(
                          term,
                          index,
                          entry instanceof Entry.Batch b
                              ? new Entry.Batch(
                                  b.id(), b.stampMillis(), b.items().reversed())
                              : entry);
                    }\
                    """)),
            List.of("kill", "transfer"),
            List.of("append", "queue"),
            45,
            List.of(DIGESTS_DIFFER, "INCOMPATIBLE_ORDER: ", "was delivered")));
  }

  /** Whether this violation shows the fault, and not only that something is wrong. */
  boolean isShownBy(String violation) {
    return foundBy.stream().anyMatch(violation::contains);
  }
}
