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
    all.put("queue", QueueWorkload::new);
    all.put("pop", PopWorkload::new);
    all.put("bank", BankWorkload::new);
    all.put("ttl", ExpiryWorkload::new);
    all.put("pinned", PinnedWorkload::new);
    all.put("jedis", LibraryWorkload::jedis);
    all.put("lettuce", LibraryWorkload::lettuce);
    return all;
  }

  /** What is not run, and why. */
  public static List<String> off() {
    return List.of(
        "blpop: the queue pops by RPOP, as the commands that block have not landed",
        "pubsub: PUBLISH and SUBSCRIBE have not landed",
        "script: EVAL and FCALL have not landed");
  }
}
