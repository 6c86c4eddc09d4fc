package io.flotilla.node.metadata;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The latest {@link ClusterView} of this node, and those who want to hear of the next one.
 *
 * <p>One thread publishes (the metadata group's loop), any thread reads: a single volatile read.
 * Listeners run on the publishing thread, in the order of their subscription, and must not block.
 */
public final class ClusterViews implements Supplier<ClusterView> {
  private volatile ClusterView current = ClusterView.EMPTY;
  private final List<Consumer<ClusterView>> listeners = new CopyOnWriteArrayList<>();

  @Override
  public ClusterView get() {
    return current;
  }

  /**
   * Calls the listener with every view from now on; the current one is for the caller to {@link
   * #get}.
   */
  public void subscribe(Consumer<ClusterView> listener) {
    listeners.add(listener);
  }

  /** Replaces the view by a newer one; an older one is ignored. */
  public void publish(ClusterView next) {
    if (next.version() < current.version()) {
      return;
    }
    current = next;
    for (Consumer<ClusterView> listener : listeners) {
      listener.accept(next);
    }
  }
}
