package io.flotilla.statemachine.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.keyspace.Keyspace;
import io.flotilla.statemachine.keyspace.Walk;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Why: a stream's blocks go into snapshots as they lie in memory, so their form is a promise to
 * every later release. {@code -Dgolden.write=true} writes a new file; a line that exists is never
 * changed.
 */
final class StreamGoldenTest {
  private static final String FILE = "/golden/snapshot/level-2-streams.hex";
  private static final SipHash HASH = new SipHash(5, 6);
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  private static byte[][] fields(String... texts) {
    byte[][] all = new byte[texts.length][];
    for (int i = 0; i < texts.length; i++) {
      all[i] = Ascii.bytes(texts[i]);
    }
    return all;
  }

  private static Map<String, StreamValue> values() {
    Map<String, StreamValue> values = new LinkedHashMap<>();
    values.put("empty", StreamValue.empty());

    StreamValue entries = StreamValue.empty();
    entries.add(new StreamId(5, 7), fields("name", "x", "n", "1"), LIMITS);
    entries.add(new StreamId(5, 9), fields("name", "", "n", "-70000"), LIMITS);
    entries.add(new StreamId(6, 0), fields("n", "1", "name", "\u0000\u00ff"), LIMITS);
    entries.add(new StreamId(700_000, -1), fields("other", "4294967296"), LIMITS);
    entries.add(new StreamId(700_001, 3), fields("name", "y".repeat(5000), "n", "17"), LIMITS);
    entries.add(new StreamId(-1, -1), fields("name", "last", "n", "1"), LIMITS);
    entries.delete(new StreamId(5, 9));
    values.put("entries", entries);

    StreamValue grouped = StreamValue.empty();
    for (int i = 1; i <= 150; i++) {
      grouped.add(new StreamId(1_700_000_000_000L + i, 0), fields("n", "" + i), LIMITS);
    }
    StreamGroup group = grouped.addGroup(Ascii.bytes("workers"), StreamId.MIN, 0);
    grouped.addGroup(Ascii.bytes("idle"), StreamId.MAX, StreamGroup.UNKNOWN);
    StreamConsumer gone = group.addConsumer(Ascii.bytes("gone"), 1);
    StreamConsumer bob = group.addConsumer(Ascii.bytes("bob"), 1_700_000_000_500L);
    StreamConsumer alice = group.addConsumer(Ascii.bytes("alice"), 1_700_000_000_600L);
    alice.active(1_700_000_000_700L);
    group.remove(gone);
    for (int i = 1; i <= 80; i++) {
      StreamId id = new StreamId(1_700_000_000_000L + i, 0);
      grouped.readBy(group, id);
      group.pend(id, 1_700_000_001_000L + i, i % 3, i % 4 == 0 ? bob : alice);
    }
    group.settle(new StreamId(1_700_000_000_003L, 0));
    values.put("grouped", grouped);
    return values;
  }

  private static byte[] encoded(String name, StreamValue value) {
    ByteSink sink = new ByteSink(64);
    KeyCodec.encode(Ascii.bytes(name), value, 1_700_000_000_123L, 42, sink);
    return sink.toByteArray();
  }

  private static StreamValue decoded(String name, byte[] bytes) {
    ByteSource source = new ByteSource(bytes);
    Keyspace keyspace = new Keyspace(HASH);
    KeyCodec.decodeInto(keyspace, source);
    source.end();
    keyspace.beginRead(0, 0);
    return (StreamValue) Objects.requireNonNull(keyspace.readAny(Ascii.bytes(name)));
  }

  @Test
  void keysHaveTheBytesThatTheyAlwaysHad() throws IOException {
    List<String> lines = new ArrayList<>();
    values()
        .forEach((name, value) ->
            lines.add(name + " " + HexFormat.of().formatHex(encoded(name, value))));
    if (Boolean.getBoolean("golden.write")) {
      Files.write(Path.of("src/test/resources" + FILE), lines);
    }
    assertThat(lines).containsExactlyElementsOf(golden());
  }

  @Test
  void goldenKeysAreStillRead() {
    List<String> golden = golden();
    assertThat(golden).hasSizeGreaterThan(2);
    for (String line : golden) {
      String[] words = line.split(" ", 2);
      byte[] bytes = HexFormat.of().parseHex(words[1]);
      StreamValue read = decoded(words[0], bytes);
      assertThat(encoded(words[0], read)).isEqualTo(bytes);
      assertThat(read.size()).isEqualTo(Objects.requireNonNull(values().get(words[0])).size());
    }
  }

  /** Blocks, consumers and pending entries beyond a piece: cut anywhere, put together again. */
  @Test
  void aLargeStreamGoesInPieces() throws IOException {
    StreamValue stream = StreamValue.empty();
    byte[] name = Ascii.bytes("g".repeat(100_000));
    StreamGroup group = stream.addGroup(name, StreamId.MIN, 0);
    StreamConsumer consumer = group.addConsumer(Ascii.bytes("c".repeat(100_000)), 3);
    for (int i = 1; i <= 30_000; i++) {
      StreamId id = new StreamId(i, 0);
      String value = i % 9_000 == 0 ? "giant".repeat(50_000) : "value:" + i;
      stream.add(id, fields("field", value), LIMITS);
      stream.readBy(group, id);
      group.pend(id, 9, 1, consumer);
    }
    byte[] whole = encoded("large", stream);
    KeyInPieces pieces = new KeyInPieces(Ascii.bytes("large"), stream, 1_700_000_000_123L, 42);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    while (!pieces.isDone()) {
      ByteSink piece = new ByteSink(1000);
      pieces.next(piece);
      assertThat(piece.size()).isBetween(1, 2 * KeyInPieces.PIECE_BYTES);
      all.write(piece.array(), 0, piece.size());
    }
    assertThat(all.toByteArray()).isEqualTo(whole);
    assertThat(encoded("large", decoded("large", whole))).isEqualTo(whole);

    Keyspace keyspace = new Keyspace(HASH);
    keyspace.beginWrite(1_000, 1);
    keyspace.put(Ascii.bytes("large"), stream, EventClass.GENERIC, "put");
    ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
    ChunkWriter writer = new ChunkWriter(snapshot::writeBytes);
    Walk walk = Objects.requireNonNull(keyspace.beginWalk(writer));
    writer.head(Ascii.bytes("head"));
    int steps = 0;
    while (walk.step(1)) {
      steps++;
    }
    writer.end();
    assertThat(steps).isGreaterThan(10);
    Keyspace[] read = new Keyspace[1];
    new ChunkReader(new ByteArrayInputStream(snapshot.toByteArray()))
        .read(head -> {
          read[0] = new Keyspace(HASH);
          read[0].beginWrite(0, 0);
          return read[0];
        });
    assertThat(digest(read[0])).isEqualTo(digest(keyspace));
  }

  private static String digest(Keyspace keyspace) {
    Digest digest = new Digest();
    Walk walk = Objects.requireNonNull(keyspace.beginWalk(digest));
    int steps = 1;
    while (walk.step(1_000)) {
      steps++;
    }
    assertThat(steps).isPositive();
    return digest.hex();
  }

  private static List<String> golden() {
    try (InputStream in = StreamGoldenTest.class.getResourceAsStream(FILE)) {
      if (in == null) {
        return Files.readAllLines(Path.of("src/test/resources" + FILE));
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
