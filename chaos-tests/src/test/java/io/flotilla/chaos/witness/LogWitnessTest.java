package io.flotilla.chaos.witness;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The second witness reads what the notation says, and each of its complaints can be provoked. */
final class LogWitnessTest {
  private static LogRecords.Item item(String command) {
    return LogRecords.Item.of(List.of(command.split(" ", -1)));
  }

  private static LogRecords.Entry entry(long index, String... commands) {
    return at(index, index, commands);
  }

  private static LogRecords.Entry at(long stampMillis, long index, String... commands) {
    return new LogRecords.Entry(
        1, index, stampMillis, Arrays.stream(commands).map(LogWitnessTest::item).toList());
  }

  private static LogRecords.Entry transaction(
      long index, Map<String, Long> watched, String... commands) {
    return new LogRecords.Entry(
        1, index, index, List.of(new LogRecords.Item(words(commands), true, watched)));
  }

  private static List<List<String>> words(String... commands) {
    return Arrays.stream(commands).map(c -> List.of(c.split(" ", -1))).toList();
  }

  private static Spoken said(long invoked, long ended, String answer, String... commands) {
    return new Spoken(words(commands), commands.length > 1, answer, false, false, invoked, ended);
  }

  private static Spoken failed(String command) {
    return new Spoken(words(command), false, null, true, false, 40, 50);
  }

  private static Spoken unknown(String command) {
    return new Spoken(words(command), false, null, false, false, 60, Long.MAX_VALUE);
  }

  private static List<String> check(List<LogRecords.Entry> log, Spoken... said) {
    return new LogWitness(Map.of("g", log)).check(List.of(said));
  }

  private static void accuses(String of, List<LogRecords.Entry> log, Spoken... said) {
    assertThat(check(log, said)).singleElement().asString().contains(of);
  }

  @Test
  void whatIsInTheLogOnceAndInOrderPasses() {
    assertThat(
            check(
                List.of(entry(4, "RPUSH x 1", "INCRBY n 2"), entry(5, "RPUSH x 2")),
                said(0, 10, ":1", "RPUSH x 1"),
                said(0, 10, ":2", "INCRBY n 2"),
                said(20, 30, ":2", "RPUSH x 2"),
                said(25, 28, "nil", "GET none"),
                said(25, 28, "[\"1]", "LRANGE x 0 -1"),
                said(31, 32, "[\"1 \"2]", "LRANGE x 0 -1"),
                failed("RPUSH x 3"),
                unknown("RPUSH x 4")))
        .isEmpty();
  }

  @Test
  void whatIsMissingDoubledRefusedInventedOrOutOfOrderIsTold() {
    accuses("in the log 0 times", List.of(entry(4)), said(0, 10, ":1", "RPUSH x 1"));
    accuses(
        "in the log 2 times", List.of(entry(4, "RPUSH x 1", "RPUSH x 1")), unknown("RPUSH x 1"));
    accuses("said not to be done", List.of(entry(4, "RPUSH x 1")), failed("RPUSH x 1"));
    accuses("nobody said it", List.of(entry(4, "RPUSH x 1")));
    accuses(
        "the other way round",
        List.of(entry(4, "SADD x 2"), entry(5, "SADD x 1")),
        said(0, 10, ":1", "SADD x 1"),
        said(20, 30, ":1", "SADD x 2"));
    assertThat(check(List.of(entry(4), entry(6)))).singleElement().asString().contains("lacks");
  }

  @Test
  void anAnswerThatTheModelDoesNotGiveIsTold() {
    List<LogRecords.Entry> log = List.of(entry(4, "RPUSH x 1"), entry(5, "RPUSH x 2"));
    accuses(
        "by the log it is :2",
        log,
        said(0, 10, ":1", "RPUSH x 1"),
        said(20, 30, ":1", "RPUSH x 2"));
    // Two increments of the same amount have the same name: their answers tell them apart.
    List<LogRecords.Entry> counter = List.of(entry(4, "INCRBY n 1"), entry(5, "INCRBY n 1"));
    assertThat(check(counter, said(0, 10, ":1", "INCRBY n 1"), said(20, 30, ":2", "INCRBY n 1")))
        .isEmpty();
    accuses(
        "gives that answer 1 times",
        counter,
        said(0, 10, ":2", "INCRBY n 1"),
        said(20, 30, ":2", "INCRBY n 1"));
    accuses(
        "done at most 2 times",
        List.of(entry(4, "INCRBY n 1", "INCRBY n 1", "INCRBY n 1")),
        said(0, 10, ":1", "INCRBY n 1"),
        said(20, 30, ":2", "INCRBY n 1"));
  }

  @Test
  void aStaleReadAndAReadOfTheFutureAreTold() {
    List<LogRecords.Entry> log = List.of(entry(4, "SET k a", "SET other b"), entry(5, "SET k c"));
    Spoken a = said(0, 10, "OK", "SET k a");
    Spoken c = said(20, 30, "OK", "SET k c");
    Spoken other = said(0, 10, "OK", "SET other b");
    assertThat(check(log, a, c, other, said(25, 40, "\"a", "GET k"))).isEmpty();
    accuses("no place", log, a, c, other, said(31, 40, "\"a", "GET k"));
    accuses("no place", log, a, c, other, said(11, 19, "\"c", "GET k"));
    // Another client's read has seen it already.
    accuses(
        "no place", log, a, c, other, said(21, 22, "\"c", "GET k"), said(23, 24, "\"a", "GET k"));
    accuses("no place", log, a, c, other, said(50, 60, "\"x", "GET nowhere"));
    accuses("no place", log, a, c, other, said(50, 60, "[\"c nil]", "MGET k other"));
  }

  @Test
  void keysLiveByTheTimeInTheLog() {
    List<LogRecords.Entry> log =
        List.of(
            at(100, 4, "SET k v PX 50"), at(149, 5, "SET x 1"), at(150, 6), at(90, 7, "SET x 2"));
    Spoken set = said(0, 10, "OK", "SET k v PX 50");
    Spoken first = said(20, 30, "OK", "SET x 1");
    Spoken second = said(50, 60, "OK", "SET x 2");
    assertThat(check(log, set, first, second, said(35, 36, "\"v", "GET k"))).isEmpty();
    assertThat(check(log, set, first, second, said(35, 36, "nil", "GET k"))).isEmpty();
    accuses("no place", log, set, first, second, said(12, 13, "nil", "GET k"));
    accuses("no place", log, set, first, second, said(70, 71, "\"v", "GET k"));
  }

  @Test
  void aTransactionIsDoneIfWhatItWatchesHasNotChanged() {
    List<LogRecords.Entry> log =
        List.of(
            entry(4, "SET k a"),
            transaction(5, Map.of("k", 4L), "SET k b"),
            transaction(6, Map.of("k", 4L), "SET k c"));
    Spoken a = said(0, 10, "OK", "SET k a");
    Spoken b = exec(20, 30, "[OK]", "SET k b");
    assertThat(check(log, a, b, exec(20, 30, "nil", "SET k c"))).isEmpty();
    accuses("by the log it is nil", log, a, b, exec(20, 30, "[OK]", "SET k c"));
    accuses(
        "by the log it is [OK]",
        log,
        a,
        exec(20, 30, "nil", "SET k b"),
        exec(20, 30, "nil", "SET k c"));
  }

  private static Spoken exec(long invoked, long ended, String answer, String command) {
    return new Spoken(words(command), true, answer, false, false, invoked, ended);
  }

  @Test
  void whatChanceTakesIsCountedAndWhatALibrarySaysTwiceIsAllowed() {
    List<LogRecords.Entry> log =
        List.of(entry(4, "SADD s 1", "SPOP s"), entry(5, "SADD t 1", "SADD t 1"));
    Spoken add = said(0, 10, ":1", "SADD s 1");
    Spoken twice = new Spoken(words("SADD t 1"), false, ":0", false, true, 0, 10);
    assertThat(check(log, add, twice, said(0, 10, "\"1", "SPOP s"))).isEmpty();
    assertThat(check(log, add, twice, said(0, 10, "\"1", "SPOP s"), said(0, 10, "\"2", "SPOP s")))
        .isNotEmpty();
    accuses(
        "in the log 2 times",
        log,
        add,
        said(0, 10, "\"1", "SPOP s"),
        said(0, 10, ":1", "SADD t 1"));
  }

  @Test
  void aFileIsReadRecordByRecordUpToItsTornEnd() throws IOException {
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    batch.write(1);
    batch.write(new byte[28]);
    batch.write(new byte[] {7, 9, 2}); // number, stamp, two items
    batch.write(new byte[] {3 << 1});
    block(batch, "RPUSH");
    block(batch, "x");
    block(batch, "1");
    batch.write(new byte[] {1 << 1 | 1, 1}); // a transaction of one command, one key watched
    block(batch, "w");
    batch.write(new byte[] {5, 2});
    block(batch, "INCR");
    block(batch, "n");
    byte[] machine = field(1, batch.toByteArray());
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(new byte[] {1 << 3, 2, 2 << 3, 77});
    body.write(field(3, machine));
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write("RaftLog1".getBytes(StandardCharsets.UTF_8));
    record(file, body.toByteArray());
    record(file, new byte[] {1 << 3, 2, 2 << 3, 78}); // of Ratis' own
    file.write(new byte[] {100, 1, 2, 3}); // torn

    assertThat(LogRecords.read(file.toByteArray()))
        .containsExactly(
            new LogRecords.Entry(
                2,
                77,
                9,
                List.of(
                    item("RPUSH x 1"),
                    new LogRecords.Item(words("INCR n"), true, Map.of("w", -3L)))),
            new LogRecords.Entry(2, 78, 0, List.of()));
  }

  private static void block(ByteArrayOutputStream out, String text) throws IOException {
    out.write(text.length());
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] field(int number, byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.writeByteArray(number, bytes);
    coded.flush();
    return out.toByteArray();
  }

  private static void record(ByteArrayOutputStream file, byte[] body) throws IOException {
    CodedOutputStream length = CodedOutputStream.newInstance(file);
    length.writeUInt32NoTag(body.length);
    length.flush();
    file.write(body);
    file.write(new byte[4]);
  }

  /** So the script workload has its second witness on the day that scripts land. */
  @Test
  void aScriptIsACompareAndSet() {
    String eval = String.join(" ", Script.compareAndSet("r", 5, 6, false));
    List<LogRecords.Entry> log =
        List.of(
            entry(4, "FCALL flotillachaos 1 r 0 5"),
            new LogRecords.Entry(
                1,
                5,
                5,
                List.of(LogRecords.Item.of(List.of(Script.compareAndSet("r", 5, 6, false))))));
    Spoken evaluated =
        new Spoken(
            List.of(List.of(Script.compareAndSet("r", 5, 6, false))),
            false,
            ":1",
            false,
            false,
            20,
            30);
    assertThat(eval).startsWith("EVAL ").endsWith(" 1 r 5 6");
    Spoken called = said(0, 10, ":1", "FCALL flotillachaos 1 r 0 5");
    assertThat(check(log, called, evaluated, said(40, 50, "\"6", "GET r"))).isEmpty();
    accuses("read at no place", log, called, evaluated, said(40, 50, "\"5", "GET r"));
    accuses(
        "by the log it is :1", log, said(0, 10, ":0", "FCALL flotillachaos 1 r 0 5"), evaluated);
  }

  /** Which push serves a waiting BLPOP is not known, but a push is in the log once all the same. */
  @Test
  void pushesForThoseWhoWaitAreInTheLogOnce() {
    List<LogRecords.Entry> log =
        List.of(entry(4, "BLPOP q 0.100"), entry(5, "RPUSH q 1", "RPUSH q 2"), entry(6, "LPOP q"));
    Spoken blocked = said(0, 30, "[\"q \"1]", "BLPOP q 0.100");
    Spoken first = said(10, 20, ":1", "RPUSH q 1");
    Spoken second = said(10, 20, ":1", "RPUSH q 2");
    Spoken popped = said(40, 50, "\"2", "LPOP q");
    assertThat(check(log, blocked, first, second, popped)).isEmpty();
    accuses("nobody said it", log, blocked, first, popped);
  }
}
