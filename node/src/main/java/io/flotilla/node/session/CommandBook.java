package io.flotilla.node.session;

import io.flotilla.node.metrics.Durations;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Flag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The command table as sessions use it: each command with how a session deals with it, and its
 * counters.
 *
 * <p>A command that the node should answer and that nothing is bound to refuses to start, as does a
 * binding to a command that is not in the table. Immutable but for the counters; any thread.
 */
public final class CommandBook {
  /** How a session deals with a command. */
  enum How {
    /** The node answers at once, even while earlier replies are awaited. */
    NODE,
    /** The node answers when all earlier replies of the connection are there. */
    NODE_IN_TURN,
    /** Goes to the shard of its keys. */
    SHARD,
    /** Has no keys, and covers the shards that the node leads; see {@link Spread}. */
    SPREAD,
    /** Names a slot instead of a key. */
    SLOT,
    /** A container without a subcommand that it has. */
    CONTAINER,
    WATCH,
    UNWATCH,
    MULTI,
    EXEC,
    DISCARD
  }

  /** What is bound to a command that the node answers. */
  private record Bound(NodeCommand command, boolean inTurn) {}

  /** Gathers what the node's commands do. */
  public static final class Bindings {
    private final Map<String, Bound> bound = new HashMap<>();

    /**
     * Answers when all earlier replies of the connection are there: for whatever observes, changes
     * or emits.
     */
    public Bindings inTurn(String fullName, NodeCommand command) {
      return bind(fullName, new Bound(command, true));
    }

    /** Answers in the pass of its arrival, for what depends on nothing else. */
    public Bindings atOnce(String fullName, NodeCommand command) {
      return bind(fullName, new Bound(command, false));
    }

    private Bindings bind(String fullName, Bound binding) {
      if (bound.put(fullName, binding) != null) {
        throw new IllegalStateException("command " + fullName + " is bound twice");
      }
      return this;
    }
  }

  /** A command, how it is dealt with, and what became of it so far. */
  public static final class Entry {
    private final Command command;
    private final How how;
    private final Spread spread;
    private final @Nullable NodeCommand body;
    private final int onlyKeyPlace;
    private final boolean noAuth;
    private final boolean noMulti;
    private final boolean denyOom;
    private final boolean changes;
    private final boolean monitored;
    private final boolean ofReplies;
    private final Durations durations = new Durations();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder failed = new LongAdder();

    private Entry(Command command, How how, @Nullable NodeCommand body) {
      this.command = command;
      this.how = how;
      this.body = body;
      this.spread = Spread.of(command.fullName());
      this.onlyKeyPlace = command.onlyKeyPlace();
      this.noAuth = command.has(Flag.NO_AUTH);
      this.noMulti = command.has(Flag.NO_MULTI);
      this.denyOom = command.has(Flag.DENYOOM);
      this.changes = command.has(Flag.WRITE) || command.has(Flag.MAY_REPLICATE) || command.writes();
      this.ofReplies = command.fullName().equals("client|reply");
      this.monitored = !command.has(Flag.SKIP_MONITOR) && !command.has(Flag.ADMIN);
    }

    /** The command. */
    public Command command() {
      return command;
    }

    /** How often it ran. */
    public long calls() {
      return durations.count();
    }

    /** Time from its arrival to its reply, in all, microseconds: what clients waited. */
    public long micros() {
      return durations.sumNanos() / 1000;
    }

    /**
     * How long clients waited for it, each time that it ran: from its arrival to its reply. Inside
     * a transaction it counts as no time, for it is EXEC that is waited for.
     */
    public Durations durations() {
      return durations;
    }

    /** How often it was refused before it ran. */
    public long rejectedCalls() {
      return rejected.sum();
    }

    /** How often it ran and answered an error. */
    public long failedCalls() {
      return failed.sum();
    }

    How how() {
      return how;
    }

    Spread spread() {
      return spread;
    }

    NodeCommand body() {
      if (body == null) {
        throw new IllegalStateException(command.fullName() + " is no command of the node");
      }
      return body;
    }

    int onlyKeyPlace() {
      return onlyKeyPlace;
    }

    boolean noAuth() {
      return noAuth;
    }

    boolean noMulti() {
      return noMulti;
    }

    boolean denyOom() {
      return denyOom;
    }

    boolean changes() {
      return changes;
    }

    boolean monitored() {
      return monitored;
    }

    /** Whether it is CLIENT REPLY, which decides on its own reply too. */
    boolean ofReplies() {
      return ofReplies;
    }

    void ran(long tookNanos, boolean error) {
      durations.record(tookNanos);
      if (error) {
        failed.increment();
      }
    }

    void refused() {
      rejected.increment();
    }

    private void reset() {
      durations.reset();
      rejected.reset();
      failed.reset();
    }
  }

  private final CommandTable table;
  private final IdentityHashMap<Command, Entry> entries = new IdentityHashMap<>();

  /** The book of this table with these bindings. */
  public CommandBook(CommandTable table, Bindings bindings) {
    this.table = table;
    Map<String, Bound> unused = new HashMap<>(bindings.bound);
    for (Command command : table.all()) {
      Bound bound = unused.remove(command.fullName());
      entries.put(command, new Entry(command, how(command, bound), body(command, bound)));
    }
    if (!unused.isEmpty()) {
      throw new IllegalStateException("bound, but in no table: " + unused.keySet());
    }
  }

  private static @Nullable NodeCommand body(Command command, @Nullable Bound bound) {
    if (command.body() instanceof Body.Fixed fixed) {
      return (NodeCommand.Prompt) (session, argv) -> fixed.reply();
    }
    return bound == null ? null : bound.command();
  }

  private static How how(Command command, @Nullable Bound bound) {
    How special =
        switch (command.fullName()) {
          case "watch" -> How.WATCH;
          case "unwatch" -> How.UNWATCH;
          case "multi" -> How.MULTI;
          case "exec" -> How.EXEC;
          case "discard" -> How.DISCARD;
          case "cluster|countkeysinslot", "cluster|getkeysinslot" -> How.SLOT;
          default -> null;
        };
    if (special != null) {
      return special;
    }
    return switch (command.body()) {
      case Body.Read read -> command.keySpecs().isEmpty() ? How.SPREAD : How.SHARD;
      case Body.Write write -> command.keySpecs().isEmpty() ? How.SPREAD : How.SHARD;
      case Body.Fixed fixed -> How.NODE;
      case Body.Container container -> How.CONTAINER;
      case Body.Node node -> {
        if (bound == null) {
          throw new IllegalStateException(
              "nothing is bound to " + command.fullName() + ", which the node answers");
        }
        yield bound.inTurn() ? How.NODE_IN_TURN : How.NODE;
      }
    };
  }

  /** The table. */
  public CommandTable table() {
    return table;
  }

  /** All entries, by the order of the table. */
  public List<Entry> entries() {
    List<Entry> all = new ArrayList<>();
    for (Command command : table.all()) {
      all.add(entry(command));
    }
    return all;
  }

  /** How many commands ran, of all. */
  public long calls() {
    return entries.values().stream().mapToLong(Entry::calls).sum();
  }

  /** Sets all counters to zero. */
  public void resetCounters() {
    entries.values().forEach(Entry::reset);
  }

  @Nullable Entry find(byte[][] argv) {
    Command command = table.find(argv);
    return command == null ? null : entry(command);
  }

  Entry entry(Command command) {
    Entry entry = entries.get(command);
    if (entry == null) {
      throw new IllegalStateException(command.fullName() + " is of another table");
    }
    return entry;
  }
}
