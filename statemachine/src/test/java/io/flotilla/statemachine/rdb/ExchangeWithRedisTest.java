package io.flotilla.statemachine.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.RealRedis;
import io.flotilla.statemachine.transcripts.RespConnection;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Payloads go to a real Redis and come back from it, and mean the same on both sides. */
class ExchangeWithRedisTest {
  private static final int VALUES = 400;

  @Test
  @Tag("slow")
  void payloadsAreExchangedBothWays() {
    assumeTrue(RealRedis.isInstalled(), "redis-server is not installed");
    long seed = Long.getLong("exchange.seed", System.nanoTime());
    Random random = new Random(seed);
    int exchanged = 0;
    try (RealRedis redis = RealRedis.start();
        RespConnection client = redis.connect()) {
      client.ask("CONFIG", "SET", "sanitize-dump-payload", "yes");
      for (int i = 0; i < VALUES; i++) {
        Value value = DumpPayloadTest.any(random);
        if (value instanceof HashValue hash && hash.deadlines() > 0) {
          continue; // of Redis 7.4
        }
        byte[] ours = DumpPayload.of(value);
        byte[] key = Ascii.bytes("key:" + i);
        Reply stored =
            client.ask(new byte[][] {Ascii.bytes("RESTORE"), key, Ascii.bytes("0"), ours});
        assertThat(stored).as("value %s, seed %s", i, seed).isEqualTo(Reply.OK);
        Reply dumped = client.ask(new byte[][] {Ascii.bytes("DUMP"), key});
        byte[] theirs = ((Reply.Bulk) dumped).bytes();
        assertThat(DumpPayload.isWhole(theirs)).isTrue();
        Value back = DumpPayloadTest.restored(theirs);
        assertThat(DumpPayloadTest.content(back))
            .as("value %s, seed %s", i, seed)
            .isEqualTo(DumpPayloadTest.content(value));
        exchanged++;
      }
    }
    assertThat(exchanged).as("seed %s", seed).isGreaterThan(VALUES / 2);
  }
}
