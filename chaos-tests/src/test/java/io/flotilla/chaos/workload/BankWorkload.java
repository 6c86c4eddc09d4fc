package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.number;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Banks of accounts in one slot each: transfers by MULTI, so that every read of all accounts has
 * the same sum, and no transaction is half done. Each transfer also sets a number that no other one
 * has, by which it is found in the log.
 */
public final class BankWorkload implements Workload {
  private static final int BANKS = 4;
  private static final int ACCOUNTS = 5;
  private static final long START = 100;

  /** A transfer, or a read of all where the amount is 0. */
  private record Action(String bank, int from, int to, long amount) {}

  private final String run;
  private final AtomicLong transfers = new AtomicLong();
  private final History<Action, List<Long>> history;

  public BankWorkload(String run, AtomicInteger processes) {
    this.run = run;
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "bank";
  }

  private String bank(int number) {
    return "{" + run + ":bank:" + number + "}";
  }

  private static String account(String bank, int number) {
    return bank + ":" + number;
  }

  @Override
  public void begin(Actor actor) {
    for (int i = 0; i < BANKS; i++) {
      String bank = bank(i);
      List<String[]> commands = new ArrayList<>();
      for (int account = 0; account < ACCOUNTS; account++) {
        commands.add(new String[] {"SET", account(bank, account), Long.toString(START)});
      }
      if (!Endings.untilDone(() -> actor.client().transaction(bank, commands))) {
        throw new AssertionError(bank + " could not be founded");
      }
    }
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String bank = bank(random.nextInt(BANKS));
    if (random.nextInt(3) == 0) {
      read(actor, bank);
      return;
    }
    int from = random.nextInt(ACCOUNTS);
    int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
    long amount = 1L + random.nextInt(10);
    String number = Long.toString(transfers.incrementAndGet());
    actor.perform(
        history,
        new Action(bank, from, to, amount),
        () ->
            actor
                .client()
                .transaction(
                    bank,
                    List.of(
                        new String[] {"DECRBY", account(bank, from), Long.toString(amount)},
                        new String[] {"INCRBY", account(bank, to), Long.toString(amount)},
                        new String[] {"SET", bank + ":last", number})),
        reply -> List.of(number(elements(reply).get(0)), number(elements(reply).get(1))));
  }

  private Ending<List<Long>> read(Actor actor, String bank) {
    String[] command = new String[1 + ACCOUNTS];
    command[0] = "MGET";
    for (int account = 0; account < ACCOUNTS; account++) {
      command[1 + account] = account(bank, account);
    }
    return actor.perform(
        history,
        new Action(bank, 0, 0, 0),
        () -> actor.client().say(command),
        reply -> elements(reply).stream().map(RespValue::text).map(Long::parseLong).toList());
  }

  @Override
  public boolean finish(Actor actor) {
    return IntStream.range(0, BANKS)
        .mapToObj(this::bank)
        .allMatch(bank -> Endings.untilDone(() -> read(actor, bank)));
  }

  @Override
  public List<String> judge() {
    List<String> violations = new ArrayList<>();
    for (Operation<Action, List<Long>> operation : history.operations()) {
      if (operation.action().amount == 0
          && operation.ending() instanceof Ending.Ok<List<Long>> ok
          && ok.result().stream().mapToLong(Long::longValue).sum() != ACCOUNTS * START) {
        violations.add(
            "bank " + operation.action().bank + ": the sum of " + ok.result() + " has changed");
      }
    }
    return violations;
  }

  @Override
  public List<? extends Operation<?, ?>> operations() {
    return history.operations();
  }
}
