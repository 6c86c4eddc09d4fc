package io.flotilla.node.loading;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.PendingEntry;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * A large value as commands, each small enough for an entry of the log and for a turn of the shard.
 *
 * <p>A command is bounded (decision 0009), a value is not; and RESTORE of some megabytes would hold
 * the shard's turn for as long as it takes to decode them. What the commands of clients can build,
 * they build here: SETRANGE, RPUSH, SADD, ZADD, HSET with HPEXPIREAT, XADD with XGROUP and XCLAIM.
 *
 * <p>All of them but RPUSH and XADD can be said twice without harm, which is what {@link
 * Sink#piece} tells: a piece whose fate is unknown is then simply said again.
 */
final class Pieces {
  /** A piece is about this large: a millisecond or two of a shard's turn. */
  static final int PIECE_BYTES = 128 * 1024;

  /** What a command, and an argument, costs beside its bytes, roughly. */
  private static final int OVERHEAD_BYTES = 16;

  /** Takes pieces in their order. */
  interface Sink {
    /**
     * Some commands, to be done at one place in the log.
     *
     * @param repeatable whether they may be done twice in a row
     */
    void piece(List<byte[][]> commands, boolean repeatable);
  }

  private final byte[] key;
  private final Sink sink;
  private final boolean repeatable;
  private final List<byte[][]> commands = new ArrayList<>();
  private long bytes;

  private Pieces(byte[] key, Sink sink, boolean repeatable) {
    this.key = key;
    this.sink = sink;
    this.repeatable = repeatable;
  }

  /**
   * Writes a value under a key that does not exist.
   *
   * @return the pending entries that were left out: of entries that the stream has no more, which
   *     no command can make pending again
   */
  static long write(Value value, byte[] key, Sink sink) {
    boolean repeatable = !(value instanceof ListValue || value instanceof StreamValue);
    Pieces pieces = new Pieces(key, sink, repeatable);
    long leftOut = 0;
    switch (value) {
      case StringValue string -> pieces.string(string);
      case ListValue list -> {
        Run run = pieces.new Run("RPUSH");
        list.forEach(run::add);
        run.end();
      }
      case SetValue set -> {
        Run run = pieces.new Run("SADD");
        set.forEach(run::add);
        run.end();
      }
      case SortedSetValue set -> {
        Run run = pieces.new Run("ZADD");
        set.forEach((member, score) -> run.add(Ascii.bytes(Doubles.format(score)), member));
        run.end();
      }
      case HashValue hash -> pieces.hash(hash);
      case StreamValue stream -> leftOut = pieces.stream(stream);
    }
    pieces.flush();
    return leftOut;
  }

  /** The longest command that a value needs at least, in bytes: its longest element, about. */
  static long longest(Value value) {
    long[] longest = {0};
    switch (value) {
      case StringValue string -> longest[0] = Math.min(string.length(), PIECE_BYTES);
      case StreamValue stream ->
          stream.range(
              StreamId.MIN,
              StreamId.MAX,
              (id, fieldsAndValues) -> {
                long entry = 0;
                for (byte[] each : fieldsAndValues) {
                  entry += each.length;
                }
                longest[0] = Math.max(longest[0], entry);
                return true;
              });
      case HashValue hash ->
          hash.forEach((field, content) ->
              longest[0] = Math.max(longest[0], (long) field.length + content.length));
      case ListValue list ->
          list.forEach(element -> longest[0] = Math.max(longest[0], element.length));
      case SetValue set -> set.forEach(member -> longest[0] = Math.max(longest[0], member.length));
      case SortedSetValue set ->
          set.forEach((member, score) -> longest[0] = Math.max(longest[0], member.length));
    }
    return longest[0];
  }

  private void add(byte[]... command) {
    long size = 0;
    for (byte[] argument : command) {
      size += argument.length + OVERHEAD_BYTES;
    }
    if (bytes > 0 && bytes + size > PIECE_BYTES) {
      flush();
    }
    commands.add(command);
    bytes += size;
  }

  private void flush() {
    if (!commands.isEmpty()) {
      sink.piece(List.copyOf(commands), repeatable);
      commands.clear();
      bytes = 0;
    }
  }

  /** One command with as many arguments as fit a piece. */
  private final class Run {
    private final byte[] name;
    private final List<byte[]> arguments = new ArrayList<>();
    private long size;

    Run(String name) {
      this.name = Ascii.bytes(name);
    }

    void add(byte[]... more) {
      long grown = 0;
      for (byte[] each : more) {
        grown += each.length + OVERHEAD_BYTES;
      }
      if (size > 0 && size + grown > PIECE_BYTES) {
        end();
      }
      arguments.addAll(List.of(more));
      size += grown;
    }

    void end() {
      if (!arguments.isEmpty()) {
        arguments.add(0, key);
        arguments.add(0, name);
        Pieces.this.add(arguments.toArray(byte[][]::new));
        arguments.clear();
        size = 0;
      }
    }
  }

  private void string(StringValue string) {
    for (int at = 0; at < string.length(); at += PIECE_BYTES) {
      int end = Math.min(string.length(), at + PIECE_BYTES);
      add(Work.word("SETRANGE"), key, Work.word(at), string.range(at, end));
    }
  }

  private void hash(HashValue hash) {
    Run run = new Run("HSET");
    hash.forEach(run::add);
    run.end();
    if (hash.deadlines() > 0) {
      hash.forEach((field, content) -> {
        long deadline = hash.deadlineMillis(field);
        if (deadline >= 0) {
          byte[] one = Work.word(1);
          add(Work.word("HPEXPIREAT"), key, Work.word(deadline), Work.word("FIELDS"), one, field);
        }
      });
    }
  }

  private long stream(StreamValue stream) {
    byte[] xadd = Work.word("XADD");
    stream.range(
        StreamId.MIN,
        StreamId.MAX,
        (id, fieldsAndValues) -> {
          byte[][] command = new byte[fieldsAndValues.length + 3][];
          command[0] = xadd;
          command[1] = key;
          command[2] = Work.word(id.toString());
          System.arraycopy(fieldsAndValues, 0, command, 3, fieldsAndValues.length);
          add(command);
          return true;
        });
    add(
        Work.word("XSETID"),
        key,
        Work.word(stream.lastId().toString()),
        Work.word("ENTRIESADDED"),
        Work.word(stream.entriesAdded()),
        Work.word("MAXDELETEDID"),
        Work.word(stream.maxDeletedId().toString()));
    long leftOut = 0;
    for (StreamGroup group : stream.groups()) {
      leftOut += group(stream, group);
    }
    return leftOut;
  }

  private long group(StreamValue stream, StreamGroup group) {
    byte[] xgroup = Work.word("XGROUP");
    add(
        xgroup,
        Work.word("CREATE"),
        key,
        group.name(),
        Work.word(group.lastId().toString()),
        Work.word("ENTRIESREAD"),
        Work.word(group.entriesRead()));
    for (StreamConsumer consumer : group.consumers()) {
      add(xgroup, Work.word("CREATECONSUMER"), key, group.name(), consumer.name());
    }
    long leftOut = 0;
    PendingEntry entry = group.pendingFrom(StreamId.MIN);
    while (entry != null) {
      if (stream.contains(entry.id())) {
        add(
            Work.word("XCLAIM"),
            key,
            group.name(),
            entry.consumer().name(),
            Work.word(0),
            Work.word(entry.id().toString()),
            Work.word("TIME"),
            Work.word(entry.deliveredMillis()),
            Work.word("RETRYCOUNT"),
            Work.word(entry.deliveries()),
            Work.word("FORCE"),
            Work.word("JUSTID"));
      } else {
        leftOut++;
      }
      StreamId next = entry.id().next();
      entry = next == null ? null : group.pendingFrom(next);
    }
    return leftOut;
  }
}
