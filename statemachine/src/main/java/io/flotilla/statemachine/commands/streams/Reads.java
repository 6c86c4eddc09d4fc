package io.flotilla.statemachine.commands.streams;

import static io.flotilla.statemachine.command.Flag.BLOCKING;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.PendingEntry;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * XREAD and XREADGROUP: what came to several streams behind an id, or behind what a group has read.
 *
 * <p>With BLOCK they answer where there is something, and within a transaction as if the time were
 * up, as Redis does. Where they would have to wait they are refused, before anything has changed.
 */
final class Reads {
  private static final Reply.Error TIMEOUT_NO_INTEGER =
      new Reply.Error("ERR timeout is not an integer or out of range");
  private static final Reply.Error TIMEOUT_NEGATIVE = new Reply.Error("ERR timeout is negative");
  private static final Reply.Error TIMEOUT_OUT_OF_RANGE =
      new Reply.Error("ERR timeout is out of range");
  private static final Reply.Error GROUP_OF_XREAD =
      new Reply.Error(
          "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
  private static final Reply.Error NOACK_OF_XREAD =
      new Reply.Error(
          "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
  private static final Reply.Error NO_GROUP =
      new Reply.Error("ERR Missing GROUP option for XREADGROUP");
  private static final Reply.Error DOLLAR_OF_GROUP =
      new Reply.Error(
          "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history"
              + " of this consumer by specifying a proper ID, or use the > ID to get new messages."
              + " The $ ID would just return an empty result set.");
  private static final Reply.Error NEW_OF_XREAD =
      new Reply.Error(
          "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group>"
              + " <consumer> option.");

  static List<Row> rows() {
    return List.of(
        read(
                "XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
                Reads::xread)
            .summary("Tells the entries of several streams behind an id each.")
            .since("5.0.0")
            .complexity("O(log(N)+M) for each stream of N entries, M of which are told")
            .flags(BLOCKING)
            .keys(KeySpec.halfBehind("STREAMS", 1, RO, ACCESS)),
        write(
                "XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS"
                    + " key [key ...] id [id ...]",
                Reads::xreadgroup)
            .nameOf(1)
            .summary("Delivers new entries to a consumer of a group, or tells what it has pending.")
            .since("5.0.0")
            .complexity("O(log(N)+M*log(P)) for M entries told of N, P of them pending")
            .flags(BLOCKING)
            .keys(KeySpec.halfBehind("STREAMS", 4, RO, ACCESS)));
  }

  private Reads() {}

  /** What is asked; the keys stand from {@code firstKey} on, and so many ids behind them. */
  private record Asked(
      int firstKey, int streams, long count, boolean blocks, int groupPlace, boolean noack) {
    byte[] key(Arguments arguments, int stream) {
      return arguments.at(firstKey + stream);
    }

    int idPlace(int stream) {
      return firstKey + streams + stream;
    }
  }

  private static Asked asked(ReadContext context, Arguments arguments, boolean ofGroup) {
    boolean blocks = false;
    boolean noack = false;
    long count = 0;
    int groupPlace = 0;
    for (int i = 1; i < arguments.count(); i++) {
      int more = arguments.count() - i - 1;
      if (arguments.is(i, "BLOCK") && more > 0) {
        blocks = true;
        checkTimeout(context, arguments, ++i);
      } else if (arguments.is(i, "COUNT") && more > 0) {
        count = Math.max(0, arguments.integer(++i));
      } else if (arguments.is(i, "STREAMS") && more > 0) {
        if (more % 2 != 0) {
          throw new CommandException(
              "ERR Unbalanced '"
                  + (ofGroup ? "xreadgroup" : "xread")
                  + "' list of streams: for each stream key an ID or '"
                  + (ofGroup ? ">" : "$")
                  + "' must be specified.");
        }
        if (ofGroup && groupPlace == 0) {
          throw new CommandException(NO_GROUP);
        }
        return new Asked(
            i + 1, more / 2, count == 0 ? Long.MAX_VALUE : count, blocks, groupPlace, noack);
      } else if (arguments.is(i, "GROUP") && more >= 2) {
        if (!ofGroup) {
          throw new CommandException(GROUP_OF_XREAD);
        }
        groupPlace = i + 1;
        i += 2;
      } else if (arguments.is(i, "NOACK")) {
        if (!ofGroup) {
          throw new CommandException(NOACK_OF_XREAD);
        }
        noack = true;
      } else {
        throw arguments.syntaxError();
      }
    }
    throw arguments.syntaxError();
  }

  private static void checkTimeout(ReadContext context, Arguments arguments, int place) {
    long timeout = arguments.integer(place, TIMEOUT_NO_INTEGER);
    if (timeout < 0) {
      throw new CommandException(TIMEOUT_NEGATIVE);
    }
    if (timeout > Long.MAX_VALUE - context.nowMillis()) {
      throw new CommandException(TIMEOUT_OUT_OF_RANGE);
    }
  }

  /** Where nothing came, a command with BLOCK would wait: it is told that it cannot. */
  private static void refuseToWait(ReadContext context, Asked asked, String command) {
    if (asked.blocks && !context.isInTransaction()) {
      throw new CommandException(
          "ERR "
              + command
              + " with BLOCK finds no entries and would wait: this version of Flotilla does not"
              + " have the blocking forms");
    }
  }

  // ---------------------------------------------------------------- XREAD

  private static Reply xread(ReadContext context, Arguments arguments) {
    Asked asked = asked(context, arguments, false);
    List<StreamId> behind = new ArrayList<>();
    for (int i = 0; i < asked.streams; i++) {
      StreamValue stream = context.read(asked.key(arguments, i), DataType.STREAM);
      String id = arguments.text(asked.idPlace(i));
      if (id.equals("$")) {
        behind.add(stream == null ? StreamId.MIN : stream.lastId());
      } else if (id.equals(">")) {
        throw new CommandException(NEW_OF_XREAD);
      } else {
        behind.add(StreamIds.at(arguments, asked.idPlace(i)));
      }
    }
    List<Reply> found = new ArrayList<>();
    for (int i = 0; i < asked.streams; i++) {
      byte[] key = asked.key(arguments, i);
      StreamValue stream = context.read(key, DataType.STREAM);
      StreamId from = behind.get(i).next();
      if (stream != null && from != null && !from.isAfter(stream.lastEntryId())) {
        found.add(Reply.bulk(key));
        found.add(Ranges.entries(stream, from, StreamId.MAX, asked.count, false));
      }
    }
    if (found.isEmpty()) {
      refuseToWait(context, asked, "XREAD");
      return Reply.NIL_ARRAY;
    }
    return new Reply.MapOfPairs(found);
  }

  // ---------------------------------------------------------------- XREADGROUP

  private static Reply xreadgroup(WriteContext context, Arguments arguments) {
    Asked asked = asked(context, arguments, true);
    byte[] groupName = arguments.at(asked.groupPlace);
    List<StreamId> history = new ArrayList<>(); // null where new entries are wanted
    boolean served = false;
    for (int i = 0; i < asked.streams; i++) {
      byte[] key = asked.key(arguments, i);
      StreamValue stream = context.modify(key, DataType.STREAM);
      StreamGroup group = stream == null ? null : stream.group(groupName);
      if (stream == null || group == null) {
        throw new CommandException(
            Groups.noKeyOrGroup(arguments, asked.firstKey + i, asked.groupPlace)
                + " in XREADGROUP with GROUP option");
      }
      StreamId behind = historyBehind(arguments, asked.idPlace(i));
      history.add(behind);
      served |= behind != null || stream.lastEntryId().isAfter(group.lastId());
    }
    if (!served) {
      refuseToWait(context, asked, "XREADGROUP"); // before a consumer is made for it
    }
    List<Reply> found = new ArrayList<>();
    for (int i = 0; i < asked.streams; i++) {
      byte[] key = asked.key(arguments, i);
      StreamValue stream = context.modify(key, DataType.STREAM);
      StreamGroup group = stream == null ? null : stream.group(groupName);
      if (stream == null || group == null) {
        throw new AssertionError("a group is gone that was there");
      }
      StreamConsumer consumer =
          Groups.consumerSeen(context, key, group, arguments.at(asked.groupPlace + 1));
      StreamId behind = history.get(i);
      if (behind != null || stream.lastEntryId().isAfter(group.lastId())) {
        found.add(Reply.bulk(key));
        found.add(
            behind == null
                ? delivered(context, stream, group, consumer, asked)
                : pending(context, stream, group, consumer, behind, asked.count));
      }
      context.changedUnheard(key, stream);
    }
    return found.isEmpty() ? Reply.NIL_ARRAY : new Reply.MapOfPairs(found);
  }

  /** Behind which id the consumer's own pending entries are wanted; null for new entries. */
  private static @Nullable StreamId historyBehind(Arguments arguments, int place) {
    String id = arguments.text(place);
    if (id.equals("$")) {
      throw new CommandException(DOLLAR_OF_GROUP);
    }
    if (id.equals(">")) {
      return null;
    }
    StreamId behind = StreamIds.at(arguments, place);
    return behind.equals(StreamId.MAX) ? null : behind; // as in Redis, which writes > so
  }

  /** New entries, which are pending with the consumer from now on. */
  private static Reply delivered(
      WriteContext context,
      StreamValue stream,
      StreamGroup group,
      StreamConsumer consumer,
      Asked asked) {
    long now = context.nowMillis();
    StreamId from = group.lastId().next();
    if (from == null) {
      throw new AssertionError("an entry is behind the last id that there is");
    }
    List<Reply> entries = new ArrayList<>();
    stream.range(
        from,
        StreamId.MAX,
        (id, fieldsAndValues) -> {
          stream.readBy(group, id);
          if (!asked.noack) {
            group.pend(id, now, 1, consumer);
            consumer.active(now);
          }
          entries.add(StreamIds.entry(id, fieldsAndValues));
          return entries.size() < asked.count;
        });
    return Reply.array(entries);
  }

  /** What the consumer has pending, delivered once more. */
  private static Reply pending(
      WriteContext context,
      StreamValue stream,
      StreamGroup group,
      StreamConsumer consumer,
      StreamId behind,
      long count) {
    List<Reply> entries = new ArrayList<>();
    StreamId from = behind.next();
    while (from != null && entries.size() < count) {
      StreamId id = consumer.pendingFrom(from);
      PendingEntry entry = id == null ? null : group.pending(id);
      if (id == null || entry == null) {
        break;
      }
      Reply told = Claims.entry(stream, id);
      if (told == null) {
        entries.add(Reply.array(StreamIds.reply(id), Reply.NIL_ARRAY));
      } else {
        group.pend(id, context.nowMillis(), entry.deliveries() + 1, consumer);
        entries.add(told);
      }
      from = id.next();
    }
    return Reply.array(entries);
  }
}
