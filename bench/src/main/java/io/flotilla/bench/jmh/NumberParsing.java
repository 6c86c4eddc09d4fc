package io.flotilla.bench.jmh;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Scores of sorted sets, from what a client sends and into what it is answered. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NumberParsing {
  private final double[] numbers = new Random(7).doubles(1024, 0, 1e6).toArray();
  private final byte[][] whole = new byte[numbers.length][];
  private final byte[][] fractions = new byte[numbers.length][];
  private int next;

  /** The same numbers in both notations. */
  public NumberParsing() {
    for (int i = 0; i < numbers.length; i++) {
      whole[i] = Ascii.bytes(Long.toString((long) numbers[i]));
      fractions[i] = Ascii.bytes(Doubles.format(numbers[i]));
    }
  }

  private int next() {
    next = (next + 1) % numbers.length;
    return next;
  }

  /** A score that is a whole number, as most are. */
  @Benchmark
  public double parseWhole() {
    return Doubles.parse(whole[next()]);
  }

  /** A score of 17 significant digits. */
  @Benchmark
  public double parseFraction() {
    return Doubles.parse(fractions[next()]);
  }

  /** The shortest digits that mean a number. */
  @Benchmark
  public String format() {
    return Doubles.format(numbers[next()]);
  }
}
