package io.flotilla.node.proposal;

import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * One command (or one transaction) on its way to a shard and back.
 *
 * <p>The session extends it by what it needs to put the reply in its place: one object per command,
 * no future and no lambda. Exactly one of {@link #answered} and {@link #failed} is called, once, on
 * the connection's loop; {@link Asker#settled} follows after the last of a run of them.
 */
public abstract class Request {
  /** What a request asks of the shard. */
  public enum Kind {
    /** Reads, on the leader, at a point that is certainly not older than the moment of asking. */
    READ,
    /** The same on whatever replica this is: it asks the leader how far it must have applied. */
    REPLICA_READ,
    /** Reads this replica as it stands, as Redis does after READONLY: may be stale. */
    STALE_READ,
    /** Changes something, so it goes through the log. */
    WRITE
  }

  /**
   * What a waiting request costs beside its arguments' bytes: objects, array headers, its reply.
   */
  private static final int OVERHEAD_BYTES = 200;

  /** What an item, and what an argument, takes in an entry beside its bytes, at most. */
  private static final int ITEM_BYTES = 10;

  private static final int ARGUMENT_BYTES = 5;

  /** A command of constant or logarithmic cost for each of so many arguments takes no time. */
  private static final int FEW_ARGUMENTS = 16;

  final Kind kind;
  private final @Nullable Command command;
  private final byte[][] argv;
  private final @Nullable Item logged;

  /** Bytes that it takes in an entry, at most. */
  final int entryBytes;

  /** Bytes that it holds while it waits, roughly. */
  final int bytes;

  /** The strand that took it. */
  @Nullable ShardStrand strand;

  /** The next request of the same strand, while it waits there. */
  @Nullable Request next;

  /** Whether it went into a batch of writes, else into a round of reads. */
  boolean riding;

  /**
   * Whether the machine can be busy with it for long: any transaction, and any command that is not
   * quick or that has many arguments.
   */
  private final boolean mayBeSlow;

  /** How long the machine was busy with it; set on the shard's loop, before the answer. */
  long ranNanos;

  /**
   * A command.
   *
   * @param command the command that the arguments name; a reading one if the kind is a read
   * @param argv its name and arguments; not copied, and never changed again by anyone
   */
  protected Request(Kind kind, Command command, byte[][] argv) {
    this.kind = kind;
    this.command = command;
    this.argv = argv;
    this.logged = kind == Kind.WRITE ? new Item.Single(argv) : null;
    this.mayBeSlow = argv.length > FEW_ARGUMENTS || !command.isQuick();
    this.entryBytes = ITEM_BYTES + sizeOf(argv);
    this.bytes = OVERHEAD_BYTES + entryBytes;
  }

  /** A transaction: all of its commands at one place in the log, or none. */
  protected Request(Item.Transaction transaction) {
    this.kind = Kind.WRITE;
    this.command = null;
    this.argv = new byte[0][];
    this.mayBeSlow = true;
    this.logged = transaction;
    int size = ITEM_BYTES;
    for (Item.Watched watched : transaction.watched()) {
      size += watched.key().length + ARGUMENT_BYTES + ITEM_BYTES;
    }
    for (byte[][] each : transaction.commands()) {
      size += ITEM_BYTES + sizeOf(each);
    }
    this.entryBytes = size;
    this.bytes = OVERHEAD_BYTES * (1 + transaction.commands().size()) + size;
  }

  private static int sizeOf(byte[][] argv) {
    int size = 0;
    for (byte[] argument : argv) {
      size += argument.length + ARGUMENT_BYTES;
    }
    return size;
  }

  final boolean mayBeSlow() {
    return mayBeSlow;
  }

  /**
   * How long the machine was busy with it, nanoseconds: without any waiting; 0 for what cannot be
   * slow.
   */
  protected final long machineNanos() {
    return ranNanos;
  }

  /** The machine's reply; an error reply is a reply. */
  protected abstract void answered(Reply reply);

  /** There is no reply of the machine. */
  protected abstract void failed(Failure failure);

  /** The request as it stands in a batch: a read is there for the leader only. */
  final Item item() {
    return logged != null ? logged : new Item.LocalRead(command(), argv);
  }

  final Command command() {
    if (command == null) {
      throw new IllegalStateException("a transaction is many commands");
    }
    return command;
  }

  final byte[][] argv() {
    return argv;
  }
}
