package io.flotilla.node;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells after each collection how many bytes of this JVM's heap it has left: the nearest to what is
 * live that a JVM tells without stopping.
 *
 * <p>What a collection leaves is summed over the heap's pools. A young collection empties Eden and
 * tells of the old objects what is used, dead ones among them; one that marks the old ones
 * concurrently says nothing of Eden, which has filled since with what is mostly garbage: of pools
 * that a collector does not collect, only those of long-lived objects count anew, which are those
 * that the JVM can watch by a threshold. {@code MemoryPoolMXBean.getCollectionUsage} would be
 * simpler, but G1 leaves it as it is for the old objects at ordinary young collections.
 *
 * <p>Told on the JVM's thread for notifications, which must not be held up.
 */
final class LiveHeap implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LiveHeap.class);

  /** Of collectors that work beside the program: a pause of theirs has freed nothing yet. */
  private static final String PAUSE_WITHIN_CYCLE = "end of GC pause";

  private final LongConsumer left;
  private final List<MemoryPoolMXBean> pools =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .toList();
  private final Map<String, Long> leftByPool = new ConcurrentHashMap<>();
  private final List<Runnable> ends = new ArrayList<>();

  /** Begins to tell. */
  LiveHeap(LongConsumer left) {
    this.left = left;
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      if (collector instanceof NotificationEmitter emitter) {
        List<String> collected = List.of(collector.getMemoryPoolNames());
        NotificationListener listener = (told, unused) -> heard(told, collected);
        emitter.addNotificationListener(listener, null, null);
        ends.add(() -> end(emitter, listener));
      }
    }
  }

  private static void end(NotificationEmitter emitter, NotificationListener listener) {
    try {
      emitter.removeNotificationListener(listener);
    } catch (ListenerNotFoundException e) {
      log.debug("it was not listened to any more", e);
    }
  }

  private void heard(Notification told, List<String> collected) {
    if (!told.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
      return;
    }
    GarbageCollectionNotificationInfo info =
        GarbageCollectionNotificationInfo.from((CompositeData) told.getUserData());
    if (info.getGcAction().equals(PAUSE_WITHIN_CYCLE)) {
      return;
    }
    Map<String, MemoryUsage> after = info.getGcInfo().getMemoryUsageAfterGc();
    long sum = 0;
    for (MemoryPoolMXBean pool : pools) {
      MemoryUsage usage = after.get(pool.getName());
      if (usage != null
          && (collected.contains(pool.getName()) || pool.isUsageThresholdSupported())) {
        leftByPool.put(pool.getName(), usage.getUsed());
      }
      sum += leftByPool.getOrDefault(pool.getName(), 0L);
    }
    left.accept(sum);
  }

  @Override
  public void close() {
    ends.forEach(Runnable::run);
    ends.clear();
  }
}
