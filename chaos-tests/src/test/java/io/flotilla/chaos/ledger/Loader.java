package io.flotilla.chaos.ledger;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.number;
import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.resp.RespValue;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Clients that write without pause while a test hurts the cluster, and keep a {@link Ledger}.
 *
 * <p>Each client is a thread with a raw client of its own and one command under way at a time. Keys
 * are few and spread over all slots, so that each shard is written to all the time. A pair is a
 * counter and a list of one slot, changed together by MULTI: whatever happens, both are equally
 * long.
 */
public final class Loader implements AutoCloseable {
  private static final int CLIENTS = 6;
  private static final int LISTS = 9;
  private static final int COUNTERS = 9;
  private static final int PAIRS = 6;
  private static final int REGISTERS_PER_CLIENT = 4;

  /** How long one command is tried, over redirects and refusals. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Leaves the processor to the nodes: this proves correctness, not speed. */
  private static final Duration BREATH = Duration.ofMillis(1);

  private final List<InetSocketAddress> nodes;
  private final String run;
  private final long seed;
  private final Ledger ledger = new Ledger();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
  private volatile boolean stopping;

  private Loader(List<InetSocketAddress> nodes, long seed) {
    this.nodes = List.copyOf(nodes);
    this.seed = seed;
    this.run = Long.toHexString(seed);
  }

  /** Begins to write. The seed decides what is written, not when; it is printed. */
  public static Loader start(List<InetSocketAddress> nodes, long seed) {
    System.out.println("Loader: seed " + seed);
    Loader loader = new Loader(nodes, seed);
    for (int client = 0; client < CLIENTS; client++) {
      int id = client;
      loader.threads.add(
          Thread.ofPlatform().name("loader-" + id).daemon(true).start(() -> loader.run(id)));
    }
    return loader;
  }

  private void run(int client) {
    Random random = new Random(seed + client);
    long[] versions = new long[REGISTERS_PER_CLIENT];
    long sequence = 0;
    try (SlotClient redis = new SlotClient(nodes, PATIENCE, random)) {
      while (!stopping) {
        sequence++;
        String value = client + "-" + sequence;
        int dice = random.nextInt(100);
        if (dice < 25) {
          push(redis, key("list", random.nextInt(LISTS)), value);
        } else if (dice < 45) {
          increment(redis, key("counter", random.nextInt(COUNTERS)));
        } else if (dice < 60) {
          writePair(redis, random.nextInt(PAIRS), value);
        } else if (dice < 65) {
          readPair(redis, random.nextInt(PAIRS));
        } else {
          int register = random.nextInt(REGISTERS_PER_CLIENT);
          String key = key("register", client * REGISTERS_PER_CLIENT + register);
          if (dice < 80) {
            set(redis, key, ++versions[register]);
          } else {
            get(redis, key);
          }
        }
        LockSupport.parkNanos(BREATH.toNanos());
      }
    } catch (RuntimeException | Error e) {
      fault.compareAndSet(null, e);
    }
  }

  private String key(String what, int number) {
    return run + ":" + what + ":" + number;
  }

  private String pairCounter(int pair) {
    return "{" + run + ":pair:" + pair + "}:n";
  }

  private String pairList(int pair) {
    return "{" + run + ":pair:" + pair + "}:l";
  }

  private void push(SlotClient redis, String key, String value) {
    switch (redis.say("RPUSH", key, value)) {
      case Outcome.Done d -> ledger.pushed(key, value, number(d.reply()));
      case Outcome.NotDone n -> ledger.notPushed(key, value);
      case Outcome.Unknown u -> ledger.pushUnknown(key, value);
    }
  }

  private void increment(SlotClient redis, String key) {
    switch (redis.say("INCR", key)) {
      case Outcome.Done d -> ledger.incremented(key, number(d.reply()));
      case Outcome.NotDone n -> ledger.notIncremented(key);
      case Outcome.Unknown u -> ledger.incrementUnknown(key);
    }
  }

  private void writePair(SlotClient redis, int pair, String value) {
    String counter = pairCounter(pair);
    String list = pairList(pair);
    switch (redis.sayInTransaction(
        List.of(new String[] {"INCR", counter}, new String[] {"RPUSH", list, value}))) {
      case Outcome.Done d -> {
        List<RespValue> replies = elements(d.reply());
        long count = number(replies.get(0));
        long length = number(replies.get(1));
        if (count != length) {
          ledger.violation("pair " + pair + ": counted " + count + " of a list of " + length);
        }
        ledger.incremented(counter, count);
        ledger.pushed(list, value, length);
      }
      case Outcome.NotDone n -> {
        ledger.notIncremented(counter);
        ledger.notPushed(list, value);
      }
      case Outcome.Unknown u -> {
        ledger.incrementUnknown(counter);
        ledger.pushUnknown(list, value);
      }
    }
  }

  private void readPair(SlotClient redis, int pair) {
    if (redis.sayInTransaction(
            List.of(new String[] {"GET", pairCounter(pair)}, new String[] {"LLEN", pairList(pair)}))
        instanceof Outcome.Done done) {
      List<RespValue> replies = elements(done.reply());
      long count = numberIn(replies.get(0));
      long length = number(replies.get(1));
      if (count != length) {
        ledger.violation("pair " + pair + ": read " + count + " of a list of " + length);
      }
    }
  }

  private void set(SlotClient redis, String key, long version) {
    switch (redis.say("SET", key, Long.toString(version))) {
      case Outcome.Done d -> {
        if (!text(d.reply()).equals("OK")) {
          ledger.violation("SET answered " + d.reply());
        }
        ledger.set(key, version);
      }
      case Outcome.NotDone n -> ledger.notSet(key);
      case Outcome.Unknown u -> ledger.setUnknown(key, version);
    }
  }

  private void get(SlotClient redis, String key) {
    if (redis.say("GET", key) instanceof Outcome.Done done) {
      ledger.read(key, numberIn(done.reply()));
    }
  }

  private static long numberIn(RespValue value) {
    return value instanceof RespValue.Null ? 0 : Long.parseLong(text(value));
  }

  /**
   * Waits until every key has been written to again, and so every shard; that is what "the cluster
   * serves" means to clients.
   */
  public void awaitProgress(Duration patience) {
    Map<String, Long> before = ledger.doneByKey();
    int keys = LISTS + COUNTERS + 2 * PAIRS + CLIENTS * REGISTERS_PER_CLIENT;
    Awaitility.await("every key is written to again")
        .atMost(patience)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> {
          throwFault();
          Map<String, Long> now = ledger.doneByKey();
          return now.size() == keys
              && now.entrySet().stream()
                  .allMatch(e -> e.getValue() > before.getOrDefault(e.getKey(), 0L));
        });
  }

  private void throwFault() {
    Throwable thrown = fault.get();
    if (thrown != null) {
      throw new AssertionError("a client of the loader failed", thrown);
    }
  }

  /** What was seen so far, in one line. */
  public String summary() {
    Ledger.Totals totals = ledger.totals();
    return totals.done()
        + " acknowledged, "
        + totals.notDone()
        + " certainly not done, "
        + totals.unknown()
        + " unknown (seed "
        + seed
        + ")";
  }

  /** How many commands were acknowledged so far. */
  public long acknowledged() {
    return ledger.totals().done();
  }

  /** Stops writing; whatever is under way comes to its end. */
  public void stop() {
    stopping = true;
    for (Thread thread : threads) {
      try {
        thread.join(PATIENCE.multipliedBy(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while clients end", e);
      }
      if (thread.isAlive()) {
        throw new AssertionError(thread + " does not end");
      }
    }
    throwFault();
  }

  /**
   * Reads everything back, once writing has stopped, and tells every break of the promise; empty
   * when all is well.
   */
  public List<String> violations() {
    try (SlotClient redis = new SlotClient(nodes, PATIENCE, new Random(seed))) {
      for (String key : ledger.listKeys()) {
        ledger.checkList(
            key,
            elements(answer(redis, "LRANGE", key, "0", "-1")).stream()
                .map(RespValue::text)
                .collect(Collectors.toList()));
      }
      for (String key : ledger.counterKeys()) {
        ledger.checkCounter(key, numberIn(answer(redis, "GET", key)));
      }
      for (String key : ledger.registerKeys()) {
        ledger.checkRegister(key, numberIn(answer(redis, "GET", key)));
      }
      for (int pair = 0; pair < PAIRS; pair++) {
        readPair(redis, pair);
      }
    }
    return ledger.violations();
  }

  private static RespValue answer(SlotClient redis, String... command) {
    return switch (redis.say(command)) {
      case Outcome.Done done -> done.reply();
      case Outcome.NotDone n -> throw new AssertionError(command[0] + " was refused: " + n.why());
      case Outcome.Unknown u -> throw new AssertionError(command[0] + " broke off: " + u.why());
    };
  }

  @Override
  public void close() {
    stopping = true;
  }
}
