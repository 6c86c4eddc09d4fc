package io.flotilla.node.proposal;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.apply.ShardMachine;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.log.BatchId;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shard without a log, for tests of what stands in front of it: the real machine, one entry a
 * request, answered at once, or when the test says so and in the order that it says.
 */
public final class MachineShard implements LocalShard {
  private final GroupId group;
  private final ShardMachine machine;
  private final List<Runnable> held = new ArrayList<>();
  private boolean holding;
  private boolean pressed;
  private @Nullable Failure failure;
  private long index;
  private long term = 1;
  private int replicas = 1;
  private @Nullable LeaderHint leader = new LeaderHint(1, new NodeId("a".repeat(40)));
  private long nowMillis = 1_000_000;

  /** An empty shard that owns these slots. */
  public MachineShard(GroupId group, CommandTable table, int firstSlot, int lastSlot) {
    this.group = group;
    this.machine = new ShardMachine(table, 1, check -> {});
    machine.apply(1, ++index, new Entry.Genesis(nowMillis, new SipHash(1, 2)));
    machine.apply(
        1, ++index, new Entry.Own(nowMillis, List.of(new Entry.SlotRange(firstSlot, lastSlot, 1))));
  }

  /** From now on requests wait for {@link #release}. */
  public synchronized void hold() {
    holding = true;
  }

  /** How many requests wait. */
  public synchronized int held() {
    return held.size();
  }

  /** Completes the waiting request at this place of the queue. */
  public void release(int place) {
    Runnable completion;
    synchronized (this) {
      completion = held.remove(place);
    }
    completion.run();
  }

  /** Completes all that wait, and holds nothing from now on. */
  public void releaseAll() {
    synchronized (this) {
      holding = false;
    }
    while (held() > 0) {
      release(0);
    }
  }

  /** From now on every request fails so; null: none does. */
  public synchronized void failWith(@Nullable Failure with) {
    failure = with;
  }

  /** Whether {@link Strand#submit} asks to stop from now on. */
  public synchronized void press(boolean value) {
    pressed = value;
  }

  @Override
  public GroupId group() {
    return group;
  }

  @Override
  public Strand strand(ConnectionLoop loop, Asker asker) {
    return new Strand() {
      private int open;

      @Override
      public boolean submit(Request request) {
        open++;
        Failure why;
        Reply reply;
        boolean wait;
        boolean stop;
        synchronized (MachineShard.this) {
          why = failure;
          reply = why == null ? answer(request) : null;
          wait = holding;
          stop = pressed;
        }
        Runnable completion =
            () ->
                loop.execute(() -> {
                  open--;
                  if (why != null) {
                    request.failed(why);
                  } else {
                    request.answered(java.util.Objects.requireNonNull(reply));
                  }
                  asker.settled();
                });
        if (wait) {
          synchronized (MachineShard.this) {
            held.add(completion);
          }
        } else {
          completion.run();
        }
        if (stop) {
          loop.schedule(asker::relieved, 20_000_000);
        }
        return !stop;
      }

      @Override
      public long lastIndex() {
        return index;
      }

      @Override
      public boolean isIdle() {
        return open == 0;
      }
    };
  }

  private Reply answer(Request request) {
    nowMillis++;
    Item item = request.item();
    if (item instanceof Item.LocalRead read) {
      Reply reply = machine.read(read.command(), read.argv(), nowMillis, index);
      return reply == null ? Reply.error("ERR a deadline lies ahead") : reply;
    }
    BatchId id = new BatchId(new NodeId("a".repeat(40)), 1, index);
    return machine.apply(1, ++index, new Entry.Batch(id, nowMillis, List.of(item)))[0];
  }

  @Override
  public boolean isLeading() {
    return true;
  }

  @Override
  public synchronized long term() {
    return term;
  }

  /** The replica has seen this term, whoever leads in it. */
  public synchronized void term(long value) {
    term = value;
  }

  /** So many replicas have all that was written. */
  public synchronized void replicasHolding(int count) {
    replicas = count;
  }

  @Override
  public synchronized int replicasHolding(long upTo) {
    return replicas;
  }

  /** What its machine has counted. */
  public synchronized long keyspaceHits() {
    return machine.keyspaceHits();
  }

  /** The same of misses. */
  public synchronized long keyspaceMisses() {
    return machine.keyspaceMisses();
  }

  /** The machine counts from zero. */
  public synchronized void resetCounts() {
    machine.resetCounts();
  }

  @Override
  public synchronized @Nullable LeaderHint leader() {
    return leader;
  }

  /** From now on the replica takes this one for its leader. */
  public synchronized void leader(@Nullable LeaderHint value) {
    leader = value;
  }
}
