package io.flotilla.statemachine.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A shard is one thread: a command that grows a table as a whole, or shrinks it, holds up
 * everybody. Every structure grows to so many elements here and goes again, one command at a time,
 * with reads in between, and no command that Redis documents as O(1) or O(log N) may take 10 ms.
 *
 * <p>What a collector or another process takes is not a command's: the same commands are given
 * several times over, and each counts with the shortest of its times. What a structure does, it
 * does at the same command each time. {@code -Dlongest.elements=1000000} asks for a million, which
 * is what docs/performance.md tells of.
 */
class LongestCommandTest {
  private static final int ELEMENTS = Integer.getInteger("longest.elements", 300_000);
  private static final int READS = 10_000;
  private static final int RUNS = 3;
  private static final Duration LONGEST = Duration.ofMillis(10);

  /** What it is made of, asked and unmade by: the i-th command of each. */
  record Shape(
      String name,
      IntFunction<byte[][]> grow,
      IntFunction<byte[][]> use,
      IntFunction<byte[][]> shrink) {
    /** All commands, in their order. */
    byte[][] command(int at) {
      if (at < ELEMENTS) {
        return grow.apply(at);
      }
      return at < ELEMENTS + READS ? use.apply(at - ELEMENTS) : shrink.apply(at - ELEMENTS - READS);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Shape> shapes() {
    return List.of(
        new Shape(
            "keys",
            i -> words("SET", "{k}" + i, "value"),
            i -> words("GET", "{k}" + scattered(i)),
            i -> words("DEL", "{k}" + scattered(i))),
        new Shape(
            "keys with deadlines",
            i -> words("SET", "{k}" + i, "value", "EX", Integer.toString(1_000_000 + scattered(i))),
            i -> words("TTL", "{k}" + scattered(i)),
            i -> words("PERSIST", "{k}" + scattered(i))),
        new Shape(
            "hash",
            i -> words("HSET", "k", "field:" + i, "value"),
            i -> words("HGET", "k", "field:" + scattered(i)),
            i -> words("HDEL", "k", "field:" + scattered(i))),
        new Shape(
            "fields with deadlines",
            i -> words("HSET", "k", "field:" + i, "value"),
            i ->
                words(
                    "HEXPIRE",
                    "k",
                    Integer.toString(1_000_000 + i),
                    "FIELDS",
                    "1",
                    "field:" + scattered(i)),
            i -> words("HDEL", "k", "field:" + scattered(i))),
        new Shape(
            "list",
            i -> words(i % 2 == 0 ? "RPUSH" : "LPUSH", "k", "element:" + i),
            i -> words("LINDEX", "k", Integer.toString(-i % 100)),
            i -> words(i % 3 == 0 ? "RPOP" : "LPOP", "k")),
        new Shape(
            "set",
            i -> words("SADD", "k", "member:" + i),
            i -> words("SISMEMBER", "k", "member:" + scattered(i)),
            i -> words("SREM", "k", "member:" + scattered(i))),
        new Shape(
            "set of integers",
            i -> words("SADD", "k", Integer.toString(scattered(i))),
            i -> words("SRANDMEMBER", "k"),
            i -> words("SPOP", "k")),
        new Shape(
            "sorted set",
            i -> words("ZADD", "k", Integer.toString(scattered(i)), "member:" + i),
            i ->
                switch (i % 4) {
                  case 0 -> words("ZRANK", "k", "member:" + scattered(i));
                  case 1 -> words("ZCOUNT", "k", "100", Integer.toString(scattered(i)));
                  case 2 ->
                      words(
                          "ZRANGE",
                          "k",
                          Integer.toString(scattered(i)),
                          Integer.toString(scattered(i) + 9));
                  default -> words("ZINCRBY", "k", "1000", "member:" + scattered(i));
                },
            i -> i % 2 == 0 ? words("ZREM", "k", "member:" + scattered(i)) : words("ZPOPMIN", "k")),
        new Shape(
            "stream",
            i -> words("XADD", "k", (i + 1) + "-1", "field", "value"),
            i -> words("XRANGE", "k", Integer.toString(scattered(i) + 1), "+", "COUNT", "10"),
            i -> words("XDEL", "k", (scattered(i) + 1) + "-1")));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  @Tag("slow")
  void noCommandHoldsUpTheOthers(Shape shape) {
    BareMachine machine = new BareMachine(new CommandTable(Families.ALL));
    machine.watchReads(false);
    long[] nanos = new long[2 * ELEMENTS + READS];
    Arrays.fill(nanos, Long.MAX_VALUE);
    for (int run = 0; run < RUNS; run++) {
      machine.fresh();
      for (int at = 0; at < nanos.length; at++) {
        byte[][] command = shape.command(at);
        long before = System.nanoTime();
        Reply reply = machine.answer(command);
        nanos[at] = Math.min(nanos[at], System.nanoTime() - before);
        if (reply instanceof Reply.Error) {
          throw new AssertionError(shown(command) + ": " + reply);
        }
      }
    }
    int longest = 0;
    for (int at = 1; at < nanos.length; at++) {
      longest = nanos[at] > nanos[longest] ? at : longest;
    }
    System.out.printf(
        "%s: %d elements, longest command %.3f ms: %s, number %d%n",
        shape, ELEMENTS, nanos[longest] / 1e6, shown(shape.command(longest)), longest);
    assertThat(Duration.ofNanos(nanos[longest]))
        .as("%s, the command number %d", shown(shape.command(longest)), longest)
        .isLessThan(LONGEST);
  }

  /** Every number below {@link #ELEMENTS} once, far from its neighbours. */
  private static int scattered(int i) {
    return (int) (i * 7_368_787L % ELEMENTS);
  }

  private static byte[][] words(String... words) {
    return Arrays.stream(words).map(Ascii::bytes).toArray(byte[][]::new);
  }

  private static String shown(byte[][] command) {
    List<String> words = new ArrayList<>();
    for (byte[] word : command) {
      words.add(Ascii.text(word));
    }
    return String.join(" ", words);
  }
}
