package io.flotilla.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/**
 * GETs of keys that are not there are no figure. The table once compared Flotilla, which had all
 * keys, with a redis-server that had none.
 */
final class LookupsTest {
  private static final Lookups BEFORE =
      Lookups.parse("# Stats\r\nkeyspace_hits:1000\r\nkeyspace_misses:500\r\nevicted_keys:0\r\n");

  @Test
  void oneInAHundredMayBeMissing() {
    assertThat(BEFORE.foundUntil(new Lookups(1990, 510))).isTrue();
    assertThat(BEFORE.foundUntil(new Lookups(1980, 520))).isFalse();
    assertThat(BEFORE.foundUntil(new Lookups(1000, 1500))).isFalse();
  }

  @Test
  void whoLooksNothingUpMissesNothing() {
    assertThat(BEFORE.foundUntil(BEFORE)).isTrue();
  }

  @Test
  void aServerThatDoesNotTellIsNotBelieved() {
    assertThatThrownBy(() -> Lookups.parse("# Stats\r\nkeyspace_hits:1\r\n"))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("keyspace_misses");
  }
}
