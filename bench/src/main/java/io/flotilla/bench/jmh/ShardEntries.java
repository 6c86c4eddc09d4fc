package io.flotilla.bench.jmh;

import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.reply.Reply;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A batch of 1000 SETs from the log's bytes into a shard of 100 000 keys, and GETs from there.
 *
 * <p>An entry is decoded anew for each time that it is applied, as on a follower, since the
 * keyspace keeps the arrays that an entry brings. So what the machine alone takes is {@link
 * #decodeAndApply} less {@link #decode}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ShardEntries {
  /** Enough that no key is met again before a hundred thousand others were. */
  private static final int BATCHES = 100;

  private final ByteBuffer[] batches = new ByteBuffer[BATCHES];
  private final byte[][] keys = Sets.keys(BATCHES * Sets.BATCH);
  private final CommandTable table = new CommandTable(Families.ALL);
  private final ShardMachine machine = new ShardMachine(table, 1, check -> {});
  private final byte[] name = Ascii.bytes("GET");
  private final Command get = Objects.requireNonNull(table.find(name));
  private long index;
  private int nextBatch;
  private int nextKey;

  /** A shard that owns every slot and holds every key. */
  public ShardEntries() {
    machine.apply(1, ++index, new Entry.Genesis(Sets.NOW_MILLIS, new SipHash(3, 4)));
    machine.apply(
        1,
        ++index,
        new Entry.Own(Sets.NOW_MILLIS, List.of(new Entry.SlotRange(0, HashSlot.COUNT - 1, 1))));
    byte[][] all = new byte[Sets.KEYS][];
    for (int i = 0; i < all.length; i++) {
      all[i] = Sets.key(i);
    }
    for (int from = 0; from < all.length; from += Sets.BATCH) {
      index++;
      machine.apply(1, index, EntryCodec.decode(ByteBuffer.wrap(Sets.batch(index, all, from))));
    }
    for (int i = 0; i < BATCHES; i++) {
      batches[i] = ByteBuffer.wrap(Sets.batch(i, keys, i * Sets.BATCH));
    }
    if (machine.keys() != Sets.KEYS) {
      throw new AssertionError(machine.keys() + " keys instead of " + Sets.KEYS);
    }
  }

  private Entry next() {
    nextBatch = (nextBatch + 1) % BATCHES;
    return EntryCodec.decode(batches[nextBatch].duplicate());
  }

  /** One SET of a batch, from its bytes. */
  @Benchmark
  @OperationsPerInvocation(Sets.BATCH)
  public Entry decode() {
    return next();
  }

  /** One SET of a batch, from its bytes into the keyspace. */
  @Benchmark
  @OperationsPerInvocation(Sets.BATCH)
  public Reply[] decodeAndApply() {
    return machine.apply(1, ++index, next());
  }

  /** One GET of a key by chance, without log and round: hashing, the lookup, and the reply. */
  @Benchmark
  public Reply read() {
    nextKey = (nextKey + 1) % keys.length;
    byte[][] argv = {name, keys[nextKey]};
    return Objects.requireNonNull(machine.read(get, argv, Sets.NOW_MILLIS, 1));
  }
}
