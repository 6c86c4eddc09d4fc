package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.number;

import io.flotilla.chaos.check.ListAppend;
import io.flotilla.chaos.check.Transaction;
import io.flotilla.chaos.check.Transaction.Answer;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Transactions of RPUSH and LRANGE over lists of one slot, checked for strict serializability.
 *
 * <p>As in Jepsen's test of Redis on Raft: one to four steps, MULTI and EXEC where there is more
 * than one, lists that are left after some hundred appends. The lists of a group share a hash tag;
 * the groups lie in several shards.
 */
public final class ListAppendWorkload implements Workload {
  private static final int GROUPS = 4;
  private static final int LISTS_PER_GROUP = 3;
  private static final int APPENDS_PER_LIST = 100;
  private static final int MOST_STEPS = 4;

  private final String run;
  private final History<Transaction, Answer> history;
  private final AtomicLong values = new AtomicLong();
  private final Map<String, AtomicInteger> appends = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> generations = new ConcurrentHashMap<>();
  private final Set<String> used = ConcurrentHashMap.newKeySet();

  public ListAppendWorkload(String run, AtomicInteger processes) {
    this.run = run;
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "append";
  }

  @Override
  public int clients(int nodes) {
    return 4;
  }

  private String list(Random random) {
    return "{" + run + ":append:" + random.nextInt(GROUPS) + "}:" + random.nextInt(LISTS_PER_GROUP);
  }

  /** The list that stands in this place now. */
  private String current(String place) {
    String key = place + ":" + generations.computeIfAbsent(place, p -> new AtomicInteger()).get();
    used.add(key);
    return key;
  }

  private void appended(String place) {
    int count = appends.computeIfAbsent(place, p -> new AtomicInteger()).incrementAndGet();
    if (count % APPENDS_PER_LIST == 0) {
      generations.computeIfAbsent(place, p -> new AtomicInteger()).incrementAndGet();
    }
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String first = list(random);
    String group = first.substring(0, first.indexOf('}') + 1);
    boolean onlyReads = actor.onlyReads();
    List<Transaction.Step> steps = new ArrayList<>();
    for (int i = random.nextInt(MOST_STEPS); i >= 0; i--) {
      String place = group + ":" + random.nextInt(LISTS_PER_GROUP);
      if (!onlyReads && random.nextBoolean()) {
        steps.add(new Transaction.Append(current(place), values.incrementAndGet()));
        appended(place);
      } else {
        steps.add(new Transaction.Read(current(place)));
      }
    }
    perform(actor, new Transaction(List.copyOf(steps), false));
  }

  private Ending<Answer> perform(Actor actor, Transaction transaction) {
    List<String[]> commands =
        transaction.steps().stream().map(ListAppendWorkload::command).toList();
    return actor.perform(
        history,
        transaction,
        () ->
            commands.size() == 1
                ? actor.client().say(commands.getFirst())
                : actor.client().transaction(commands.getFirst()[1], commands),
        reply -> answer(transaction, commands.size() == 1 ? List.of(reply) : elements(reply)));
  }

  private static String[] command(Transaction.Step step) {
    return switch (step) {
      case Transaction.Append append ->
          new String[] {"RPUSH", append.key(), Long.toString(append.value())};
      case Transaction.Read read -> new String[] {"LRANGE", read.key(), "0", "-1"};
    };
  }

  private static Answer answer(Transaction transaction, List<RespValue> replies) {
    if (replies.size() != transaction.steps().size()) {
      throw new AssertionError(replies.size() + " answers to " + transaction);
    }
    List<List<Long>> reads = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      switch (transaction.steps().get(i)) {
        case Transaction.Append append -> {
          if (number(replies.get(i)) < 1) {
            throw new AssertionError("a list of " + replies.get(i));
          }
        }
        case Transaction.Read read ->
            reads.add(
                elements(replies.get(i)).stream()
                    .map(RespValue::text)
                    .map(Long::parseLong)
                    .toList());
      }
    }
    return new Answer(List.copyOf(reads));
  }

  @Override
  public boolean finish(Actor actor) {
    return used.stream()
        .allMatch(key -> Endings.untilDone(() -> perform(actor, Transaction.lastRead(key))));
  }

  @Override
  public List<String> judge() {
    return ListAppend.check(operations()).stream().map(Object::toString).toList();
  }

  @Override
  public List<Operation<Transaction, Answer>> operations() {
    return history.operations();
  }
}
