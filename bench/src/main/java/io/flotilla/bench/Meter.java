package io.flotilla.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts loads on targets for about as long as asked: how many commands fit is learnt from the run
 * before.
 */
final class Meter {
  /** Enough to be measured, little enough to be quick on the slowest target. */
  private static final long FIRST_REQUESTS_PER_CLIENT_AND_DEPTH = 40;

  /** Random keys, so many for each that there is: then one in a thousand and less is missing. */
  private static final long FILLING_PER_KEY = 8;

  private final Map<String, Double> rates = new HashMap<>();

  Sample measure(Target target, Load load, Duration duration) {
    String key = target.name() + " " + load;
    @Nullable Double known = rates.get(key);
    if (known == null) {
      long few = FIRST_REQUESTS_PER_CLIENT_AND_DEPTH * load.clients() * load.pipeline();
      known = run(target, load, few).perSecond();
    }
    long requests =
        Math.max(
            (long) load.clients() * load.pipeline(), (long) (known * duration.toMillis() / 1000));
    Lookups before = Lookups.of(target);
    Sample sample = run(target, load, requests);
    if (!before.foundUntil(Lookups.of(target))) {
      throw new BenchException(
          load + " at " + target.name() + " found no key too often: its figure says nothing");
    }
    rates.put(key, sample.perSecond());
    return sample;
  }

  /**
   * Writes the keys that loads will ask for. By redis-benchmark, since it alone knows which those
   * of a cluster are.
   */
  static void fill(Target target, int keys) {
    Load writes = new Load(Load.Kind.SET, 50, 64, keys);
    run(target, writes, FILLING_PER_KEY * keys * target.leaders());
  }

  private static Sample run(Target target, Load load, long requests) {
    StolenTime before = StolenTime.now();
    Sample sample =
        load.kind() == Load.Kind.MIXED
            ? PipelineLoad.run(target, load, requests)
            : RedisBenchmark.run(target, load, requests);
    return sample.whileStolen(before.percentUntil(StolenTime.now()));
  }

  /** Loads in turn until the time is over. */
  void warmUp(Target target, List<Load> loads, Duration duration) {
    Duration each = Duration.ofSeconds(Math.max(1, Math.min(8, duration.toSeconds() / 4)));
    long deadline = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() < deadline) {
      for (Load load : loads) {
        if (System.nanoTime() < deadline) {
          measure(target, load, each);
        }
      }
    }
  }
}
