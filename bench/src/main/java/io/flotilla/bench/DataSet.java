package io.flotilla.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;

/**
 * Data of one shape, the same for every server: written by the same commands in the same order.
 *
 * <p>A million elements each, so that what a server needs without data, and what an allocator
 * rounds up, is small beside it.
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
  HASHES("10 k hashes of 100 fields", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements / 100; i++) {
        String[] words = new String[202];
        words[0] = "HSET";
        words[1] = "hash:" + i;
        for (int j = 0; j < 100; j++) {
          words[2 + 2 * j] = "field:" + j;
          words[3 + 2 * j] = text(pipe.random, 16);
        }
        pipe.send(words);
      }
    }
  },
  SORTED_SET("a sorted set of 1 M members", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i += 100) {
        String[] words = new String[202];
        words[0] = "ZADD";
        words[1] = "sorted set";
        for (int j = 0; j < 100; j++) {
          words[2 + 2 * j] = Integer.toString(pipe.random.nextInt(1_000_000_000));
          words[3 + 2 * j] = "member:" + (i + j);
        }
        pipe.send(words);
      }
    }
  },
  LISTS("10 k lists of 100 elements", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements / 100; i++) {
        pipe.send(hundred(pipe, "RPUSH", "list:" + i, false));
      }
    }
  },
  LIST("a list of 1 M elements", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements / 100; i++) {
        pipe.send(hundred(pipe, "RPUSH", "list", false));
      }
    }
  },
  INTEGER_SETS("10 k sets of 100 integers", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements / 100; i++) {
        pipe.send(hundred(pipe, "SADD", "set:" + i, true));
      }
    }
  },
  INTEGER_SET("a set of 1 M integers", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements / 100; i++) {
        String[] words = new String[102];
        words[0] = "SADD";
        words[1] = "set";
        for (int j = 0; j < 100; j++) {
          // Every number once, in no order.
          long number = (i * 100L + j) * 2_654_435_761L % 4_294_967_291L;
          words[2 + j] = Long.toString(number);
        }
        pipe.send(words);
      }
    }
  },
  STREAM("a stream of 1 M entries of 3 fields", 1_000_000) {
    @Override
    void fill(Pipe pipe, int elements) throws IOException {
      for (int i = 0; i < elements; i++) {
        pipe.send(
            "XADD",
            "stream",
            (1_700_000_000_000L + i * 7L) + "-0",
            "sensor",
            Integer.toString(pipe.random.nextInt(1000)),
            "temperature",
            Integer.toString(pipe.random.nextInt(400)),
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

  private static String[] hundred(Pipe pipe, String command, String key, boolean integers) {
    String[] words = new String[102];
    words[0] = command;
    words[1] = key;
    for (int j = 0; j < 100; j++) {
      words[2 + j] =
          integers
              ? Integer.toString(j * 10_000 + pipe.random.nextInt(10_000))
              : text(pipe.random, 16);
    }
    return words;
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
