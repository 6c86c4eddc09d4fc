package io.flotilla.statemachine.commands.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import io.flotilla.statemachine.transcripts.Notation;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * SCAN over many pages: what is there throughout is returned exactly once, whatever comes and goes
 * meanwhile, and slot ranges put together give what one scan gives.
 */
class ScanTest {
  private static final CommandTable TABLE = new CommandTable(Families.ALL);

  /** A page: the cursor to go on with, and keys. */
  private record Page(String cursor, List<String> keys) {}

  @Property(tries = 20)
  void keysThatStayAreReturnedOnce(@ForAll long seed) {
    Random random = new Random(seed);
    BareMachine machine = new BareMachine(TABLE);
    Set<String> staying = new TreeSet<>();
    String tag = random.nextBoolean() ? "{one}" : "";
    for (int i = random.nextInt(800); i > 0; i--) {
      staying.add(tag + "stays" + i);
    }
    staying.forEach(key -> say(machine, "SET", key, "v"));
    List<String> seen = new ArrayList<>();
    String cursor = "0";
    int pages = 0;
    do {
      assertThat(++pages).as("pages, seed %s", seed).isLessThan(5000);
      Page page = page(say(machine, "SCAN", cursor, "COUNT", "" + (1 + random.nextInt(200))));
      seen.addAll(page.keys);
      cursor = page.cursor;
      for (int i = random.nextInt(20); i > 0; i--) {
        say(
            machine,
            random.nextBoolean() ? "SET" : "GETSET",
            tag + "moves" + random.nextInt(900),
            "v");
        say(machine, "DEL", tag + "moves" + random.nextInt(900));
      }
    } while (!cursor.equals("0"));
    seen.removeIf(key -> key.contains("moves"));
    assertThat(seen).as("seed %s", seed).containsExactlyInAnyOrderElementsOf(staying);
  }

  /** As a node goes that leads shards whose slots lie between each other. */
  @Property(tries = 10)
  void rangesOfSlotsPutTogetherAreOneScan(@ForAll long seed) {
    Random random = new Random(seed);
    BareMachine machine = new BareMachine(TABLE);
    for (int i = 0; i < 300; i++) {
      say(machine, "SET", "key" + random.nextInt(1000), "v");
    }
    int middle = 1 + random.nextInt(HashSlot.COUNT - 1);
    List<String> parts = new ArrayList<>(all(machine, 0, middle - 1));
    parts.addAll(all(machine, middle, HashSlot.COUNT - 1));
    assertThat(parts).as("seed %s", seed).isEqualTo(all(machine, 0, HashSlot.COUNT - 1));
    assertThat(parts).hasSize((int) machine.machine().keys());
  }

  private static List<String> all(BareMachine machine, int first, int last) {
    Command scan = Scan.within(first, last);
    List<String> keys = new ArrayList<>();
    String cursor = "0";
    do {
      byte[][] argv = Notation.arguments("SCAN " + cursor + " COUNT 7");
      Reply reply = machine.machine().read(scan, argv, 0, 0);
      Page page = page(Objects.requireNonNull(reply, "no key here has a deadline"));
      for (String key : page.keys) {
        assertThat(HashSlot.of(Ascii.bytes(key))).isBetween(first, last);
      }
      keys.addAll(page.keys);
      cursor = page.cursor;
    } while (!cursor.equals("0"));
    return keys;
  }

  @Example
  void cursorsFitTheNumbersOfClientsThatHaveOnlyDoubles() {
    ScanCursor greatest = new ScanCursor(HashSlot.COUNT - 1, (1L << 39) - 1);
    assertThat(greatest.number()).isEqualTo(1L << 53);
    assertThat((long) (double) greatest.number()).isEqualTo(greatest.number());
    assertThat(ScanCursor.behind(3, -1L)).isEqualTo(ScanCursor.of(4));
    assertThat(ScanCursor.behind(HashSlot.COUNT - 1, -1L)).isEqualTo(ScanCursor.END);
    assertThat(ScanCursor.END.number()).isZero();
    assertThat(ScanCursor.behind(3, 0).number()).isEqualTo(1 + (3L << 39) + 1);
  }

  private static Reply say(BareMachine machine, String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return machine.answer(argv);
  }

  private static Page page(Reply reply) {
    if (reply instanceof Reply.Array both
        && both.elements().get(0) instanceof Reply.Bulk cursor
        && both.elements().get(1) instanceof Reply.Array keys) {
      List<String> names = new ArrayList<>();
      for (Reply key : keys.elements()) {
        names.add(key instanceof Reply.Bulk bulk ? Ascii.text(bulk.bytes()) : "");
      }
      return new Page(Ascii.text(cursor.bytes()), names);
    }
    throw new AssertionError("not a page: " + Notation.show(reply));
  }
}
