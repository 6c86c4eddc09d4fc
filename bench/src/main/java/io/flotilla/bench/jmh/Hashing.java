package io.flotilla.bench.jmh;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The two hashes that every key is put through: the slot's CRC16, and the keyed one within it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Hashing {
  private final byte[][] keys = Sets.keys(1024);
  private final SipHash hash = new SipHash(3, 4);
  private int next;

  private byte[] key() {
    next = (next + 1) % keys.length;
    return keys[next];
  }

  /** The slot of a key of nine bytes or so. */
  @Benchmark
  public int slot() {
    return HashSlot.of(key());
  }

  /** The keyed hash of the same. */
  @Benchmark
  public long sipHash() {
    return hash.hash(key());
  }
}
