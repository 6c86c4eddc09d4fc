package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A shard's machine that owns every slot, without log, network or clock: each write is an entry of
 * its own, a read is asked as the leader asks it, and is seen to change nothing.
 */
public final class BareMachine implements Subject {
  /** Where time begins: 14 November 2023. */
  private static final long BEGINNING_MILLIS = 1_700_000_000_000L;

  private static final NodeId NODE = new NodeId("ab".repeat(20));
  private static final long GROUP_SEED = 7;

  private final CommandTable table;
  private final List<String> events = new ArrayList<>();
  private ShardMachine machine;
  private long nowMillis = BEGINNING_MILLIS;
  private long index;
  private boolean listening;
  private boolean watchingReads = true;
  private Map<String, String> settings = Map.of();

  /** A machine that knows these commands. */
  public BareMachine(CommandTable table) {
    this.table = table;
    machine = begun();
  }

  private ShardMachine begun() {
    ShardMachine fresh = empty();
    fresh.apply(1, ++index, new Entry.Genesis(nowMillis, new SipHash(1, 2)));
    fresh.apply(
        1,
        ++index,
        new Entry.Own(nowMillis, List.of(new Entry.SlotRange(0, HashSlot.COUNT - 1, 1))));
    if (!settings.isEmpty()) {
      fresh.apply(1, ++index, new Entry.Settle(nowMillis, 1, settings));
    }
    return fresh;
  }

  private ShardMachine empty() {
    ShardMachine fresh = new ShardMachine(table, GROUP_SEED, check -> {});
    fresh.events((eventClass, event, key) -> {
      if (listening && eventClass != EventClass.NEW) {
        events.add(Transcript.event(event, key));
      }
    });
    return fresh;
  }

  /** The settings that every machine from the next {@link #fresh} on is given, by their names. */
  public void settings(Map<String, String> values) {
    settings = new TreeMap<>(values);
  }

  /** Sets the clock; machine time does not go back with it. */
  public void clock(long millis) {
    nowMillis = millis;
  }

  /** Goes on with a machine that was restored from this one's snapshot. */
  public void reborn() {
    ShardMachine restored = empty();
    try {
      restored.restore(new ByteArrayInputStream(state()));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    machine = restored;
  }

  /** The machine, for looking at. */
  public ShardMachine machine() {
    return machine;
  }

  @Override
  public void fresh() {
    machine = begun();
  }

  @Override
  public void advance(long millis) {
    nowMillis += millis;
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
    if (command.body() instanceof Body.Container && argv.length >= 2) {
      return Reply.error(
          "ERR unknown subcommand '%s'. Try %s HELP."
              .formatted(Ascii.text(argv[1]), Ascii.text(argv[0]).toUpperCase(Locale.ROOT)));
    }
    if (!command.acceptsCount(argv.length)) {
      return Errors.wrongArity(command.fullName());
    }
    if (command.body() instanceof Body.Read) {
      return read(command, argv);
    }
    Item item = new Item.Single(argv);
    return machine
        .apply(1, ++index, new Entry.Batch(new BatchId(NODE, 1, index), nowMillis, List.of(item)))[
        0];
  }

  /** Answers a command whose events nobody hears. */
  public Reply quietly(byte[][] argv) {
    boolean listened = listening;
    listening = false;
    Reply reply = answer(argv);
    listening = listened;
    return reply;
  }

  /** Runs commands as one EXEC that watches nothing. */
  public Reply transaction(List<byte[][]> commands) {
    Item item = new Item.Transaction(List.of(), commands);
    return machine
        .apply(1, ++index, new Entry.Batch(new BatchId(NODE, 1, index), nowMillis, List.of(item)))[
        0];
  }

  /** Whether each read is followed by a look at the whole state; at first it is. */
  public void watchReads(boolean on) {
    watchingReads = on;
  }

  private Reply read(Command command, byte[][] argv) {
    Reply reply = readOnce(command, argv);
    if (reply == null) { // it met a deadline ahead of machine time: time goes first
      machine.apply(1, ++index, new Entry.Advance(nowMillis));
      reply = readOnce(command, argv);
    }
    if (reply == null) {
      throw new AssertionError("after its time entry, a read still meets a deadline ahead");
    }
    return reply;
  }

  private @Nullable Reply readOnce(Command command, byte[][] argv) {
    byte[] before = watchingReads ? state() : new byte[0];
    Reply reply = machine.read(command, argv, nowMillis, index);
    if (watchingReads && !Arrays.equals(before, state())) {
      throw new AssertionError("the read " + command + " has changed the state");
    }
    return reply;
  }

  /** Everything that a replica must agree on, as its snapshot tells it. */
  private byte[] state() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    machine.beginSnapshot(bytes::writeBytes);
    boolean more = true;
    while (more) {
      more = machine.step(Integer.MAX_VALUE);
    }
    return bytes.toByteArray();
  }
}
