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
  private static LogRecords.Entry entry(long index, String... commands) {
    return new LogRecords.Entry(
        1, index, Arrays.stream(commands).map(c -> List.of(c.split(" ", -1))).toList());
  }

  private static NamedWrite write(
      String value, boolean isDone, boolean isFailed, long invoked, long ended) {
    return new NamedWrite("RPUSH", "x", value, isDone, isFailed, invoked, ended);
  }

  private static List<String> check(List<LogRecords.Entry> log, NamedWrite... writes) {
    return new LogWitness(Map.of("g", log)).check(List.of(writes));
  }

  @Test
  void whatIsInTheLogOnceAndInOrderPasses() {
    assertThat(
            check(
                List.of(entry(4, "RPUSH x 1", "INCR n"), entry(5, "RPUSH x 2")),
                write("1", true, false, 0, 10),
                write("2", true, false, 20, 30),
                write("3", false, true, 40, 50),
                write("4", false, false, 60, Long.MAX_VALUE)))
        .isEmpty();
  }

  @Test
  void whatIsMissingDoubledRefusedOrOutOfOrderIsTold() {
    assertThat(check(List.of(entry(4)), write("1", true, false, 0, 10)))
        .singleElement()
        .asString()
        .contains("in the log 0 times");
    assertThat(
            check(
                List.of(entry(4, "RPUSH x 1", "RPUSH x 1")),
                write("1", false, false, 0, Long.MAX_VALUE)))
        .singleElement()
        .asString()
        .contains("in the log 2 times");
    assertThat(check(List.of(entry(4, "RPUSH x 1")), write("1", false, true, 0, 10)))
        .singleElement()
        .asString()
        .contains("said not to be done");
    assertThat(
            check(
                List.of(entry(4, "RPUSH x 2"), entry(5, "RPUSH x 1")),
                write("1", true, false, 0, 10),
                write("2", true, false, 20, 30)))
        .singleElement()
        .asString()
        .contains("had ended before");
    assertThat(check(List.of(entry(4), entry(6)))).singleElement().asString().contains("lacks");
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
            new LogRecords.Entry(2, 77, List.of(List.of("RPUSH", "x", "1"), List.of("INCR", "n"))),
            new LogRecords.Entry(2, 78, List.of()));
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
}
