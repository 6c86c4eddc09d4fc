package io.flotilla.node.session;

import io.flotilla.statemachine.bytes.Ascii;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The latest commands that took long. As in Redis, the time is how long a shard's machine, or the
 * node, was busy with the command: it tells which commands hold others up. What clients waited,
 * with queues and replication, is in the metrics and in LATENCY HISTOGRAM. A command that cannot be
 * slow (Redis calls it fast, and its arguments are few) counts as nothing.
 *
 * <p>Any thread; only slow commands take its lock. Arguments are kept as Redis keeps them: the
 * first of them, and of each the first bytes.
 */
public final class SlowLog {
  private static final int MAX_ARGUMENTS = 32;
  private static final int MAX_ARGUMENT_BYTES = 128;

  /** A slow command. */
  public record Entry(
      long id, long unixSeconds, long micros, List<byte[]> arguments, String client, String name) {}

  private final Deque<Entry> entries = new ArrayDeque<>();
  private long nextId;

  /** Adds a command, and drops the oldest beyond the length. */
  public synchronized void add(
      long unixSeconds, long micros, byte[][] argv, String client, String name, int maxLength) {
    entries.addFirst(new Entry(nextId++, unixSeconds, micros, brief(argv), client, name));
    while (entries.size() > maxLength) {
      entries.removeLast();
    }
  }

  /** The latest, newest first. */
  public synchronized List<Entry> latest(int count) {
    return entries.stream().limit(count).toList();
  }

  /** How many there are. */
  public synchronized int length() {
    return entries.size();
  }

  /** Forgets all. */
  public synchronized void reset() {
    entries.clear();
  }

  private static List<byte[]> brief(byte[][] argv) {
    List<byte[]> arguments = new ArrayList<>();
    for (int i = 0; i < argv.length; i++) {
      if (argv.length > MAX_ARGUMENTS && i == MAX_ARGUMENTS - 1) {
        arguments.add(
            Ascii.bytes("... (" + (argv.length - MAX_ARGUMENTS + 1) + " more arguments)"));
        break;
      }
      byte[] argument = argv[i];
      if (argument.length > MAX_ARGUMENT_BYTES) {
        arguments.add(
            Ascii.bytes(
                Ascii.text(argument).substring(0, MAX_ARGUMENT_BYTES)
                    + "... ("
                    + (argument.length - MAX_ARGUMENT_BYTES)
                    + " more bytes)"));
      } else {
        arguments.add(argument);
      }
    }
    return arguments;
  }
}
