package io.flotilla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * A load of one command on one large value, or on keys of one slot, that redis-benchmark makes:
 * what each run needs to find there is put there before it, and is no part of the figure.
 *
 * @param kind which command
 * @param pipeline how many commands a connection sends before it waits
 */
record FamilyLoad(Kind kind, int pipeline) {
  /** How many members, fields and keys there are, drawn evenly. */
  static final int MEMBERS = 100_000;

  private static final int CLIENTS = 50;
  private static final Duration PATIENCE = Duration.ofMinutes(9);
  private static final String DRAWN = "__rand_int__";
  private static final String VALUE = "x".repeat(Load.VALUE_BYTES);

  /** As many members in one SADD. */
  private static final int FILLED_AT_ONCE = 1000;

  /** Which command. */
  enum Kind {
    LPUSH("LPUSH {b}list " + VALUE),
    LRANGE_100("LRANGE {b}hundred 0 99"),
    HSET("HSET {b}hash field:" + DRAWN + " " + VALUE),
    SADD("SADD {b}set member:" + DRAWN),
    SPOP("SPOP {b}pops"),
    ZADD("ZADD {b}zset " + DRAWN + " member:" + DRAWN),
    XADD("XADD {b}stream * field " + VALUE),
    MSET("MSET" + (" {b}key:" + DRAWN + " " + VALUE).repeat(10));

    private final String line;

    Kind(String line) {
      this.line = line;
    }

    List<String> words() {
      return List.of(line.split(" ", -1));
    }
  }

  /** Puts there what the command needs, and lets so many run. */
  Sample run(Target target, long requests) {
    try (RespConnection connection = new RespConnection(target.port(), PATIENCE)) {
      prepare(connection, requests);
    } catch (IOException e) {
      throw new BenchException(this + " cannot be prepared at " + target.name() + ": " + e, e);
    }
    List<String> line =
        new ArrayList<>(
            List.of(
                "redis-benchmark",
                "-p",
                Integer.toString(target.port()),
                "-c",
                Integer.toString(CLIENTS),
                "-P",
                Integer.toString(pipeline),
                "-r",
                Integer.toString(MEMBERS),
                "-n",
                Long.toString(requests),
                "--csv"));
    line.addAll(kind.words());
    return RedisBenchmark.parse(kind.line, Commands.run(PATIENCE, Path.of("."), line));
  }

  /**
   * Values that grow begin anew, so that each run sees the same; a set that is popped from holds as
   * many members as will be popped.
   */
  private void prepare(RespConnection connection, long requests) throws IOException {
    switch (kind) {
      case LPUSH, XADD -> say(connection, "DEL", kind.words().get(1));
      case LRANGE_100 -> {
        say(connection, "DEL", "{b}hundred");
        List<String> push = new ArrayList<>(List.of("RPUSH", "{b}hundred"));
        push.addAll(Collections.nCopies(100, VALUE));
        say(connection, push.toArray(String[]::new));
      }
      case SPOP -> {
        say(connection, "DEL", "{b}pops");
        for (long i = 0; i < requests; i += FILLED_AT_ONCE) {
          List<String> add = new ArrayList<>(List.of("SADD", "{b}pops"));
          for (long member = i; member < Math.min(requests, i + FILLED_AT_ONCE); member++) {
            add.add("member:" + member);
          }
          say(connection, add.toArray(String[]::new));
        }
      }
      case HSET, SADD, ZADD, MSET -> {} // the same number of members, however often it runs
    }
  }

  private static void say(RespConnection connection, String... words) throws IOException {
    String answer = connection.call(words);
    if (answer.startsWith("-")) {
      throw new BenchException(words[0] + " was answered " + answer);
    }
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(Locale.ROOT) + " c=" + CLIENTS + " P=" + pipeline;
  }
}
