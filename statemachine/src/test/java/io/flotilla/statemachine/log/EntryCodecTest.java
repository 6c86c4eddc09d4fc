package io.flotilla.statemachine.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Family;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * The notation of log entries is for ever: golden bytes of every kind, and nothing but a clear
 * refusal for what is no entry.
 */
class EntryCodecTest {
  private static final NodeId NODE = new NodeId("00112233445566778899aabbccddeeff00112233");

  private static byte[][] argv(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < argv.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return argv;
  }

  /**
   * If one of these fails, an old log can no longer be read: add a kind or a version, never change
   * these.
   */
  @Test
  void goldenBytesOfEveryKind() {
    golden(
        new Entry.Batch(
            new BatchId(NODE, 0x0102030405060708L, 300),
            1_700_000_000_000L,
            List.of(
                new Item.Single(argv("SET", "k", "v")),
                new Item.Transaction(
                    List.of(
                        new Item.Watched(Ascii.bytes("w"), 77),
                        new Item.Watched(Ascii.bytes("x"), 0)),
                    List.of(argv("GET", "w"), argv("INCR", "w"))))),
        "01"
            + "00112233445566778899aabbccddeeff00112233"
            + "0102030405060708"
            + "ac02"
            + "80d095ffbc31"
            + "02"
            + "06035345540"
            + "16b0176"
            + "0502"
            + "01779a01"
            + "017800"
            + "02"
            + "03474554"
            + "0177"
            + "02"
            + "04494e4352"
            + "0177");
    golden(new Entry.Advance(5), "0208051200");
    golden(
        new Entry.Sweep(5, List.of(Ascii.bytes("ab"), Ascii.bytes("c"))),
        "0208051a07" + "0a026162" + "0a0163");
    golden(
        new Entry.Genesis(5, new SipHash(1, 2)),
        "0208052212" + "090100000000000000" + "110200000000000000");
    golden(
        new Entry.Own(5, List.of(new Entry.SlotRange(0, 5460, 9))),
        "0208052a07" + "0a05" + "10d42a" + "1809");
    golden(new Entry.Check(5, 3), "02080532020803");
    golden(
        new Entry.Settle(5, 2, new TreeMap<>(Map.of("hash-max-listpack-entries", "64", "a", "b"))),
        "0208053a2b0802"
            + "12060a01611201"
            + "62"
            + "121f"
            + "0a19"
            + HexFormat.of().formatHex(Ascii.bytes("hash-max-listpack-entries"))
            + "12023634");
    golden(new Entry.Raise(5, 1), "02080542020801");
  }

  private static void golden(Entry entry, String hex) {
    assertThat(HexFormat.of().formatHex(EntryCodec.encode(entry))).as("%s", entry).isEqualTo(hex);
    Entry decoded = EntryCodec.decode(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    assertThat(HexFormat.of().formatHex(EntryCodec.encode(decoded))).isEqualTo(hex);
    assertThat(decoded.stampMillis()).isEqualTo(entry.stampMillis());
  }

  /**
   * A reader that guesses would let replicas part; one that throws anything else would look like
   * our own fault.
   */
  @Property(tries = 3000)
  void damagedBytesAreRefusedOrReadButNeverAnythingElse(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] bytes =
        EntryCodec.encode(
            new Entry.Batch(
                new BatchId(NODE, 1, 2),
                3,
                List.of(
                    new Item.Single(argv("MSET", "a", "b", "c", "d")),
                    new Item.Transaction(
                        List.of(new Item.Watched(Ascii.bytes("w"), 1)),
                        List.<byte[][]>of(argv("GET", "k"))))));
    int flips = 1 + random.nextInt(3);
    for (int i = 0; i < flips; i++) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    byte[] cut =
        random.nextInt(4) == 0
            ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length))
            : bytes;
    try {
      EntryCodec.decode(ByteBuffer.wrap(cut));
    } catch (CorruptException refused) {
      assertThat(refused).hasMessageMatching("(?s).+");
    }
  }

  @Test
  void anEntryOfAKindFromTheFutureIsRefused() {
    assertThatThrownBy(() -> EntryCodec.decode(ByteBuffer.wrap(new byte[] {9, 1})))
        .isInstanceOf(CorruptException.class)
        .hasMessageContaining("unknown kind 9");
    assertThatThrownBy(
            () -> EntryCodec.decode(ByteBuffer.wrap(HexFormat.of().parseHex("0208057a00"))))
        .isInstanceOf(CorruptException.class)
        .hasMessageContaining("does not know");
  }

  /** A read that rides in the leader's batch is not in the log. */
  @Test
  void localReadsAreLeftOut() {
    Command exists =
        new CommandTable(
                List.of(
                    new Family(
                        "test",
                        List.of(
                            Row.read("GET key", (context, arguments) -> Reply.NIL)
                                .summary("Reads.")
                                .group("test")))))
            .all()
            .get(0);
    Item write = new Item.Single(argv("DEL", "a"));
    Entry.Batch batch =
        new Entry.Batch(
            new BatchId(NODE, 1, 2),
            3,
            List.of(new Item.LocalRead(exists, argv("GET", "a")), write));
    Entry decoded = EntryCodec.decode(ByteBuffer.wrap(EntryCodec.encode(batch)));
    assertThat(((Entry.Batch) decoded).items()).hasSize(1);
  }
}
