package io.flotilla.statemachine.command;

/**
 * Chance that every replica throws alike: SplitMix64 from a seed of (group, log index, place in the
 * entry). A read, which only the leader runs, is given a seed of the node's own.
 */
public final class Dice {
  private long state;

  /** Dice from this seed. */
  public Dice(long seed) {
    state = seed;
  }

  /** Begins anew from another seed. */
  public void reseed(long seed) {
    state = seed;
  }

  /**
   * The next 64 bits. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
   * 2014.
   */
  public long next() {
    state += 0x9e3779b97f4a7c15L;
    return mix(state);
  }

  /** A number from 0 to {@code bound} − 1, evenly. */
  public long below(long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("no number is below " + bound);
    }
    long limit = Long.MAX_VALUE - Long.MAX_VALUE % bound;
    long bits = next() >>> 1;
    while (bits >= limit) {
      bits = next() >>> 1;
    }
    return bits % bound;
  }

  /** A seed mixed of several numbers. */
  public static long seed(long one, long two, long three) {
    return mix(mix(mix(one) + two) + three);
  }

  private static long mix(long bits) {
    long z = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
