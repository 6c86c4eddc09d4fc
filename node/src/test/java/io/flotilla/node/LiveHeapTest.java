package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Why: each collector tells in its own way; what this JVM's tells must be what is live. */
final class LiveHeapTest {
  private static final int LARGE = 48 << 20;

  private byte[] held = new byte[0];

  @Test
  void whatIsHeldIsToldAndWhatIsNotIsGone() {
    AtomicLong left = new AtomicLong();
    try (LiveHeap heap = new LiveHeap(left::set)) {
      assertThat(heap).isNotNull();
      held = new byte[LARGE];
      System.gc();
      await().atMost(Duration.ofSeconds(30)).until(() -> left.get() >= LARGE);
      long with = left.get();
      assertThat(held).hasSize(LARGE);
      held = new byte[0];
      System.gc();
      await().atMost(Duration.ofSeconds(30)).until(() -> left.get() < with - LARGE / 2);
      assertThat(held).isEmpty();
    }
  }
}
