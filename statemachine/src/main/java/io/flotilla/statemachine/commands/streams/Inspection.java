package io.flotilla.statemachine.commands.streams;

import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;
import static io.flotilla.statemachine.command.Row.container;
import static io.flotilla.statemachine.command.Row.fixed;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Help;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.PendingEntry;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** XINFO and XPENDING: how streams and their groups stand. */
final class Inspection {
  /** How many entries XINFO STREAM FULL tells of each list where no COUNT is said. */
  private static final long DEFAULT_COUNT = 10;

  static List<Row> rows() {
    return List.of(
        read(
                "XPENDING key group [[IDLE min-idle-time] start end count [consumer]]",
                Inspection::xpending)
            .summary("Tells what is pending in a group: in sum, or entry by entry.")
            .since("5.0.0")
            .complexity("O(log(N)+M) for M entries looked at of N, or for M consumers")
            .tips("nondeterministic_output"),
        container("XINFO")
            .summary("Commands on how streams and their groups stand.")
            .since("5.0.0")
            .complexity("Depends on the subcommand"),
        read("XINFO CONSUMERS key group", Inspection::consumers)
            .summary("Tells the consumers of a group.")
            .since("5.0.0")
            .complexity("O(N) for N consumers")
            .tips("nondeterministic_output"),
        read("XINFO GROUPS key", Inspection::groups)
            .summary("Tells the groups of a stream.")
            .since("5.0.0")
            .complexity("O(N) for N groups"),
        read("XINFO STREAM key [FULL [COUNT count]]", Inspection::stream)
            .summary("Tells how a stream stands, or all about it.")
            .since("5.0.0")
            .complexity("O(N) for the N blocks that are counted, and what FULL tells"),
        fixed(
                "XINFO HELP",
                Help.reply(
                    "XINFO",
                    "CONSUMERS <key> <groupname>",
                    "    Show consumers of <groupname>.",
                    "GROUPS <key>",
                    "    Show the stream consumer groups.",
                    "STREAM <key> [FULL [COUNT <count>]",
                    "    Show information about the stream."))
            .summary("Tells the subcommands.")
            .since("5.0.0")
            .complexity("O(1)")
            .flags(LOADING, STALE));
  }

  private Inspection() {}

  // ---------------------------------------------------------------- XPENDING

  private static Reply xpending(ReadContext context, Arguments arguments) {
    int count = arguments.count();
    if (count != 3 && (count < 6 || count > 9)) {
      throw arguments.syntaxError();
    }
    if (count == 3) {
      return summary(group(context, arguments));
    }
    int start = 3;
    long minIdle = 0;
    if (arguments.is(3, "IDLE")) {
      minIdle = arguments.integer(4);
      if (count < 8) {
        throw arguments.syntaxError();
      }
      start = 5;
    }
    final long most = Math.max(0, arguments.integer(start + 2));
    StreamId from = StreamIds.startAt(arguments, start);
    StreamId to = StreamIds.endAt(arguments, start + 1);
    byte[] consumerName = start + 3 < count ? arguments.at(start + 3) : null;
    StreamGroup group = group(context, arguments);
    StreamConsumer consumer = consumerName == null ? null : group.consumer(consumerName);
    if (consumerName != null && consumer == null) {
      return Reply.EMPTY_ARRAY;
    }
    List<Reply> told = new ArrayList<>();
    StreamId next = from;
    while (next != null && told.size() < most) {
      PendingEntry pending = pendingFrom(group, consumer, next);
      if (pending == null || pending.id().isAfter(to)) {
        break;
      }
      long idle = context.nowMillis() - pending.deliveredMillis();
      if (minIdle == 0 || idle >= minIdle) {
        told.add(
            Reply.array(
                StreamIds.reply(pending.id()),
                Reply.bulk(pending.consumer().name()),
                Reply.integer(Math.max(0, idle)),
                Reply.integer(pending.deliveries())));
      }
      next = pending.id().next();
    }
    return Reply.array(told);
  }

  private static StreamGroup group(ReadContext context, Arguments arguments) {
    StreamValue stream = context.read(arguments.at(1), DataType.STREAM);
    StreamGroup group = stream == null ? null : stream.group(arguments.at(2));
    if (group == null) {
      throw Groups.noKeyOrGroup(arguments);
    }
    return group;
  }

  /** The next pending entry, of this consumer if there is one. */
  private static @Nullable PendingEntry pendingFrom(
      StreamGroup group, @Nullable StreamConsumer consumer, StreamId from) {
    if (consumer == null) {
      return group.pendingFrom(from);
    }
    StreamId id = consumer.pendingFrom(from);
    return id == null ? null : group.pending(id);
  }

  private static Reply summary(StreamGroup group) {
    PendingEntry first = group.pendingFrom(StreamId.MIN);
    PendingEntry last = group.lastPending();
    if (first == null || last == null) {
      return Reply.array(Reply.ZERO, Reply.NIL, Reply.NIL, Reply.NIL_ARRAY);
    }
    List<Reply> consumers = new ArrayList<>();
    for (StreamConsumer consumer : group.consumers()) {
      if (consumer.pendingCount() > 0) {
        consumers.add(
            Reply.array(
                Reply.bulk(consumer.name()), Reply.bulk(Long.toString(consumer.pendingCount()))));
      }
    }
    return Reply.array(
        Reply.integer(group.pendingCount()),
        StreamIds.reply(first.id()),
        StreamIds.reply(last.id()),
        Reply.array(consumers));
  }

  // ---------------------------------------------------------------- XINFO

  /** A map in the making. */
  private static final class Fields {
    private final List<Reply> all = new ArrayList<>();

    Fields add(String name, Reply value) {
      all.add(Reply.bulk(name));
      all.add(value);
      return this;
    }

    Fields add(String name, long value) {
      return add(name, Reply.integer(value));
    }

    Fields add(String name, StreamId id) {
      return add(name, StreamIds.reply(id));
    }

    Reply reply() {
      return new Reply.Map(all);
    }
  }

  private static StreamValue inspected(ReadContext context, Arguments arguments) {
    StreamValue stream = context.read(arguments.at(2), DataType.STREAM);
    if (stream == null) {
      throw new CommandException(Errors.NO_SUCH_KEY);
    }
    return stream;
  }

  private static Reply known(long count) {
    return count == StreamGroup.UNKNOWN ? Reply.NIL : Reply.integer(count);
  }

  private static Reply lag(StreamValue stream, StreamGroup group) {
    OptionalLong lag = stream.lagOf(group);
    return lag.isPresent() ? Reply.integer(lag.getAsLong()) : Reply.NIL;
  }

  private static Reply consumers(ReadContext context, Arguments arguments) {
    StreamGroup group = inspected(context, arguments).group(arguments.at(3));
    if (group == null) {
      throw Groups.noGroup(arguments, 2);
    }
    List<Reply> told = new ArrayList<>();
    long now = context.nowMillis();
    for (StreamConsumer consumer : group.consumers()) {
      long active = consumer.activeMillis();
      told.add(
          new Fields()
              .add("name", Reply.bulk(consumer.name()))
              .add("pending", consumer.pendingCount())
              .add("idle", Math.max(0, now - consumer.seenMillis()))
              .add("inactive", active == StreamConsumer.NEVER ? active : now - active)
              .reply());
    }
    return Reply.array(told);
  }

  private static Reply groups(ReadContext context, Arguments arguments) {
    StreamValue stream = inspected(context, arguments);
    List<Reply> told = new ArrayList<>();
    for (StreamGroup group : stream.groups()) {
      told.add(
          new Fields()
              .add("name", Reply.bulk(group.name()))
              .add("consumers", group.consumers().size())
              .add("pending", group.pendingCount())
              .add("last-delivered-id", group.lastId())
              .add("entries-read", known(group.entriesRead()))
              .add("lag", lag(stream, group))
              .reply());
    }
    return Reply.array(told);
  }

  private static Reply stream(ReadContext context, Arguments arguments) {
    StreamValue stream = inspected(context, arguments);
    boolean full = arguments.count() > 3;
    long count = DEFAULT_COUNT;
    if (full) {
      boolean counted = arguments.count() == 6;
      if (!arguments.is(3, "FULL")
          || (arguments.count() != 4 && !counted)
          || (counted && !arguments.is(4, "COUNT"))) {
        throw Groups.subcommandError(arguments);
      }
      long said = counted ? arguments.integer(5) : DEFAULT_COUNT;
      count = said < 0 ? DEFAULT_COUNT : said == 0 ? Long.MAX_VALUE : said;
    }
    Fields fields =
        new Fields()
            .add("length", stream.size())
            .add("radix-tree-keys", stream.blockCount())
            .add("radix-tree-nodes", stream.nodeCount())
            .add("last-generated-id", stream.lastId())
            .add("max-deleted-entry-id", stream.maxDeletedId())
            .add("entries-added", stream.entriesAdded())
            .add("recorded-first-entry-id", stream.firstEntryId());
    if (full) {
      fields.add("entries", Ranges.entries(stream, StreamId.MIN, StreamId.MAX, count, false));
      List<Reply> told = new ArrayList<>();
      for (StreamGroup group : stream.groups()) {
        told.add(full(stream, group, count));
      }
      return fields.add("groups", Reply.array(told)).reply();
    }
    return fields
        .add("groups", stream.groups().size())
        .add("first-entry", orNil(Claims.entry(stream, stream.firstEntryId())))
        .add("last-entry", orNil(Claims.entry(stream, stream.lastEntryId())))
        .reply();
  }

  private static Reply orNil(@Nullable Reply reply) {
    return reply == null ? Reply.NIL : reply;
  }

  private static Reply full(StreamValue stream, StreamGroup group, long count) {
    List<Reply> consumers = new ArrayList<>();
    for (StreamConsumer consumer : group.consumers()) {
      consumers.add(
          new Fields()
              .add("name", Reply.bulk(consumer.name()))
              .add("seen-time", consumer.seenMillis())
              .add("active-time", consumer.activeMillis())
              .add("pel-count", consumer.pendingCount())
              .add("pending", pending(group, consumer, count))
              .reply());
    }
    return new Fields()
        .add("name", Reply.bulk(group.name()))
        .add("last-delivered-id", group.lastId())
        .add("entries-read", known(group.entriesRead()))
        .add("lag", lag(stream, group))
        .add("pel-count", group.pendingCount())
        .add("pending", pending(group, null, count))
        .add("consumers", Reply.array(consumers))
        .reply();
  }

  /** The first pending entries, of a consumer or of all with their names. */
  private static Reply pending(StreamGroup group, @Nullable StreamConsumer consumer, long count) {
    List<Reply> told = new ArrayList<>();
    StreamId next = StreamId.MIN;
    while (next != null && told.size() < count) {
      PendingEntry pending = pendingFrom(group, consumer, next);
      if (pending == null) {
        break;
      }
      List<Reply> about = new ArrayList<>();
      about.add(StreamIds.reply(pending.id()));
      if (consumer == null) {
        about.add(Reply.bulk(pending.consumer().name()));
      }
      about.add(Reply.integer(pending.deliveredMillis()));
      about.add(Reply.integer(pending.deliveries()));
      told.add(Reply.array(about));
      next = pending.id().next();
    }
    return Reply.array(told);
  }
}
