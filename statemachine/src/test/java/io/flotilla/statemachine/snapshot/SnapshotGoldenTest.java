package io.flotilla.statemachine.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
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
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/**
 * Why: what stands in a snapshot must stay readable by every later release, byte for byte.
 *
 * <p>The golden file holds a key of each tag, and a whole snapshot with keys, a large key in pieces
 * and the end, compressed since it is long. To add a tag, append to {@link #values}, and write a
 * new file under the next level's name with {@code -Dgolden.write=true}; a line that exists is
 * never changed.
 */
final class SnapshotGoldenTest {
  private static final String FILE = "/golden/snapshot/level-2.hex";

  /** Those of earlier levels. */
  private static final List<String> OLDER = List.of("/golden/snapshot/level-1.hex");

  private static final SipHash HASH = new SipHash(5, 6);
  private static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  /**
   * The highest tag that has been given out, but for that of streams ({@link StreamGoldenTest}).
   */
  private static final int TAGS = 13;

  private static Map<String, Value> values() {
    Map<String, Value> values = new LinkedHashMap<>();
    values.put("string", StringValue.of(Ascii.bytes("hello\u0000\u00ff")));
    StringValue appended = StringValue.of(Ascii.bytes("12"));
    appended.append(Ascii.bytes("34"));
    values.put("string-in-place", appended);
    for (boolean large : new boolean[] {false, true}) {
      String size = large ? "-large" : "-small";
      HashValue hash = HashValue.restoring(HASH, large);
      ListValue list = ListValue.restoring(large);
      SortedSetValue sorted = SortedSetValue.empty(HASH, large);
      for (String text : List.of("b", "", "-7", "4294967296", "x".repeat(300))) {
        byte[] bytes = Ascii.bytes(text);
        hash.restore(bytes, Ascii.bytes("v" + text.length()));
        list.restore(bytes);
      }
      sorted.put(Ascii.bytes("low"), Double.NEGATIVE_INFINITY, LIMITS);
      sorted.put(Ascii.bytes("zero"), large ? -0.0 : 0.0, LIMITS);
      sorted.put(Ascii.bytes("17"), 1.5, LIMITS);
      values.put("hash" + size, hash);
      values.put("list" + size, list);
      values.put("sorted-set" + size, sorted);
    }
    for (SetValue.Form form : SetValue.Form.values()) {
      SetValue set = SetValue.empty(HASH, form);
      for (String text : List.of("3", "-70000", "9223372036854775807")) {
        set.restore(Ascii.bytes(text));
      }
      if (form != SetValue.Form.INTEGERS) {
        set.restore(Ascii.bytes("m"));
      }
      values.put("set-" + form.name().toLowerCase(java.util.Locale.ROOT), set);
    }
    for (boolean large : new boolean[] {false, true}) {
      HashValue hash = HashValue.restoring(HASH, large);
      for (String text : List.of("b", "a", "", "17")) {
        hash.restore(Ascii.bytes(text), Ascii.bytes("v" + text));
      }
      hash.deadline(Ascii.bytes("a"), 1_700_000_000_456L);
      hash.deadline(Ascii.bytes("17"), 1_700_000_000_123L);
      values.put("hash-with-deadlines" + (large ? "-large" : "-small"), hash);
    }
    return values;
  }

  private static byte[] encoded(String name, Value value) {
    ByteSink sink = new ByteSink(64);
    KeyCodec.encode(Ascii.bytes(name), value, 1_700_000_000_123L, 42, sink);
    return sink.toByteArray();
  }

  /** Every key with its value, and two large ones: one of many fields, one of a long string. */
  private static Keyspace keyspace() {
    Keyspace keyspace = new Keyspace(HASH);
    long index = 0;
    for (Map.Entry<String, Value> entry : values().entrySet()) {
      keyspace.beginWrite(1_000, ++index);
      byte[] key = Ascii.bytes("{g}" + entry.getKey());
      long deadline = index % 2 == 0 ? -1 : 5_000 + index;
      keyspace.put(key, entry.getValue(), deadline, EventClass.GENERIC, "put");
    }
    HashValue hash = HashValue.empty(HASH);
    for (int i = 0; i < 9_000; i++) {
      hash.set(Ascii.bytes("field:" + i), Ascii.bytes("" + i % 10), LIMITS);
    }
    keyspace.put(Ascii.bytes("many"), hash, EventClass.GENERIC, "put");
    byte[] text = Ascii.bytes("0123456789abcdef".repeat(10_000));
    keyspace.put(Ascii.bytes("long"), StringValue.of(text), EventClass.GENERIC, "put");
    keyspace.put(
        Ascii.bytes("long-in-place"),
        StringValue.changedInPlace(text.clone()),
        EventClass.GENERIC,
        "put");
    return keyspace;
  }

  private static byte[] snapshot(Keyspace keyspace) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ChunkWriter writer = new ChunkWriter(bytes::writeBytes);
    Walk walk = Objects.requireNonNull(keyspace.beginWalk(writer));
    writer.head(Ascii.bytes("head"));
    int steps = 0;
    while (walk.step(1)) {
      steps++;
    }
    assertThat(steps).as("steps of a walk that never does more than it must").isGreaterThan(5);
    writer.end();
    return bytes.toByteArray();
  }

  private static String digest(Keyspace keyspace, int budget) {
    Digest digest = new Digest();
    Walk walk = Objects.requireNonNull(keyspace.beginWalk(digest));
    int steps = 1;
    while (walk.step(budget)) {
      steps++;
    }
    assertThat(steps).isPositive();
    return digest.keys() + " " + digest.hex();
  }

  private static List<String> lines() {
    List<String> lines = new ArrayList<>();
    values()
        .forEach((name, value) ->
            lines.add(name + " " + HexFormat.of().formatHex(encoded(name, value))));
    lines.add("DIGEST " + digest(keyspace(), Integer.MAX_VALUE));
    return lines;
  }

  @Test
  void everyTagHasItsLine() {
    TreeSet<Integer> tags = new TreeSet<>();
    values()
        .values()
        .forEach(value -> {
          ByteSink sink = new ByteSink(16);
          ValueCodec.encode(value, sink);
          tags.add((int) sink.array()[0]);
        });
    assertThat(tags).hasSize(TAGS).startsWith(1).endsWith(TAGS);
  }

  @Test
  void keysAndSnapshotHaveTheBytesThatTheyAlwaysHad() throws IOException {
    List<String> lines = lines();
    byte[] snapshot = snapshot(keyspace());
    if (Boolean.getBoolean("golden.write")) {
      List<String> all = new ArrayList<>(lines);
      all.add("SNAPSHOT " + HexFormat.of().formatHex(zipped(snapshot)));
      Path file = Path.of("src/test/resources" + FILE);
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.write(file, all);
    }
    List<String> golden = golden();
    assertThat(lines).containsExactlyElementsOf(golden.subList(0, golden.size() - 1));
    assertThat(snapshot).isEqualTo(goldenSnapshot());
  }

  @Test
  void goldenKeysAreStillRead() {
    Map<String, Value> values = values();
    for (String line : golden().subList(0, values.size())) {
      String[] words = line.split(" ", 2);
      ByteSource source = new ByteSource(HexFormat.of().parseHex(words[1]));
      Keyspace keyspace = new Keyspace(HASH);
      KeyCodec.decodeInto(keyspace, source);
      source.end();
      keyspace.beginRead(0, 0);
      Value read = Objects.requireNonNull(keyspace.readAny(Ascii.bytes(words[0])));
      assertThat(read.encoding())
          .isEqualTo(Objects.requireNonNull(values.get(words[0])).encoding());
      assertThat(encoded(words[0], read)).isEqualTo(HexFormat.of().parseHex(words[1]));
    }
  }

  /** A value may be written otherwise than by an earlier release, and must mean the same. */
  @Test
  void keysOfEarlierLevelsAreStillRead() {
    Map<String, Value> values = values();
    for (String file : OLDER) {
      int read = 0;
      for (String line : lines(file)) {
        String[] words = line.split(" ", 2);
        Value value = values.get(words[0]);
        if (value != null) {
          ByteSource source = new ByteSource(HexFormat.of().parseHex(words[1]));
          Keyspace keyspace = new Keyspace(HASH);
          KeyCodec.decodeInto(keyspace, source);
          source.end();
          keyspace.beginRead(0, 0);
          Value there = Objects.requireNonNull(keyspace.readAny(Ascii.bytes(words[0])));
          assertThat(encoded(words[0], there)).as(line).isEqualTo(encoded(words[0], value));
          read++;
        }
      }
      assertThat(read).as(file).isGreaterThan(10);
    }
  }

  @Test
  void snapshotsOfEarlierLevelsAreStillRead() throws IOException {
    for (String file : OLDER) {
      List<String> lines = lines(file);
      Keyspace[] read = new Keyspace[1];
      new ChunkReader(new ByteArrayInputStream(unzipped(lines.getLast())))
          .read(head -> {
            Keyspace keyspace = new Keyspace(HASH);
            keyspace.beginWrite(0, 0);
            read[0] = keyspace;
            return keyspace;
          });
      assertThat("DIGEST " + digest(read[0], Integer.MAX_VALUE))
          .isEqualTo(lines.get(lines.size() - 2));
    }
  }

  @Test
  void theGoldenSnapshotIsStillRead() throws IOException {
    Keyspace[] read = new Keyspace[1];
    new ChunkReader(new ByteArrayInputStream(goldenSnapshot()))
        .read(head -> {
          assertThat(Ascii.text(head)).isEqualTo("head");
          Keyspace keyspace = new Keyspace(HASH);
          keyspace.beginWrite(0, 0);
          read[0] = keyspace;
          return keyspace;
        });
    assertThat("DIGEST " + digest(read[0], Integer.MAX_VALUE))
        .isEqualTo(golden().get(golden().size() - 2));
  }

  /** Replicas walk in steps of any size, and their digests must agree with each other's. */
  @Test
  void theDigestDoesNotDependOnTheSteps() {
    String whole = digest(keyspace(), Integer.MAX_VALUE);
    assertThat(digest(keyspace(), 1)).isEqualTo(whole);
    assertThat(digest(keyspace(), 10_000)).isEqualTo(whole);
  }

  /** A key's digest is that of its bytes in one go: pieces are nobody's business. */
  @Test
  void piecesOfAKeyAreItsBytes() {
    keyspaceKeys()
        .forEach((name, value) -> {
          ByteSink whole = new ByteSink(1000);
          KeyCodec.encode(Ascii.bytes(name), value, 7, 8, whole);
          KeyInPieces pieces = new KeyInPieces(Ascii.bytes(name), value, 7, 8);
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          while (!pieces.isDone()) {
            ByteSink piece = new ByteSink(1000);
            pieces.next(piece);
            assertThat(piece.size()).isBetween(1, 2 * KeyInPieces.PIECE_BYTES);
            all.write(piece.array(), 0, piece.size());
          }
          assertThat(all.toByteArray()).as(name).isEqualTo(whole.toByteArray());
        });
  }

  private static Map<String, Value> keyspaceKeys() {
    Map<String, Value> values = values();
    byte[] giant = Ascii.bytes("giant".repeat(100_000));
    ListValue list = ListValue.restoring(true);
    HashValue hash = HashValue.empty(HASH);
    SortedSetValue sorted = SortedSetValue.empty(HASH, true);
    SetValue set = SetValue.empty(HASH, SetValue.Form.LARGE);
    for (int i = 0; i < 20_000; i++) {
      byte[] element = i % 7_000 == 0 ? giant : Ascii.bytes("element:" + i);
      list.restore(element);
      hash.set(Ascii.bytes("f" + i), element, LIMITS);
      sorted.put(element, i / 4.0, LIMITS);
      set.restore(element);
    }
    hash.set(giant, giant, LIMITS);
    values.put("giant-list", list);
    values.put("giant-hash", hash);
    values.put("giant-sorted-set", sorted);
    values.put("giant-set", set);
    values.put("giant-string", StringValue.of(giant));
    return values;
  }

  private static byte[] zipped(byte[] bytes) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write(bytes);
    }
    return zipped.toByteArray();
  }

  private static byte[] goldenSnapshot() throws IOException {
    return unzipped(golden().getLast());
  }

  private static byte[] unzipped(String line) throws IOException {
    byte[] zipped = HexFormat.of().parseHex(line.substring(line.indexOf(' ') + 1));
    try (GZIPInputStream unzip = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
      return unzip.readAllBytes();
    }
  }

  private static List<String> golden() {
    return lines(FILE);
  }

  private static List<String> lines(String file) {
    try (InputStream in = SnapshotGoldenTest.class.getResourceAsStream(file)) {
      if (in == null) {
        return Files.readAllLines(Path.of("src/test/resources" + file));
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
