package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Glob;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.ReadFunction;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.ScanOptions;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.Keyspace;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * SCAN: all keys, a few at a time, slot after slot and in each slot in the order of the hashes.
 *
 * <p>A key that is there from the first call to the last is returned, and at most once unless the
 * client asks with an old cursor. See {@link ScanCursor} for why a failover changes nothing.
 *
 * <p><b>For the node.</b> A shard's SCAN looks at all slots that the shard holds. A node that leads
 * several shards, or a shard whose slots do not lie together, must keep the order of the slots: it
 * takes the range of adjacent slots of one shard that the cursor falls into (or the next one), asks
 * that shard with {@link #within}, and when the reply's cursor is {@code 0} puts {@link
 * ScanCursor#of} the next range's first slot in its place, if there is one.
 */
public final class Scan {
  /** What COUNT is where it is not given. */
  private static final long DEFAULT_COUNT = 10;

  /**
   * The most keys looked at in one call, whatever COUNT says: about a millisecond. A client sees
   * fewer keys and a cursor, which it must be ready for anyway.
   */
  private static final long MAX_COUNT = 10_000;

  private static final String REFERENCE = "SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]";

  static List<Row> rows() {
    return List.of(row(Scan::scan));
  }

  private static Row row(ReadFunction function) {
    return read(REFERENCE, function)
        .summary("Returns some keys and a cursor to go on from.")
        .since("2.8.0")
        .complexity("O(1) for a call, O(N) for all N keys")
        .tips("nondeterministic_output", "request_policy:special", "response_policy:special");
  }

  private Scan() {}

  /** SCAN of the slots from {@code first} to {@code last}, inclusive; its end is their end. */
  public static Command within(int first, int last) {
    return row((context, arguments) -> scan(context, arguments, first, last)).command();
  }

  private static Reply scan(ReadContext context, Arguments arguments) {
    return scan(context, arguments, 0, HashSlot.COUNT - 1);
  }

  /** What a call asks for. */
  private record Wanted(long count, @Nullable Glob pattern, @Nullable String type) {
    boolean matches(byte[] key, Value value) {
      return (type == null || type.equals(value.type().toString()))
          && (pattern == null || pattern.matches(key));
    }
  }

  private static Reply scan(ReadContext context, Arguments arguments, int first, int last) {
    ScanCursor cursor = ScanCursor.at(arguments, 1);
    Wanted wanted = options(arguments);
    Keyspace keyspace = context.keyspace();
    Page page = new Page(keyspace, wanted);
    ScanCursor from = cursor.slot() < first ? ScanCursor.of(first) : cursor;
    int slot = from.slot();
    while (page.next == null && slot <= last && slot < HashSlot.COUNT) {
      page.visit(slot, slot == from.slot() ? from.fromHash() : 0);
      slot = keyspace.nextSlotWithKeys(slot + 1);
      if (page.next == null && page.isFull()) {
        page.next = ScanCursor.of(slot); // the slot ended with the page
      }
    }
    ScanCursor next = page.next == null || page.next.slot() > last ? ScanCursor.END : page.next;
    return ScanOptions.reply(next.number(), page.keys);
  }

  private static Wanted options(Arguments arguments) {
    long count = DEFAULT_COUNT;
    Glob pattern = null;
    String type = null;
    for (int i = 2; i < arguments.count(); i += 2) {
      if (i + 1 == arguments.count()) {
        throw arguments.syntaxError();
      } else if (arguments.is(i, "COUNT")) {
        count = arguments.integer(i + 1);
        if (count < 1) {
          throw new CommandException(Errors.SYNTAX);
        }
      } else if (arguments.is(i, "MATCH")) {
        Glob given = new Glob(arguments.at(i + 1));
        pattern = given.isEverything() ? null : given;
      } else if (arguments.is(i, "TYPE")) {
        type = Ascii.text(arguments.at(i + 1)).toLowerCase(Locale.ROOT);
      } else {
        throw arguments.syntaxError();
      }
    }
    return new Wanted(Math.min(count, MAX_COUNT), pattern, type);
  }

  /** The keys of one reply, and where the next one begins once this one is full. */
  private static final class Page {
    private final Keyspace keyspace;
    private final Wanted wanted;
    private final List<Reply> keys = new ArrayList<>();
    private long looked;
    private @Nullable ScanCursor behindLast;
    private @Nullable ScanCursor next;

    Page(Keyspace keyspace, Wanted wanted) {
      this.keyspace = keyspace;
      this.wanted = wanted;
    }

    boolean isFull() {
      return looked >= wanted.count;
    }

    /** Looks at keys of a slot until the page is full and a new prefix begins. */
    void visit(int slot, long fromHash) {
      behindLast = null;
      keyspace.visitSlot(
          slot,
          fromHash,
          (key, value, deadline) -> {
            ScanCursor behind = ScanCursor.behind(slot, keyspace.hashOf(key));
            if (isFull() && behindLast != null && !behind.equals(behindLast)) {
              next = behindLast;
              return false;
            }
            behindLast = behind;
            looked++;
            if (wanted.matches(key, value)) {
              keys.add(Reply.bulk(key));
            }
            return true;
          });
    }
  }
}
