package io.flotilla.statemachine.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.PendingEntry;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StreamConsumer;
import io.flotilla.statemachine.datatypes.StreamGroup;
import io.flotilla.statemachine.datatypes.StreamId;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Payloads come back as what they were, and nothing but a value or a refusal comes of damage. */
class DumpPayloadTest {
  static final SipHash HASH = new SipHash(7, 8);
  static final EncodingLimits LIMITS = EncodingLimits.DEFAULT;

  @Example
  void theChecksumIsThatOfJones() {
    byte[] digits = Ascii.bytes("123456789");
    assertThat(Crc64.update(0, digits, 0, digits.length)).isEqualTo(0xe9c6d914c4b8d9caL);
  }

  /** Any value, of any type and size. */
  static Value any(Random random) {
    int size = 1 + random.nextInt(random.nextInt(4) == 0 ? 700 : 20);
    return switch (random.nextInt(6)) {
      case 5 -> stream(random, size);
      case 0 -> StringValue.of(bytes(random, random.nextInt(random.nextInt(9) == 0 ? 99_000 : 99)));
      case 1 -> {
        ListValue list = ListValue.restoring(true);
        for (int i = 0; i < size; i++) {
          list.restore(element(random));
        }
        list.fit(LIMITS);
        yield list;
      }
      case 2 -> {
        boolean integers = random.nextBoolean();
        byte[] first = integers ? Ascii.bytes("" + random.nextInt(9)) : element(random);
        SetValue set = SetValue.beginning(HASH, first, size, LIMITS);
        set.add(first, LIMITS);
        for (int i = 1; i < size; i++) {
          long number = random.nextLong() >> (random.nextInt(3) * 20 + 8);
          set.add(integers ? Ascii.bytes("" + number) : element(random), LIMITS);
        }
        yield set;
      }
      case 3 -> {
        SortedSetValue set = SortedSetValue.beginning(HASH, size, 1, LIMITS);
        for (int i = 0; i < size; i++) {
          double score =
              switch (random.nextInt(6)) {
                case 0 -> random.nextGaussian() * 1e9;
                case 1 -> Double.POSITIVE_INFINITY;
                case 2 -> Double.NEGATIVE_INFINITY;
                default -> random.nextInt(100) - 50;
              };
          set.put(element(random), score, LIMITS);
        }
        yield set;
      }
      default -> {
        HashValue hash = HashValue.empty(HASH);
        for (int i = 0; i < size; i++) {
          byte[] field = element(random);
          hash.set(field, element(random), LIMITS);
          if (random.nextInt(200) == 0) {
            hash.deadline(field, 1_700_000_000_000L + random.nextInt(1_000_000));
          }
        }
        yield hash;
      }
    };
  }

  private static byte[] element(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> Ascii.bytes("" + (random.nextLong() >> random.nextInt(64)));
      case 1 -> Ascii.bytes("" + random.nextInt(9000));
      case 2 -> bytes(random, random.nextInt(65));
      case 3 -> bytes(random, random.nextInt(10) == 0 ? 5000 : 20);
      case 4 -> bytes(random, random.nextInt(60) == 0 ? 16_300 + random.nextInt(100) : 3);
      default -> Ascii.bytes("element:" + random.nextInt(100_000));
    };
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** All that a value holds, in an order that its encoding does not move. */
  static List<String> content(Value value) {
    List<String> content = new ArrayList<>();
    switch (value) {
      case StringValue string -> content.add(Ascii.text(string.bytes()));
      case ListValue list -> list.forEach(element -> content.add(Ascii.text(element)));
      case SetValue set -> set.forEach(member -> content.add(Ascii.text(member)));
      case SortedSetValue set ->
          set.forEach((member, score) -> content.add(Ascii.text(member) + " " + score));
      case StreamValue stream -> content(stream, content);
      case HashValue hash ->
          hash.forEach((field, content1) ->
              content.add(
                  Ascii.text(field)
                      + " "
                      + Ascii.text(content1)
                      + " "
                      + hash.deadlineMillis(field)));
    }
    if (!(value instanceof ListValue)
        && !(value instanceof StringValue)
        && !(value instanceof StreamValue)) {
      content.sort(null);
    }
    return content;
  }

  private static void content(StreamValue stream, List<String> content) {
    content.add(stream.lastId() + " " + stream.maxDeletedId() + " " + stream.entriesAdded());
    stream.range(
        StreamId.MIN,
        StreamId.MAX,
        (id, fields) -> {
          StringBuilder text = new StringBuilder("entry " + id);
          for (byte[] each : fields) {
            text.append(' ').append(Ascii.text(each));
          }
          return content.add(text.toString());
        });
    for (StreamGroup group : stream.groups()) {
      String name = Ascii.text(group.name());
      content.add("group " + name + " " + group.lastId() + " " + group.entriesRead());
      group
          .consumers()
          .forEach(consumer ->
              content.add(
                  "of " + name + " " + Ascii.text(consumer.name()) + consumer.seenMillis()));
      PendingEntry pending = group.pendingFrom(StreamId.MIN);
      while (pending != null) {
        content.add(
            "pending of %s %s: %s %s %s"
                .formatted(
                    name,
                    Ascii.text(pending.consumer().name()),
                    pending.id(),
                    pending.deliveredMillis(),
                    pending.deliveries()));
        StreamId next = pending.id().next();
        pending = next == null ? null : group.pendingFrom(next);
      }
    }
  }

  private static StreamValue stream(Random random, int size) {
    StreamValue stream = StreamValue.empty();
    long ms = random.nextInt(1000);
    List<StreamId> ids = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      ms += random.nextInt(3) == 0 ? 1 + random.nextInt(100_000) : 1; // ids ascend
      StreamId id = new StreamId(ms, random.nextInt(4));
      byte[][] fields = new byte[2 * (1 + random.nextInt(3))][];
      for (int f = 0; f < fields.length; f++) {
        fields[f] = random.nextInt(3) == 0 ? element(random) : Ascii.bytes("f" + f);
      }
      stream.add(id, fields, LIMITS);
      ids.add(id);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      stream.delete(ids.get(random.nextInt(ids.size())));
    }
    for (int g = random.nextInt(3); g > 0; g--) {
      long read = random.nextBoolean() ? StreamGroup.UNKNOWN : random.nextInt(size);
      StreamGroup group = stream.addGroup(Ascii.bytes("g" + g), ids.get(0), read);
      for (int c = random.nextInt(3); c > 0; c--) {
        StreamConsumer consumer = group.addConsumer(Ascii.bytes("c" + c), 1_700_000_000_000L + c);
        for (int p = random.nextInt(5); p > 0; p--) {
          group.pend(ids.get(random.nextInt(ids.size())), 1_700_000_000_000L, p, consumer);
        }
      }
    }
    return stream;
  }

  static Value restored(byte[] payload) {
    return DumpPayload.restore(payload, HASH, LIMITS).value();
  }

  @Property(tries = 500)
  void aValueComesBackAsItWas(@ForAll long seed) {
    Value value = any(new Random(seed));
    byte[] payload = DumpPayload.of(value);
    assertThat(DumpPayload.isWhole(payload)).isTrue();
    Value back = restored(payload);
    assertThat(content(back)).isEqualTo(content(value));
    if (!(value instanceof StringValue)) {
      assertThat(back.encoding()).as("seed %s", seed).isEqualTo(value.encoding());
    }
  }

  @Property(tries = 3000)
  void damageMakesAnotherValueOrIsRefused(@ForAll long seed) {
    Random random = new Random(seed);
    List<byte[]> older = OlderForms.payloads();
    byte[] whole =
        random.nextInt(3) == 0
            ? older.get(random.nextInt(older.size()))
            : DumpPayload.of(any(random));
    byte[] damaged = damaged(whole, random);
    assertThat(DumpPayload.isWhole(damaged)).isTrue();
    try {
      Value value = restored(damaged);
      assertThat(value.isEmpty()).isFalse();
      assertThat(content(restored(DumpPayload.of(value)))).isEqualTo(content(value));
    } catch (CorruptException refused) {
      assertThat(refused).hasMessageMatching("(?s).+");
    }
  }

  /** Some bytes other than they were, with a checksum that knows nothing of it. */
  private static byte[] damaged(byte[] payload, Random random) {
    byte[] value = Arrays.copyOf(payload, payload.length - 10);
    for (int i = 1 + random.nextInt(3); i > 0 && value.length > 0; i--) {
      int at = random.nextInt(Math.min(value.length, random.nextBoolean() ? 24 : value.length));
      switch (random.nextInt(5)) {
        case 0 -> value = Arrays.copyOf(value, at);
        case 1 -> value[at] = (byte) random.nextInt(256);
        case 2 -> value[at] ^= (byte) (1 << random.nextInt(8));
        case 3 -> value[at] = (byte) 0xff;
        default -> {
          byte[] longer = new byte[value.length + 1];
          System.arraycopy(value, 0, longer, 0, at);
          System.arraycopy(value, at, longer, at + 1, value.length - at);
          value = longer;
        }
      }
    }
    return OlderForms.payload(value);
  }

  @Example
  void olderFormsAreRead() {
    List<String> contents = new ArrayList<>();
    for (byte[] payload : OlderForms.payloads()) {
      contents.add(restored(payload).type() + " " + content(restored(payload)));
    }
    assertThat(contents)
        .containsExactly(
            "string [-7]",
            "string [-30000]",
            "string [70000]",
            "string [aaaaaaaaaaaaaaaaaaaaaaab]",
            "list [a, , 12]",
            "set [a, b]",
            "zset [a 1.5, b -Infinity]",
            "hash [f v -1]",
            "hash [f v -1, g  -1]",
            "list [a, 12, 13, -1, 300, 70000, -70000000, 99999999999, " + "x".repeat(70) + "]",
            "set [-5, 1, 70000]",
            "zset [a 2.5, b 3.0]",
            "hash [f v -1]",
            "list [a, b, c]",
            "set [1, m]",
            "hash [f v 5000, g w -1]");
  }

  @Example
  void aCompressedBombIsRefusedBeforeItIsExpanded() {
    ByteSink sink = new ByteSink(64);
    sink.u8(RdbType.STRING).u8(0xc3).u8(3).u8(0x80).u32(Integer.MAX_VALUE).u8(0).u8('a').u8(0);
    assertThatThrownBy(() -> restored(OlderForms.payload(sink.toByteArray())))
        .isInstanceOf(CorruptException.class)
        .hasMessageContaining("compressed");
  }

  @Example
  void emptyCollectionsDoublesAndModulesAreRefused() {
    for (String value :
        List.of(
            "\u0001\u0000",
            "\u0002\u0000",
            "\u0003\u0000",
            "\u0004\u0000",
            "\u0005\u0000",
            "\u0002\u0002\u0001a\u0001a",
            "\u0004\u0002\u0001a\u0001a\u0001a\u0001b",
            "\u0003\u0002\u0001a\u00011\u0001a\u00012",
            "\u0003\u0001\u0001a\u00fd",
            "\u000f\u0000",
            "\u0007\u0000",
            "\u0008\u0000",
            "\u00ff",
            "")) {
      assertThatThrownBy(() -> restored(OlderForms.payload(Ascii.bytes(value))))
          .as(value)
          .isInstanceOf(CorruptException.class);
    }
    assertThat(DataType.HASH.holds(HashValue.empty(HASH))).isTrue();
  }
}
