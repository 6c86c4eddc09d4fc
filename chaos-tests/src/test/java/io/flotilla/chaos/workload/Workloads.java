package io.flotilla.chaos.workload;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/** The workloads that there are, and those that wait for their commands. */
public final class Workloads {
  private Workloads() {}

  /** Makes workloads by name; probes are made apart. */
  public static Map<String, BiFunction<String, AtomicInteger, Workload>> all() {
    Map<String, BiFunction<String, AtomicInteger, Workload>> all = new LinkedHashMap<>();
    all.put("append", ListAppendWorkload::new);
    all.put("register", RegisterWorkload::registers);
    all.put("watch", RegisterWorkload::watches);
    all.put("counter", CounterWorkload::new);
    all.put("set", SetWorkload::new);
    all.put("queue", QueueWorkload::queues);
    all.put("pop", PopWorkload::new);
    all.put("bank", BankWorkload::new);
    all.put("ttl", ExpiryWorkload::new);
    all.put("pinned", PinnedWorkload::new);
    all.put("jedis", LibraryWorkload::jedis);
    all.put("lettuce", LibraryWorkload::lettuce);
    return all;
  }

  /** One that waits for its commands, and why it is not run. */
  public record Waiting(BiFunction<String, AtomicInteger, Workload> making, String why) {}

  /**
   * Those that are ready, and judged against a real Redis, but switched off: their commands have
   * not landed.
   */
  public static Map<String, Waiting> waiting() {
    Map<String, Waiting> waiting = new LinkedHashMap<>();
    waiting.put(
        "blpop", new Waiting(QueueWorkload::waiting, "the commands that block have not landed"));
    waiting.put(
        "pubsub", new Waiting(PubSubWorkload::new, "PUBLISH and SUBSCRIBE have not landed"));
    waiting.put("script", new Waiting(RegisterWorkload::scripts, "EVAL and FCALL have not landed"));
    return waiting;
  }

  /** What is not run, and why. */
  public static List<String> off() {
    return waiting().entrySet().stream().map(w -> w.getKey() + ": " + w.getValue().why()).toList();
  }
}
