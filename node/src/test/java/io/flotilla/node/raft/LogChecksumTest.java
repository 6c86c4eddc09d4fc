package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.util.PureJavaCrc32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The jar carries Ratis' writer and reader of the log with the JDK's CRC-32C in place of Ratis' own
 * (decision 0015). A release of Ratis that names them otherwise would silently bring the slow one
 * back; and were the sums not the same, a log of an older version could not be read.
 */
class LogChecksumTest {
  private static final String LOG = "/org/apache/ratis/server/raftlog/segmented/";

  /** With the tests that run on the packaged jar. */
  @Tag("cluster")
  @ParameterizedTest
  @ValueSource(strings = {"SegmentedRaftLogOutputStream", "SegmentedRaftLogReader"})
  void ratisLogUsesTheChecksumOfTheJdk(String name) throws IOException {
    try (InputStream code = RaftLog.class.getResourceAsStream(LOG + name + ".class")) {
      assertThat(code).isNotNull();
      assertThat(new String(code.readAllBytes(), StandardCharsets.ISO_8859_1))
          .contains("java/util/zip/CRC32C")
          .doesNotContain("PureJavaCrc32C");
    }
  }

  @Test
  void bothChecksumsAreTheSame() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      int from = random.nextInt(bytes.length + 1);
      int length = random.nextInt(bytes.length - from + 1);
      ByteBuffer direct = ByteBuffer.allocateDirect(length).put(bytes, from, length).flip();

      PureJavaCrc32C ratis = new PureJavaCrc32C();
      ratis.update(bytes, from, length);
      CRC32C jdk = new CRC32C();
      jdk.update(direct);

      assertThat(jdk.getValue())
          .as("seed %d, bytes %s, from %d, length %d", seed, Arrays.toString(bytes), from, length)
          .isEqualTo(ratis.getValue());
    }
  }
}
