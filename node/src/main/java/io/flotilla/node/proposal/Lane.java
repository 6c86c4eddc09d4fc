package io.flotilla.node.proposal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One loop's way into one shard: gathers what one pass over the loop's ready sockets brings, and
 * brings the outcomes back.
 *
 * <p>The first request of a pass posts the lane as a task, which the loop runs when all sockets
 * that were ready have been read; the task hands the pass's writes to the proposer and its reads to
 * the rounds, each as one {@link Share}. So a command costs no lock, no task and no wake-up of its
 * own, in either direction.
 *
 * <p>Threads: its loop only.
 */
final class Lane implements Runnable {
  /** After so many requests connections are told before others are completed. */
  private static final int TOLD_AT_ONCE = 128;

  final ConnectionLoop loop;
  private final ShardReplica shard;

  private @Nullable Share writes;
  private @Nullable Share staleReads;
  private @Nullable ShardStrand[] readers = new ShardStrand[16];
  private int readerCount;
  private boolean posted;

  private final List<ShardStrand> stopped = new ArrayList<>();

  Lane(ShardReplica shard, ConnectionLoop loop) {
    this.shard = shard;
    this.loop = loop;
  }

  // ------------------------------------------------------------------------------ out

  void toBatch(Request request) {
    Share share = writes;
    if (share == null) {
      share = new Share(this);
      writes = share;
      post();
    }
    share.add(request);
  }

  void hasReads(ShardStrand strand) {
    if (readerCount == readers.length) {
      readers = Arrays.copyOf(readers, readerCount * 2);
    }
    readers[readerCount++] = strand;
    post();
  }

  void staleRead(Request request) {
    Share share = staleReads;
    if (share == null) {
      share = new Share(this);
      staleReads = share;
      post();
    }
    share.add(request);
  }

  private void post() {
    if (!posted) {
      posted = true;
      loop.execute(this);
    }
  }

  /** The end of a pass. */
  @Override
  public void run() {
    posted = false;
    Share out = writes;
    if (out != null) {
      writes = null;
      shard.pourWrites(out);
    }
    out = staleReads;
    if (out != null) {
      staleReads = null;
      shard.pourStaleReads(out);
    }
    pourReads();
  }

  private void pourReads() {
    Share leaders = null;
    Share replicas = null;
    for (int i = 0; i < readerCount; i++) {
      ShardStrand strand = readers[i];
      Request read = strand == null ? null : strand.takeQueued();
      readers[i] = null;
      while (read != null) {
        Request following = read.next;
        read.next = null;
        if (read.kind == Request.Kind.READ) {
          leaders = leaders == null ? new Share(this) : leaders;
          leaders.add(read);
        } else {
          replicas = replicas == null ? new Share(this) : replicas;
          replicas.add(read);
        }
        read = following;
      }
    }
    readerCount = 0;
    if (leaders != null) {
      shard.pourReads(leaders);
    }
    if (replicas != null) {
      shard.pourReplicaReads(replicas);
    }
  }

  // ------------------------------------------------------------------------------ back

  /**
   * Completes a share's requests and tells the connections, of a small share each once. Of a large
   * one the first are told, and so have their replies, while the rest is still to be completed:
   * their clients go on meanwhile.
   */
  void complete(Share share) {
    shard.released(share);
    List<ShardStrand> touched = new ArrayList<>();
    int completed = 0;
    for (int i = 0; i < share.count; i++) {
      Request request = share.requests[i];
      ShardStrand strand = request.strand;
      if (strand == null || !share.isSettled(i)) {
        continue;
      }
      if (completed >= TOLD_AT_ONCE && !strand.touched) {
        tell(touched);
        completed = 0;
      }
      completed++;
      strand.completed(request);
      if (!strand.touched) {
        strand.touched = true;
        strand.lastIndex = Math.max(strand.lastIndex, share.index);
        touched.add(strand);
      }
      share.complete(i);
    }
    tell(touched);
    if (share.count > 0) {
      Request first = share.requests[0];
      shard.served(first.kind, first.riding);
    }
  }

  private static void tell(List<ShardStrand> touched) {
    for (int i = 0; i < touched.size(); i++) {
      ShardStrand strand = touched.get(i);
      strand.touched = false;
      strand.releaseHeld();
      strand.asker.settled();
    }
    touched.clear();
  }

  // ------------------------------------------------------------------------------ pressure

  /** Whether more may be read for this strand; if not, it is told when. */
  boolean mayGoOn(ShardStrand strand) {
    if (!shard.isPressed()) {
      return true;
    }
    if (!strand.stopped) {
      strand.stopped = true;
      stopped.add(strand);
    }
    return false;
  }

  /** The shard is not pressed any more. */
  void relieve() {
    if (stopped.isEmpty()) {
      return;
    }
    List<ShardStrand> all = List.copyOf(stopped);
    stopped.clear();
    for (ShardStrand strand : all) {
      strand.stopped = false;
      strand.asker.relieved();
    }
  }
}
