package io.flotilla.statemachine.commands.streams;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** XADD, XDEL, XTRIM and XSETID: entries come and go. */
final class Entries {
  private static final Reply.Error ZERO_ID =
      new Reply.Error("ERR The ID specified in XADD must be greater than 0-0");
  private static final Reply.Error EXHAUSTED =
      new Reply.Error(
          "ERR The stream has exhausted the last possible ID, unable to add more items");
  private static final Reply.Error NOT_BEHIND =
      new Reply.Error(
          "ERR The ID specified in XADD is equal or smaller than the target stream top item");
  private static final Reply.Error ADDED_NEGATIVE =
      new Reply.Error("ERR entries_added must be positive");
  private static final Reply.Error BELOW_GIVEN_DELETED =
      new Reply.Error(
          "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
  private static final Reply.Error BELOW_DELETED =
      new Reply.Error(
          "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
  private static final Reply.Error BELOW_TOP =
      new Reply.Error("ERR The ID specified in XSETID is smaller than the target stream top item");
  private static final Reply.Error ADDED_BELOW_LENGTH =
      new Reply.Error(
          "ERR The entries_added specified in XSETID is smaller than the target stream length");

  static List<Row> rows() {
    return List.of(
        write(
                "XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id>"
                    + " field value [field value ...]",
                Entries::xadd)
            .summary("Adds an entry to a stream, and tells its id.")
            .since("5.0.0")
            .complexity("O(1) for adding, O(N) for the N entries that are trimmed")
            .flags(DENYOOM, FAST)
            .tips("nondeterministic_output"),
        write("XDEL key id [id ...]", Entries::xdel)
            .summary("Deletes entries by their ids, and tells how many there were.")
            .since("5.0.0")
            .complexity("O(log(N)) for each id, in a stream of N entries")
            .flags(FAST)
            .keyFlags(RW, DELETE),
        write("XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]", Entries::xtrim)
            .summary("Drops entries at the head of a stream, and tells how many.")
            .since("5.0.0")
            .complexity("O(N) for the N entries that are trimmed, by whole blocks")
            .keyFlags(RW, DELETE)
            .tips("nondeterministic_output"),
        write(
                "XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
                Entries::xsetid)
            .summary("Sets what a stream remembers: its last id, and what is gone.")
            .since("5.0.0")
            .complexity("O(1)")
            .flags(DENYOOM, FAST));
  }

  private Entries() {}

  private static Reply xadd(WriteContext context, Arguments arguments) {
    Trim trim = Trim.of(context, arguments, true);
    int elements = arguments.count() - trim.idPlace() - 1;
    if (elements < 2 || elements % 2 != 0) {
      throw new CommandException(Errors.wrongArity("xadd"));
    }
    StreamIds.Pattern given = trim.id();
    if (given != null && !given.seqIsOpen() && given.id().isZero()) {
      throw new CommandException(ZERO_ID);
    }
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    if (stream == null) {
      if (!trim.makesStream()) {
        return Reply.NIL;
      }
      stream = StreamValue.empty();
    }
    if (stream.lastId().equals(StreamId.MAX)) {
      throw new CommandException(EXHAUSTED);
    }
    StreamId id = idFor(stream.lastId(), given, context.nowMillis());
    if (id == null || !id.isAfter(stream.lastId())) {
      throw new CommandException(NOT_BEHIND);
    }
    byte[][] all = arguments.all();
    stream.add(id, Arrays.copyOfRange(all, trim.idPlace() + 1, all.length), context.limits());
    context.changed(key, stream, EventClass.STREAM, "xadd");
    if (trim.apply(stream) > 0) {
      context.happened(EventClass.STREAM, "xtrim", key);
    }
    return StreamIds.reply(id);
  }

  /** The id of a new entry behind {@code last}; null if its millisecond has no seq left. */
  private static @Nullable StreamId idFor(
      StreamId last, StreamIds.@Nullable Pattern given, long nowMillis) {
    if (given == null) {
      return Long.compareUnsigned(nowMillis, last.ms()) > 0
          ? new StreamId(nowMillis, 0)
          : last.next();
    }
    if (!given.seqIsOpen() || given.id().ms() != last.ms()) {
      return given.id();
    }
    return last.seq() == -1 ? null : last.next();
  }

  private static Reply xdel(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    if (stream == null) {
      return Reply.ZERO;
    }
    int deleted = 0;
    for (StreamId id : StreamIds.from(arguments, 2)) {
      deleted += stream.delete(id) ? 1 : 0;
    }
    if (deleted > 0) {
      context.changed(key, stream, EventClass.STREAM, "xdel");
    }
    return Reply.integer(deleted);
  }

  private static Reply xtrim(WriteContext context, Arguments arguments) {
    Trim trim = Trim.of(context, arguments, false);
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    if (stream == null) {
      return Reply.ZERO;
    }
    long trimmed = trim.apply(stream);
    if (trimmed > 0) {
      context.changed(key, stream, EventClass.STREAM, "xtrim");
    }
    return Reply.integer(trimmed);
  }

  private static Reply xsetid(WriteContext context, Arguments arguments) {
    StreamId last = StreamIds.at(arguments, 2);
    StreamId maxDeleted = StreamId.MIN;
    long added = -1;
    for (int i = 3; i < arguments.count(); i += 2) {
      boolean more = i + 1 < arguments.count();
      if (more && arguments.is(i, "ENTRIESADDED")) {
        added = arguments.integer(i + 1);
        if (added < 0) {
          throw new CommandException(ADDED_NEGATIVE);
        }
      } else if (more && arguments.is(i, "MAXDELETEDID")) {
        maxDeleted = StreamIds.at(arguments, i + 1);
        if (maxDeleted.isAfter(last)) {
          throw new CommandException(BELOW_GIVEN_DELETED);
        }
      } else {
        throw arguments.syntaxError();
      }
    }
    byte[] key = arguments.at(1);
    StreamValue stream = context.modify(key, DataType.STREAM);
    if (stream == null) {
      throw new CommandException(Errors.NO_SUCH_KEY);
    }
    if (stream.maxDeletedId().isAfter(last)) {
      throw new CommandException(BELOW_DELETED);
    }
    if (stream.size() > 0) {
      if (stream.lastEntryId().isAfter(last)) {
        throw new CommandException(BELOW_TOP);
      }
      if (added != -1 && stream.size() > added) {
        throw new CommandException(ADDED_BELOW_LENGTH);
      }
    }
    stream.remember(
        last,
        added == -1 ? stream.entriesAdded() : added,
        maxDeleted.isZero() ? stream.maxDeletedId() : maxDeleted);
    context.changed(key, stream, EventClass.STREAM, "xsetid");
    return Reply.OK;
  }
}
