package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.admin.NodeStatus;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** The JSON that programs rely on. */
final class MessageJsonTest {
  @Test
  void aClusterStatusAsProgramsSeeIt() {
    Golden.assertEquals(
        "src/test/resources/pages/status.json",
        MessageJson.of(Examples.status()).toPrettyString() + "\n");
  }

  @Test
  void everyFieldIsThereAlsoWhenNothingIsSet() {
    ObjectNode json = MessageJson.of(NodeStatus.getDefaultInstance());
    assertThat(json.propertyNames())
        .containsExactlyElementsOf(
            NodeStatus.getDescriptor().getFields().stream().map(f -> f.getName()).toList());
    assertThat(json.get("client").isNull()).isTrue();
    assertThat(json.get("leads").isArray()).isTrue();
    assertThat(json.get("phase").asString()).isEqualTo("unspecified");
  }

  @Test
  void numbersOfSixtyFourBitsAreNumbers() {
    ObjectNode json =
        MessageJson.of(NodeStatus.newBuilder().setHeapMaxBytes(1L << 40).setPid(-1).build());
    assertThat(json.get("heap_max_bytes").asLong()).isEqualTo(1L << 40);
    assertThat(json.get("heap_max_bytes").isNumber()).isTrue();
    assertThat(json.get("pid").asLong()).isEqualTo(-1);
  }
}
