package io.flotilla.node.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.proposal.Confirm;
import io.flotilla.node.proposal.Confirmed;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.GroupTerm;
import io.flotilla.node.proposal.IndexAnswer;
import io.flotilla.node.proposal.IndexAsk;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The frames' bytes stay as they are, since two releases meet during a rolling upgrade; and bytes
 * that are no frame are refused, never half believed.
 */
final class FrameCodecTest {
  private static final GroupId GROUP =
      new GroupId(new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L));
  private static final NodeId NODE = new NodeId("00112233445566778899aabbccddeeff01234567");

  private static final Confirm CONFIRM =
      new Confirm(
          0x1111,
          0x2222,
          List.of(new GroupTerm(GROUP, 3), new GroupTerm(new GroupId(new UUID(0, 1)), 4)));
  private static final Confirmed CONFIRMED =
      new Confirmed(0x1111, 0x2222, List.of(new GroupTerm(GROUP, 3)));
  private static final IndexAsk ASK = new IndexAsk(0x1111, 7, GROUP);
  private static final IndexAnswer ANSWER = new IndexAnswer(0x1111, 7, IndexAnswer.REFUSED);
  private static final LeaderHint HINT = new LeaderHint(9, NODE);

  private static final String GROUP_HEX = "0102030405060708090a0b0c0d0e0f10";

  static Stream<Arguments> golden() {
    return Stream.of(
        golden(
            FrameCodec.confirm(CONFIRM),
            "00000000000011110000000000002222"
                + "0002"
                + GROUP_HEX
                + "0000000000000003"
                + "00000000000000000000000000000001"
                + "0000000000000004",
            FrameCodec::confirm,
            CONFIRM),
        golden(
            FrameCodec.confirmed(CONFIRMED),
            "00000000000011110000000000002222" + "0001" + GROUP_HEX + "0000000000000003",
            FrameCodec::confirmed,
            CONFIRMED),
        golden(
            FrameCodec.indexAsk(ASK),
            "00000000000011110000000000000007" + GROUP_HEX,
            FrameCodec::indexAsk,
            ASK),
        golden(
            FrameCodec.indexAnswer(ANSWER),
            "00000000000011110000000000000007" + "ffffffffffffffff",
            FrameCodec::indexAnswer,
            ANSWER),
        golden(
            FrameCodec.leaderHint(GROUP, HINT),
            GROUP_HEX + "0000000000000009" + NODE.hex(),
            FrameCodec::leaderHint,
            new FrameCodec.Hint(GROUP, HINT)));
  }

  private static Arguments golden(
      byte[] written, String hex, Function<ByteBuffer, Object> read, Object frame) {
    return Arguments.of(written, hex, read, frame);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void bytesAreGolden(byte[] written, String hex, Function<ByteBuffer, Object> read, Object frame) {
    assertThat(HexFormat.of().formatHex(written)).isEqualTo(hex);
    assertThat(read.apply(ByteBuffer.wrap(HexFormat.of().parseHex(hex)))).isEqualTo(frame);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void aFrameThatIsCutShortOrTooLongIsRefused(
      byte[] written, String hex, Function<ByteBuffer, Object> read, Object frame) {
    for (int length = 0; length < written.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(written, 0, length);
      assertThatThrownBy(() -> read.apply(cut)).isInstanceOf(MalformedFrameException.class);
    }
    ByteBuffer longer = ByteBuffer.wrap(java.util.Arrays.copyOf(written, written.length + 1));
    assertThatThrownBy(() -> read.apply(longer)).isInstanceOf(MalformedFrameException.class);
  }

  @Property(tries = 200)
  void roundsOfAnySizeComeBackAsTheyWere(
      @ForAll long incarnation, @ForAll long round, @ForAll @Size(max = 40) List<Long> terms) {
    List<GroupTerm> groups =
        terms.stream().map(t -> new GroupTerm(new GroupId(new UUID(t, ~t)), t)).toList();
    Confirm frame = new Confirm(incarnation, round, groups);
    assertThat(FrameCodec.confirm(ByteBuffer.wrap(FrameCodec.confirm(frame)))).isEqualTo(frame);
  }
}
