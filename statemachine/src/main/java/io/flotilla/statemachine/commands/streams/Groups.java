package io.flotilla.statemachine.commands.streams;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.container;
import static io.flotilla.statemachine.command.Row.fixed;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Help;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** XGROUP: consumer groups and their consumers come and go. */
final class Groups {
  private static final Reply.Error NO_KEY =
      new Reply.Error(
          "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want"
              + " to use the MKSTREAM option to create an empty stream automatically.");
  private static final Reply.Error BUSY =
      new Reply.Error("BUSYGROUP Consumer Group name already exists");
  private static final Reply.Error ENTRIES_READ =
      new Reply.Error("ERR value for ENTRIESREAD must be positive or -1");

  /** The most arguments of XGROUP CREATE, whose options may be said twice. */
  private static final int MOST_OF_CREATE = 8;

  static List<Row> rows() {
    return List.of(
        container("XGROUP")
            .summary("Commands on consumer groups.")
            .since("5.0.0")
            .complexity("Depends on the subcommand"),
        write(
                "XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]",
                Groups::create)
            .summary("Makes a consumer group that reads from behind an id on.")
            .since("5.0.0")
            .complexity("O(log(N)) for N groups")
            .flags(DENYOOM)
            .keyFlags(RW, INSERT),
        write("XGROUP CREATECONSUMER key group consumer", Groups::createConsumer)
            .summary("Makes a consumer in a group.")
            .since("6.2.0")
            .complexity("O(log(N)) for N consumers")
            .flags(DENYOOM)
            .keyFlags(RW, INSERT),
        write("XGROUP DELCONSUMER key group consumer", Groups::deleteConsumer)
            .summary("Removes a consumer, and tells how many entries it had pending.")
            .since("5.0.0")
            .complexity("O(M*log(N)) for the M of N pending entries that are the consumer's")
            .keyFlags(RW, DELETE),
        write("XGROUP DESTROY key group", Groups::destroy)
            .summary("Removes a consumer group.")
            .since("5.0.0")
            .complexity("O(log(N)) for N groups; what is pending is freed behind the reply")
            .keyFlags(RW, DELETE),
        write("XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]", Groups::setId)
            .summary("Sets how far a group has read.")
            .since("5.0.0")
            .complexity("O(1)"),
        fixed(
                "XGROUP HELP",
                Help.reply(
                    "XGROUP",
                    "CREATE <key> <groupname> <id|$> [option]",
                    "    Create a new consumer group. Options are:",
                    "    * MKSTREAM",
                    "      Create the empty stream if it does not exist.",
                    "    * ENTRIESREAD entries_read",
                    "      Set the group's entries_read counter (internal use).",
                    "CREATECONSUMER <key> <groupname> <consumer>",
                    "    Create a new consumer in the specified group.",
                    "DELCONSUMER <key> <groupname> <consumer>",
                    "    Remove the specified consumer.",
                    "DESTROY <key> <groupname>",
                    "    Remove the specified group.",
                    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
                    "    Set the current group ID and entries_read counter."))
            .summary("Tells the subcommands.")
            .since("5.0.0")
            .complexity("O(1)")
            .flags(LOADING, STALE));
  }

  private Groups() {}

  // ---------------------------------------------------------------- what others need of groups

  /** The error where a key has no such group. */
  static CommandException noGroup(Arguments arguments, int keyPlace) {
    return new CommandException(
        "NOGROUP No such consumer group '"
            + arguments.text(keyPlace + 1)
            + "' for key name '"
            + arguments.text(keyPlace)
            + "'");
  }

  /** The error where there is no such key or it has no such group. */
  static CommandException noKeyOrGroup(Arguments arguments) {
    return new CommandException(noKeyOrGroup(arguments, 1, 2));
  }

  /** Redis's words on a key that is missing or has no such group. */
  static String noKeyOrGroup(Arguments arguments, int keyPlace, int groupPlace) {
    return "NOGROUP No such key '"
        + arguments.text(keyPlace)
        + "' or consumer group '"
        + arguments.text(groupPlace)
        + "'";
  }

  /** What Redis says of a subcommand whose arguments are not understood. */
  static CommandException subcommandError(Arguments arguments) {
    return new CommandException(
        "ERR unknown subcommand or wrong number of arguments for '"
            + arguments.text(1)
            + "'. Try "
            + arguments.text(0).toUpperCase(Locale.ROOT)
            + " HELP.");
  }

  /** The consumer of this name, which asks for entries now; made where there is none. */
  static StreamConsumer consumerSeen(
      WriteContext context, byte[] key, StreamGroup group, byte[] name) {
    StreamConsumer consumer = group.consumer(name);
    if (consumer == null) {
      consumer = group.addConsumer(name, context.nowMillis());
      context.happened(EventClass.STREAM, "xgroup-createconsumer", key);
    }
    consumer.seen(context.nowMillis());
    return consumer;
  }

  // ---------------------------------------------------------------- XGROUP

  /** The stream, which must be there. */
  private static StreamValue stream(WriteContext context, Arguments arguments) {
    StreamValue stream = context.modify(arguments.at(2), DataType.STREAM);
    if (stream == null) {
      throw new CommandException(NO_KEY);
    }
    return stream;
  }

  private static StreamGroup group(StreamValue stream, Arguments arguments) {
    StreamGroup group = stream.group(arguments.at(3));
    if (group == null) {
      throw noGroup(arguments, 2);
    }
    return group;
  }

  /** How CREATE and SETID go on behind the id. */
  private record Options(boolean makesStream, long entriesRead) {
    static Options of(Arguments arguments, boolean creates) {
      boolean makesStream = false;
      long entriesRead = StreamGroup.UNKNOWN;
      for (int i = 5; i < arguments.count(); i++) {
        if (creates && arguments.is(i, "MKSTREAM")) {
          makesStream = true;
        } else if (arguments.is(i, "ENTRIESREAD") && i + 1 < arguments.count()) {
          entriesRead = arguments.integer(++i);
          if (entriesRead < StreamGroup.UNKNOWN) {
            throw new CommandException(ENTRIES_READ);
          }
        } else {
          throw subcommandError(arguments);
        }
      }
      return new Options(makesStream, entriesRead);
    }
  }

  private static Reply create(WriteContext context, Arguments arguments) {
    Options options = Options.of(arguments, true);
    byte[] key = arguments.at(2);
    StreamValue stream = context.modify(key, DataType.STREAM);
    if (stream == null && !options.makesStream) {
      throw new CommandException(NO_KEY);
    }
    if (arguments.count() > MOST_OF_CREATE) {
      throw subcommandError(arguments);
    }
    StreamId last = arguments.text(4).equals("$") ? lastIdOf(stream) : StreamIds.at(arguments, 4);
    if (stream == null) {
      stream = StreamValue.empty();
    }
    if (stream.group(arguments.at(3)) != null) {
      throw new CommandException(BUSY);
    }
    stream.addGroup(arguments.at(3), last, options.entriesRead);
    context.changed(key, stream, EventClass.STREAM, "xgroup-create");
    return Reply.OK;
  }

  private static StreamId lastIdOf(@Nullable StreamValue stream) {
    return stream == null ? StreamId.MIN : stream.lastId();
  }

  private static Reply setId(WriteContext context, Arguments arguments) {
    Options options = Options.of(arguments, false);
    StreamValue stream = stream(context, arguments);
    StreamGroup group = group(stream, arguments);
    if (arguments.count() != 5 && arguments.count() != 7) {
      throw subcommandError(arguments);
    }
    StreamId last =
        arguments.text(4).equals("$") ? stream.lastId() : StreamIds.orEdgeAt(arguments, 4);
    group.hasRead(last, options.entriesRead);
    context.changed(arguments.at(2), stream, EventClass.STREAM, "xgroup-setid");
    return Reply.OK;
  }

  private static Reply destroy(WriteContext context, Arguments arguments) {
    StreamValue stream = stream(context, arguments);
    StreamGroup group = stream.group(arguments.at(3));
    if (group == null) {
      return Reply.ZERO;
    }
    stream.remove(group);
    context.changed(arguments.at(2), stream, EventClass.STREAM, "xgroup-destroy");
    return Reply.ONE;
  }

  private static Reply createConsumer(WriteContext context, Arguments arguments) {
    StreamValue stream = stream(context, arguments);
    StreamGroup group = group(stream, arguments);
    if (group.consumer(arguments.at(4)) != null) {
      return Reply.ZERO;
    }
    group.addConsumer(arguments.at(4), context.nowMillis());
    context.changed(arguments.at(2), stream, EventClass.STREAM, "xgroup-createconsumer");
    return Reply.ONE;
  }

  private static Reply deleteConsumer(WriteContext context, Arguments arguments) {
    StreamValue stream = stream(context, arguments);
    StreamGroup group = group(stream, arguments);
    StreamConsumer consumer = group.consumer(arguments.at(4));
    if (consumer == null) {
      return Reply.ZERO;
    }
    final long pending = consumer.pendingCount();
    group.remove(consumer);
    context.changed(arguments.at(2), stream, EventClass.STREAM, "xgroup-delconsumer");
    return Reply.integer(pending);
  }
}
