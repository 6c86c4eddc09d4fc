package io.flotilla.statemachine.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.RealRedis;
import io.flotilla.statemachine.transcripts.RespConnection;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files that a real Redis has written, and one put together here, of every part that there is. */
class RdbFileTest {
  /** Writes down what it hears. */
  private static class Heard implements RdbFile.Listener {
    final Map<String, String> about = new HashMap<>();
    final Map<String, List<String>> contents = new HashMap<>();
    final Map<String, Long> deadlines = new HashMap<>();
    final List<String> others = new ArrayList<>();

    @Override
    public void about(String name, byte[] value) {
      about.put(name, Ascii.text(value));
    }

    @Override
    public void sizes(long keys, long withDeadline) {
      others.add("sizes " + keys + " " + withDeadline);
    }

    @Override
    public void key(long database, byte[] key, Value value, long deadlineMillis) {
      assertThat(contents.put(database + ":" + Ascii.text(key), DumpPayloadTest.content(value)))
          .isNull();
      deadlines.put(Ascii.text(key), deadlineMillis);
    }

    @Override
    public void functions(byte[] library) {
      others.add("functions " + Ascii.text(library));
    }

    @Override
    public void skipped(long database, byte[] key, String why) {
      others.add("skipped " + database + ":" + Ascii.text(key) + " " + why);
    }

    @Override
    public void skippedOfModule(String module) {
      others.add("skipped of " + module);
    }
  }

  private static Heard read(byte[] file) throws IOException {
    Heard heard = new Heard();
    new RdbFile(new ByteArrayInputStream(file), DumpPayloadTest.HASH, DumpPayloadTest.LIMITS)
        .read(heard);
    return heard;
  }

  @Test
  @Tag("slow")
  void whatARealRedisSavesIsRead() throws IOException {
    assumeTrue(RealRedis.isInstalled(), "redis-server is not installed");
    long seed = Long.getLong("exchange.seed", System.nanoTime());
    System.out.println("What a real Redis saves: seed " + seed + " (-Dexchange.seed)");
    Random random = new Random(seed);
    for (String policy : List.of("noeviction", "allkeys-lru", "allkeys-lfu")) {
      Map<String, List<String>> expected = new HashMap<>();
      try (RealRedis redis = RealRedis.start();
          RespConnection client = redis.connect()) {
        client.ask("CONFIG", "SET", "maxmemory-policy", policy);
        for (int i = 0; i < 150; i++) {
          Value value = DumpPayloadTest.any(random);
          if (value instanceof HashValue hash && hash.deadlines() > 0) {
            continue; // of Redis 7.4
          }
          byte[] key = Ascii.bytes("key:" + i);
          String ttl = i % 3 == 0 ? "" + (4_000_000_000_000L + i) : "0";
          byte[][] restore = {
            Ascii.bytes("RESTORE"),
            key,
            Ascii.bytes(ttl),
            DumpPayload.of(value),
            Ascii.bytes("ABSTTL")
          };
          assertThat(client.ask(restore)).as("seed %s", seed).isEqualTo(Reply.OK);
          expected.put("0:key:" + i, DumpPayloadTest.content(value));
        }
        client.ask("XADD", "stream", "1-1", "f", "v");
        client.ask("XGROUP", "CREATE", "stream", "group", "0");
        client.ask("XREADGROUP", "GROUP", "group", "me", "STREAMS", "stream", ">");
        String library =
            "#!lua name=lib\nredis.register_function('f', function(keys, args) return 1 end)";
        client.ask("FUNCTION", "LOAD", library);
        assertThat(client.ask("SAVE")).isEqualTo(Reply.OK);
        Reply.Array directory = (Reply.Array) client.ask("CONFIG", "GET", "dir");
        String path = Ascii.text(((Reply.Bulk) directory.elements().get(1)).bytes());
        Heard heard = read(Files.readAllBytes(Path.of(path, "dump.rdb")));
        assertThat(heard.contents.remove("0:stream"))
            .contains("1-1 0-0 1", "entry 1-1 f v", "group group 1-1 1")
            .anyMatch(each -> each.startsWith("pending of group me: 1-1 "));
        assertThat(heard.contents).as("seed %s", seed).isEqualTo(expected);
        assertThat(heard.about).containsEntry("redis-ver", redis.version());
        assertThat(heard.others)
            .contains("functions " + library)
            .anyMatch(each -> each.startsWith("sizes " + (expected.size() + 1) + " "));
        expected
            .keySet()
            .forEach(name -> {
              int number = Integer.parseInt(name.substring("0:key:".length()));
              assertThat(heard.deadlines.get("key:" + number))
                  .isEqualTo(number % 3 == 0 ? 4_000_000_000_000L + number : -1);
            });
      }
    }
  }

  /** A file with every part, and its checksum. */
  private static byte[] file(String version, String... parts) {
    byte[] bytes = Ascii.bytes("REDIS" + version + String.join("", parts));
    ByteSink sink = new ByteSink(bytes.length + 9);
    sink.raw(bytes, 0, bytes.length).u8(255);
    RdbWriter writer = new RdbWriter(sink);
    writer.littleEndian(Crc64.update(0, sink.array(), 0, sink.size()), 8);
    return sink.toByteArray();
  }

  private static final String[] PARTS = {
    "\u00fa\u0009redis-ver\u00057.9.9",
    "\u00f5\u0003lib",
    // a module's: id of the name below, when = an unsigned 2; signed, double, float, string, end
    "\u00f7\u0081"
        + "\u0000\u0010\u0083\u0010Q\u0087 \u0001"
        + "\u0002\u0002"
        + "\u0001\u0007\u0004"
        + "d".repeat(8)
        + "\u0003ffff\u0005\u0001s\u0000",
    "\u00fe\u0003\u00fb\u0005\u0002",
    "\u00f4\u0001\u0001\u0000",
    "\u00fc" + "\u0001".repeat(8) + "\u00f9\u0007\u0000\u0001a\u0001v",
    "\u00fd\u0002\u0000\u0000\u0000\u00f8\u0007\u0000\u0001b\u0001w",
    "\u0000\u0001c\u0001x",
    "\u0007\u0001m\u0081" + "\u0000\u0010\u0083\u0010Q\u0087 \u0001\u0002\u0007\u0000",
  };

  @Test
  void everyPartIsRead() throws IOException {
    Heard heard = read(file("0011", PARTS));
    assertThat(heard.about).containsExactlyEntriesOf(Map.of("redis-ver", "7.9.9"));
    assertThat(heard.contents)
        .isEqualTo(Map.of("3:a", List.of("v"), "3:b", List.of("w"), "3:c", List.of("x")));
    assertThat(heard.deadlines).isEqualTo(Map.of("a", 0x0101010101010101L, "b", 2000L, "c", -1L));
    assertThat(heard.others)
        .containsExactly(
            "functions lib",
            "skipped of ABCDEFGHI",
            "sizes 5 2",
            "skipped 3:m a value of the module ABCDEFGHI");
  }

  @Test
  void damageAndOtherVersionsAreRefused() throws IOException {
    byte[] whole = file("0011", PARTS);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 0x10;
      byte[] cut = Arrays.copyOf(whole, i);
      assertThatThrownBy(() -> read(damaged)).as("byte " + i).isInstanceOf(CorruptException.class);
      assertThatThrownBy(() -> read(cut)).as("cut at " + i).isInstanceOf(CorruptException.class);
    }
    for (String version : List.of("0000", "0013", "abcd")) {
      assertThatThrownBy(() -> read(file(version, PARTS))).isInstanceOf(CorruptException.class);
    }
    byte[] unchecked = whole.clone();
    Arrays.fill(unchecked, whole.length - 8, whole.length, (byte) 0);
    assertThat(read(unchecked).contents).hasSize(3);
    byte[] old = file("0004", PARTS);
    assertThat(read(Arrays.copyOf(old, old.length - 8)).contents).hasSize(3);
  }

  @Test
  void aReaderGoesOnBehindAnyKeyAndTheChecksumStillCoversTheWholeFile() throws IOException {
    byte[] whole = file("0011", PARTS);
    List<RdbFile.Place> places = new ArrayList<>();
    RdbFile reader =
        new RdbFile(new ByteArrayInputStream(whole), DumpPayloadTest.HASH, DumpPayloadTest.LIMITS);
    reader.read(
        new Heard() {
          @Override
          public void key(long database, byte[] key, Value value, long deadlineMillis) {
            places.add(reader.place());
          }
        });
    assertThat(places).hasSize(3).extracting(RdbFile.Place::database).containsOnly(3L);
    for (int i = 0; i < places.size(); i++) {
      RdbFile.Place from = places.get(i);
      byte[] rest = Arrays.copyOfRange(whole, (int) from.offset(), whole.length);
      Heard heard = new Heard();
      rest(rest, from).read(heard);
      assertThat(heard.contents).hasSize(2 - i);
      rest[rest.length - 1] ^= 1;
      assertThatThrownBy(() -> rest(rest, from).read(new Heard()))
          .hasMessage(
              "the checksum of the RDB file does not match its bytes (at byte %d)", whole.length);
    }
  }

  private static RdbFile rest(byte[] rest, RdbFile.Place from) {
    return new RdbFile(
        new ByteArrayInputStream(rest), from, DumpPayloadTest.HASH, DumpPayloadTest.LIMITS);
  }

  @Test
  void damageIsToldWithItsPlaceAndNothingMayFollowTheEnd() throws IOException {
    byte[] whole = file("0011", PARTS);
    assertThatThrownBy(() -> read(Arrays.copyOf(whole, 60)))
        .isInstanceOf(CorruptException.class)
        .hasMessageMatching(".* \\(at byte (5[0-9]|60)\\)");
    assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length + 1)))
        .hasMessage("more follows behind the end of the RDB file (at byte %d)", whole.length);
  }
}
