package io.flotilla.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Data of one shape, the same for every server: written by the same commands in the same order.
 *
 * <p>So many elements that the growth is far above what a server without data differs by from look
 * to look, some 40 MB: a million where each needs much, ten million and more where it needs little.
 */
enum DataSet {
  STRINGS("1 M strings of 64 bytes", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i++) {
        pipe.send("SET", String.format(Locale.ROOT, "key:%012d", i), text(pipe.random, 64));
      }
    }
  },
  HASHES("100 k hashes of 100 fields", 10_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        pipe.sendHundred("HSET", "hash:" + i, j -> List.of("field:" + j, text(pipe.random, 16)));
      }
    }
  },
  SORTED_SET("a sorted set of 4 M members", 4_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        int first = i;
        pipe.sendHundred(
            "ZADD",
            "sorted set",
            j -> List.of(integer(pipe.random, 1_000_000_000), "member:" + (first + j)));
      }
    }
  },
  SORTED_SETS("100 k sorted sets of 100 members", 10_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        pipe.sendHundred(
            "ZADD",
            "sorted set:" + i,
            j -> List.of(integer(pipe.random, 1_000_000_000), "member:" + j));
      }
    }
  },
  LISTS("100 k lists of 100 elements", 10_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        pipe.sendHundred("RPUSH", "list:" + i, j -> List.of(text(pipe.random, 16)));
      }
    }
  },
  LIST("a list of 10 M elements", 10_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        pipe.sendHundred("RPUSH", "list", j -> List.of(text(pipe.random, 16)));
      }
    }
  },
  INTEGER_SETS("400 k sets of 100 integers", 40_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        pipe.sendHundred(
            "SADD",
            "set:" + i,
            j -> List.of(Integer.toString(j * 10_000 + pipe.random.nextInt(10_000))));
      }
    }
  },
  INTEGER_SET("a set of 20 M integers", 20_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        long first = i;
        // Every number once, in no order.
        pipe.sendHundred(
            "SADD",
            "set",
            j -> List.of(Long.toString((first + j) * 2_654_435_761L % 4_294_967_291L)));
      }
    }
  },
  STREAM("a stream of 10 M entries of 3 fields", 10_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i++) {
        pipe.send(
            "XADD",
            "stream",
            (1_700_000_000_000L + i * 7L) + "-0",
            "sensor",
            integer(pipe.random, 1000),
            "temperature",
            integer(pipe.random, 400),
            "state",
            text(pipe.random, 8));
      }
    }
  };

  private final String words;
  private final int elements;

  DataSet(String words, int elements) {
    this.words = words;
    this.elements = elements;
  }

  /** The data set in words. */
  String words() {
    return words;
  }

  /** The number of elements (keys, where a key is one). */
  int elements(boolean quick) {
    return quick ? elements / 20 : elements;
  }

  abstract void fill(Pipe pipe, int count) throws IOException;

  /** Writes it all to the server at this port. */
  void fill(int port, int count) {
    try (Pipe pipe = new Pipe(port)) {
      fill(pipe, count);
      pipe.drain();
    } catch (IOException e) {
      throw new BenchException(words + " could not be written: " + e, e);
    }
  }

  private static String text(Random random, int length) {
    char[] text = new char[length];
    for (int i = 0; i < length; i++) {
      text[i] = (char) ('a' + random.nextInt(26));
    }
    return new String(text);
  }

  private static String integer(Random random, int bound) {
    return Integer.toString(random.nextInt(bound));
  }

  /** Commands in a pipeline, and one source of chance for all servers. */
  static final class Pipe implements AutoCloseable {
    private static final int DEPTH = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RespConnection connection;
    private final Random random = new Random(42);
    private int due;

    Pipe(int port) throws IOException {
      connection = new RespConnection(port, PATIENCE);
    }

    void send(String... command) throws IOException {
      connection.write(command);
      if (++due == DEPTH) {
        drain();
      }
    }

    /** One command with what the function gives for each of 0 to 99 behind its key. */
    void sendHundred(String command, String key, IntFunction<List<String>> words)
        throws IOException {
      send(
          Stream.concat(
                  Stream.of(command, key),
                  IntStream.range(0, 100).mapToObj(words).flatMap(List::stream))
              .toArray(String[]::new));
    }

    void drain() throws IOException {
      connection.flush();
      for (; due > 0; due--) {
        String answer = connection.read();
        if (answer.startsWith("-")) {
          throw new IOException("the server answered " + answer);
        }
      }
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }
}
