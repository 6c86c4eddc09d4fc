package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Dice;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.keyspace.Keyspace;
import io.flotilla.statemachine.keyspace.Walk;
import io.flotilla.statemachine.keyspace.WrongTypeException;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.snapshot.Digest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command table over a keyspace, without log, network or clock: each write is an entry of its
 * own, and a read changes nothing, which is checked each time.
 */
public final class BareMachine implements Subject {
  /** Where time begins: 14 November 2023. */
  private static final long BEGINNING_MILLIS = 1_700_000_000_000L;

  private final CommandTable table;
  private final List<String> events = new ArrayList<>();
  private Keyspace keyspace = new Keyspace(new SipHash(1, 2));
  private long wallClockMillis = BEGINNING_MILLIS;
  private long machineTimeMillis = BEGINNING_MILLIS;
  private long index;
  private boolean listening;

  /** A machine that knows these commands. */
  public BareMachine(CommandTable table) {
    this.table = table;
    fresh();
  }

  /** All keys, as a test may look at them. */
  public Keyspace keyspace() {
    return keyspace;
  }

  @Override
  public void fresh() {
    keyspace = new Keyspace(new SipHash(1, 2));
    keyspace.events((eventClass, event, key) -> {
      if (listening && eventClass != EventClass.NEW) {
        events.add(Transcript.event(event, key));
      }
    });
  }

  @Override
  public void advance(long millis) {
    wallClockMillis += millis;
  }

  @Override
  public void listen(boolean on) {
    listening = on;
    events.clear();
  }

  @Override
  public List<String> events() {
    List<String> heard = List.copyOf(events);
    events.clear();
    return heard;
  }

  @Override
  public Reply answer(byte[][] argv) {
    Command command = table.find(argv);
    if (command == null) {
      return Reply.error("ERR unknown command '" + Ascii.text(argv[0]) + "'");
    }
    if (command.body() instanceof Command.Body.Container && argv.length >= 2) {
      return Reply.error(
          "ERR unknown subcommand '%s'. Try %s HELP."
              .formatted(
                  Ascii.text(argv[1]), Ascii.text(argv[0]).toUpperCase(java.util.Locale.ROOT)));
    }
    if (!command.acceptsCount(argv.length)) {
      return Errors.wrongArity(command.fullName());
    }
    try {
      return run(command, new Arguments(argv));
    } catch (CommandException | WrongTypeException refused) {
      return Reply.error(String.valueOf(refused.getMessage()));
    }
  }

  private Reply run(Command command, Arguments arguments) {
    return switch (command.body()) {
      case Command.Body.Write write -> {
        beginWrite();
        yield write
            .function()
            .answer(new WriteContext(keyspace, EncodingLimits.DEFAULT, dice()), arguments);
      }
      case Command.Body.Read read -> {
        String before = digest();
        Reply reply = read(read, arguments);
        String after = digest();
        if (!before.equals(after)) {
          throw new AssertionError(
              "the read " + command + " has changed the keyspace from " + before + " to " + after);
        }
        yield reply;
      }
      case Command.Body.Node node -> Reply.error("ERR the node answers " + command);
      case Command.Body.Container container -> Errors.wrongArity(command.fullName());
    };
  }

  private Reply read(Command.Body.Read read, Arguments arguments) {
    keyspace.beginRead(wallClockMillis, machineTimeMillis);
    Reply reply = null;
    try {
      reply = readOnce(read, arguments);
    } catch (CommandException | WrongTypeException refused) {
      if (!keyspace.metDeadlineAhead()) {
        throw refused;
      }
    }
    if (!keyspace.metDeadlineAhead() && reply != null) {
      return reply;
    }
    beginWrite(); // a time entry, before the read runs again with the same now
    keyspace.beginRead(wallClockMillis, machineTimeMillis);
    return readOnce(read, arguments);
  }

  private Reply readOnce(Command.Body.Read read, Arguments arguments) {
    return read.function()
        .answer(new ReadContext(keyspace, EncodingLimits.DEFAULT, dice()), arguments);
  }

  private void beginWrite() {
    machineTimeMillis = Math.max(machineTimeMillis, wallClockMillis);
    keyspace.beginWrite(machineTimeMillis, ++index);
  }

  private Dice dice() {
    return new Dice(Dice.seed(1, index, 0));
  }

  /** Everything that a replica must agree on. */
  private String digest() {
    Digest digest = new Digest();
    drain(keyspace.beginWalk(digest));
    return digest.hex();
  }

  private static void drain(@Nullable Walk walk) {
    if (walk == null) {
      throw new AssertionError("no walk can begin");
    }
    boolean more = true;
    while (more) {
      more = walk.step(Integer.MAX_VALUE);
    }
  }
}
