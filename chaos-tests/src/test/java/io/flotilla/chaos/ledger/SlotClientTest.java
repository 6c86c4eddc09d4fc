package io.flotilla.chaos.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the raw client takes an answer to mean: a wrong "not done" would be a false alarm. */
final class SlotClientTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MOVED 3999 127.0.0.1:6381             | MOVED",
        "CLUSTERDOWN Hash slot not served      | NOT_NOW",
        "TRYAGAIN the slot is moving           | NOT_NOW",
        "ERR overloaded: the queue is full     | NOT_NOW",
        "TIMEOUT outcome unknown               | UNKNOWN",
        "ERR unknown command                   | ANSWER",
        "WRONGTYPE Operation against a key     | ANSWER",
      })
  void anErrorMeansWhatTheArchitecturePromises(String error, ErrorMeaning meaning) {
    assertThat(ErrorMeaning.of(error)).isEqualTo(meaning);
  }

  @Test
  void slotsAreThoseOfRedis() {
    assertThat(SlotClient.slotOf("123456789")).isEqualTo(0x31C3);
    assertThat(SlotClient.slotOf("foo")).isEqualTo(12_182);
    assertThat(SlotClient.slotOf("{foo}.bar")).isEqualTo(12_182);
  }

  @Test
  void aRedirectNamesAnAddress() {
    assertThat(SlotClient.addressIn("MOVED 3999 127.0.0.1:6381").getPort()).isEqualTo(6381);
  }
}
