package io.flotilla.statemachine.commands.streams;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
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

/** XACK, XCLAIM and XAUTOCLAIM: pending entries are settled, or change hands. */
final class Claims {
  private static final Reply.Error XCLAIM_IDLE =
      new Reply.Error("ERR Invalid min-idle-time argument for XCLAIM");
  private static final Reply.Error XAUTOCLAIM_IDLE =
      new Reply.Error("ERR Invalid min-idle-time argument for XAUTOCLAIM");
  private static final Reply.Error IDLE_OPTION =
      new Reply.Error("ERR Invalid IDLE option argument for XCLAIM");
  private static final Reply.Error TIME_OPTION =
      new Reply.Error("ERR Invalid TIME option argument for XCLAIM");
  private static final Reply.Error RETRYCOUNT_OPTION =
      new Reply.Error("ERR Invalid RETRYCOUNT option argument for XCLAIM");
  private static final Reply.Error COUNT = new Reply.Error("ERR COUNT must be > 0");

  /** How many entries XAUTOCLAIM claims where no COUNT is said. */
  private static final long DEFAULT_COUNT = 100;

  /** XAUTOCLAIM looks at so many entries for each that it may claim. */
  private static final long ATTEMPTS = 10;

  /** Redis's bound: what it keeps aside for so many ids still has a size. */
  private static final long MAX_COUNT = Long.MAX_VALUE / 16;

  static List<Row> rows() {
    return List.of(
        write("XACK key group id [id ...]", Claims::xack)
            .summary("Acknowledges entries, and tells how many of them were pending.")
            .since("5.0.0")
            .complexity("O(log(N)) for each id, with N pending entries")
            .flags(FAST),
        write(
                "XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms]"
                    + " [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID]"
                    + " [LASTID lastid]",
                Claims::xclaim)
            .summary("Gives pending entries to another consumer, as if delivered to it.")
            .since("5.0.0")
            .complexity("O(log(N)) for each id, with N pending entries")
            .flags(FAST)
            .tips("nondeterministic_output"),
        write(
                "XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]",
                Claims::xautoclaim)
            .summary("Gives the entries that are pending for long to another consumer.")
            .since("6.2.0")
            .complexity("O(log(N)) for each entry looked at, with N pending entries")
            .flags(FAST)
            .keyFlags(RW, DELETE)
            .tips("nondeterministic_output"));
  }

  private Claims() {}

  /** The entry of this id as a reply; null if it is gone. */
  static @Nullable Reply entry(StreamValue stream, StreamId id) {
    Reply[] found = new Reply[1];
    stream.range(
        id,
        id,
        (here, fieldsAndValues) -> {
          found[0] = StreamIds.entry(here, fieldsAndValues);
          return false;
        });
    return found[0];
  }

  private static Reply xack(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    StreamGroup group = stream == null ? null : stream.group(arguments.at(2));
    if (stream == null || group == null) {
      return Reply.ZERO;
    }
    int settled = 0;
    for (StreamId id : StreamIds.from(arguments, 3)) {
      settled += group.settle(id) ? 1 : 0;
    }
    if (settled > 0) {
      context.changedUnheard(key, stream);
    }
    return Reply.integer(settled);
  }

  // ---------------------------------------------------------------- XCLAIM

  /** What XCLAIM is told behind the ids; −1 for what is not said. */
  private record Options(
      List<StreamId> ids,
      long deliveredMillis,
      long retryCount,
      boolean forces,
      boolean justIds,
      StreamId lastId) {
    static Options of(Arguments arguments, long nowMillis) {
      List<StreamId> ids = new ArrayList<>();
      int place = 5;
      for (; place < arguments.count(); place++) {
        StreamId id = StreamIds.maybeAt(arguments, place);
        if (id == null) {
          break; // an option, perhaps
        }
        ids.add(id);
      }
      long delivered = -1;
      long retryCount = -1;
      boolean forces = false;
      boolean justIds = false;
      StreamId lastId = StreamId.MIN;
      for (; place < arguments.count(); place++) {
        boolean more = place + 1 < arguments.count();
        if (arguments.is(place, "FORCE")) {
          forces = true;
        } else if (arguments.is(place, "JUSTID")) {
          justIds = true;
        } else if (more && arguments.is(place, "IDLE")) {
          delivered = nowMillis - arguments.integer(++place, IDLE_OPTION);
        } else if (more && arguments.is(place, "TIME")) {
          delivered = arguments.integer(++place, TIME_OPTION);
        } else if (more && arguments.is(place, "RETRYCOUNT")) {
          retryCount = arguments.integer(++place, RETRYCOUNT_OPTION);
        } else if (more && arguments.is(place, "LASTID")) {
          lastId = StreamIds.at(arguments, ++place);
        } else {
          throw new CommandException(
              "ERR Unrecognized XCLAIM option '" + arguments.text(place) + "'");
        }
      }
      if (delivered < 0 || delivered > nowMillis) {
        delivered = nowMillis; // not said, or by a clock that is ahead
      }
      return new Options(ids, delivered, retryCount, forces, justIds, lastId);
    }
  }

  private static Reply xclaim(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    StreamGroup group = stream == null ? null : stream.group(arguments.at(2));
    if (stream == null || group == null) {
      throw Groups.noKeyOrGroup(arguments);
    }
    final long now = context.nowMillis();
    final long minIdle = Math.max(0, arguments.integer(4, XCLAIM_IDLE));
    Options options = Options.of(arguments, now);
    if (options.lastId.isAfter(group.lastId())) {
      group.hasRead(options.lastId, group.entriesRead());
    }
    StreamConsumer consumer = Groups.consumerSeen(context, key, group, arguments.at(3));
    List<Reply> claimed = new ArrayList<>();
    for (StreamId id : options.ids) {
      Reply entry = options.justIds ? idOf(stream, id) : entry(stream, id);
      PendingEntry pending = group.pending(id);
      if (entry == null) {
        group.settle(id); // its entry is gone
      } else if (pending == null ? options.forces : isIdle(pending, now, minIdle)) {
        long deliveries = pending == null ? 1 : pending.deliveries();
        if (options.retryCount >= 0) {
          deliveries = options.retryCount;
        } else if (!options.justIds) {
          deliveries++;
        }
        group.pend(id, options.deliveredMillis, deliveries, consumer);
        consumer.active(now);
        claimed.add(entry);
      }
    }
    context.changedUnheard(key, stream);
    return Reply.array(claimed);
  }

  /** The id as a reply; null if its entry is gone. */
  private static @Nullable Reply idOf(StreamValue stream, StreamId id) {
    return stream.contains(id) ? StreamIds.reply(id) : null;
  }

  private static boolean isIdle(PendingEntry pending, long nowMillis, long minIdleMillis) {
    return minIdleMillis == 0 || nowMillis - pending.deliveredMillis() >= minIdleMillis;
  }

  // ---------------------------------------------------------------- XAUTOCLAIM

  private static Reply xautoclaim(WriteContext context, Arguments arguments) {
    final long minIdle = Math.max(0, arguments.integer(4, XAUTOCLAIM_IDLE));
    StreamId from = StreamIds.startAt(arguments, 5);
    long count = DEFAULT_COUNT;
    boolean justIds = false;
    for (int i = 6; i < arguments.count(); i++) {
      if (arguments.is(i, "COUNT") && i + 1 < arguments.count()) {
        count = arguments.integer(++i, 1, MAX_COUNT, COUNT);
      } else if (arguments.is(i, "JUSTID")) {
        justIds = true;
      } else {
        throw arguments.syntaxError();
      }
    }
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    StreamGroup group = stream == null ? null : stream.group(arguments.at(2));
    if (stream == null || group == null) {
      throw Groups.noKeyOrGroup(arguments);
    }
    final long now = context.nowMillis();
    StreamConsumer consumer = Groups.consumerSeen(context, key, group, arguments.at(3));
    List<Reply> claimed = new ArrayList<>();
    List<Reply> gone = new ArrayList<>();
    PendingEntry pending = group.pendingFrom(from);
    for (long left = count * ATTEMPTS;
        pending != null && left > 0 && claimed.size() + gone.size() < count;
        left--) {
      StreamId id = pending.id();
      Reply entry = justIds ? idOf(stream, id) : entry(stream, id);
      if (entry == null) {
        group.settle(id);
        gone.add(StreamIds.reply(id));
      } else if (isIdle(pending, now, minIdle)) {
        group.pend(id, now, pending.deliveries() + (justIds ? 0 : 1), consumer);
        consumer.active(now);
        claimed.add(entry);
      }
      StreamId next = id.next();
      pending = next == null ? null : group.pendingFrom(next);
    }
    context.changedUnheard(key, stream);
    return Reply.array(
        StreamIds.reply(pending == null ? StreamId.MIN : pending.id()),
        Reply.array(claimed),
        Reply.array(gone));
  }
}
