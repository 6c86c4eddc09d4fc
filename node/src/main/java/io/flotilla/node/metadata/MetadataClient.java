package io.flotilla.node.metadata;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.metadata.MetadataGroup.Outcome;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.proto.metadata.Barrier;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.Verdict;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Changes the metadata from any node: at the local replica if it leads, else at the node that is
 * said to lead.
 *
 * <p>An attempt whose outcome is unknown is made again with the same entry until there is a verdict
 * or the time is over. That is safe because every change is idempotent and compares what it depends
 * on, and it is as good as reading behind a barrier: the verdict on the second attempt is given in
 * log order behind the first. What must not be done twice by two different people at once carries
 * {@code if_version} or its like; the caller sees to that.
 *
 * <p>Nothing blocks; futures complete on the executor's thread.
 */
public final class MetadataClient {
  /**
   * Between two attempts: below the shortest election, above what would load a node without a
   * leader.
   */
  private static final Duration PAUSE = Duration.ofMillis(50);

  /**
   * How long one attempt may take before the next is made, perhaps elsewhere. A local one has this
   * deadline too, because a proposal may never hear of its outcome.
   */
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(2);

  private final MetadataGroup group;
  private final LeaderHints hints;
  private final Function<NodeId, @Nullable Endpoint> adminOf;
  private final NodeLinks links;
  private final ScheduledExecutorService executor;

  /**
   * A client.
   *
   * @param adminOf where a node's admin service listens, as far as is known
   */
  public MetadataClient(
      MetadataGroup group,
      LeaderHints hints,
      Function<NodeId, @Nullable Endpoint> adminOf,
      NodeLinks links,
      ScheduledExecutorService executor) {
    this.group = group;
    this.hints = hints;
    this.adminOf = adminOf;
    this.links = links;
    this.executor = executor;
  }

  /**
   * Makes the change; fails with {@link MetadataUnavailableException} if there is no verdict in
   * time.
   */
  public CompletableFuture<Verdict> change(MetadataEntry entry, Duration timeout) {
    Attempts attempts = new Attempts(entry, System.nanoTime() + timeout.toNanos());
    attempts.next();
    return attempts.result;
  }

  /**
   * Waits until everything that was committed before this call has been committed before its
   * verdict.
   */
  public CompletableFuture<Verdict> barrier(Duration timeout) {
    return change(
        MetadataEntry.newBuilder().setBarrier(Barrier.getDefaultInstance()).build(), timeout);
  }

  private final class Attempts {
    private final MetadataEntry entry;
    private final long deadlineNanos;
    private final CompletableFuture<Verdict> result = new CompletableFuture<>();
    private volatile boolean everUnknown;
    private volatile String lastWhy = "no leader of the metadata group is known";

    Attempts(MetadataEntry entry, long deadlineNanos) {
      this.entry = entry;
      this.deadlineNanos = deadlineNanos;
    }

    void next() {
      if (System.nanoTime() - deadlineNanos >= 0) {
        result.completeExceptionally(new MetadataUnavailableException(everUnknown, lastWhy));
        return;
      }
      long left = Math.max(1, deadlineNanos - System.nanoTime());
      Duration timeout =
          left < ATTEMPT_TIMEOUT.toNanos() ? Duration.ofNanos(left) : ATTEMPT_TIMEOUT;
      if (group.log().isLeader()) {
        CompletableFuture<Outcome> local = new CompletableFuture<>();
        CompletableFuture<Void> unused =
            local
                .completeOnTimeout(
                    new Outcome.Unknown("no outcome in " + timeout),
                    timeout.toNanos(),
                    TimeUnit.NANOSECONDS)
                .thenAccept(this::concluded);
        group.propose(entry, local::complete);
        return;
      }
      LeaderHint leader = hints.leader(group.id());
      Endpoint admin = leader == null ? null : adminOf.apply(leader.node());
      if (leader == null || admin == null || leader.node().equals(group.log().self())) {
        later();
        return;
      }
      CompletableFuture<?> unused =
          links
              .propose(admin, entry, timeout)
              .handle((verdict, e) -> {
                if (e == null) {
                  concluded(new Outcome.Decided(Verdict.of(verdict), LogPosition.NONE));
                } else if (e instanceof NodeLinks.Refused
                    || e.getCause() instanceof NodeLinks.Refused) {
                  concluded(new Outcome.NotDone(String.valueOf(e.getMessage())));
                } else {
                  concluded(new Outcome.Unknown(String.valueOf(e.getMessage())));
                }
                return null;
              });
    }

    private void concluded(Outcome outcome) {
      switch (outcome) {
        case Outcome.Decided decided -> {
          try {
            executor.execute(() -> result.complete(decided.verdict()));
          } catch (RejectedExecutionException e) {
            result.complete(decided.verdict());
          }
        }
        case Outcome.NotDone notDone -> {
          lastWhy = notDone.why();
          later();
        }
        case Outcome.Unknown unknown -> {
          everUnknown = true;
          lastWhy = unknown.why();
          later();
        }
      }
    }

    private void later() {
      try {
        ScheduledFuture<?> unused =
            executor.schedule(this::next, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        result.completeExceptionally(
            new MetadataUnavailableException(everUnknown, "the node stops"));
      }
    }
  }
}
