package io.flotilla.chaos.check;

import static io.flotilla.chaos.history.Operation.fail;
import static io.flotilla.chaos.history.Operation.info;
import static io.flotilla.chaos.history.Operation.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.chaos.check.Anomaly.Kind;
import io.flotilla.chaos.check.Transaction.Answer;
import io.flotilla.chaos.check.Transaction.Append;
import io.flotilla.chaos.check.Transaction.Read;
import io.flotilla.chaos.history.Operation;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Histories of list-append transactions whose verdicts are known, one for each kind of anomaly. */
final class ListAppendVerdictsTest {
  private static Append append(String key, long value) {
    return new Append(key, value);
  }

  private static Read read(String key) {
    return new Read(key);
  }

  private static List<Long> list(long... values) {
    return Arrays.stream(values).boxed().toList();
  }

  private static Transaction steps(Transaction.Step... steps) {
    return Transaction.of(steps);
  }

  @SafeVarargs
  @SuppressWarnings("varargs") // it is only read
  private static Answer answer(List<Long>... reads) {
    return new Answer(Arrays.stream(reads).toList());
  }

  @SafeVarargs
  @SuppressWarnings("varargs") // it is only read
  private static List<Kind> kinds(Operation<Transaction, Answer>... history) {
    return ListAppend.check(Arrays.stream(history).toList()).stream()
        .map(Anomaly::kind)
        .distinct()
        .toList();
  }

  @Test
  void number16AReadThatMissesWhatHadBeenAcknowledgedIsStale() {
    List<Kind> kinds =
        kinds(
            ok(0, 0, 10, steps(append("x", 1)), answer()),
            ok(1, 20, 30, steps(read("x")), answer(list())));
    assertThat(kinds).containsExactly(Kind.G_SINGLE_REALTIME);
    assertThat(kinds).as("it is serializable").noneMatch(Kind::refutesSerializability);
    assertThat(
            kinds(
                ok(0, 0, 10, steps(append("x", 1)), answer()),
                ok(1, 5, 30, steps(read("x")), answer(list()))))
        .as("they overlap")
        .isEmpty();
  }

  @Test
  void number17WritesAndReadsInACircle() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 1), read("y")), answer(list(1))),
                ok(1, 0, 100, steps(append("x", 2), append("y", 1)), answer()),
                ok(2, 0, 100, steps(read("x")), answer(list(1, 2)))))
        .containsExactly(Kind.G1C);
  }

  @Test
  void number18TwoOrdersOfOneList() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 1)), answer()),
                ok(1, 0, 100, steps(append("x", 2)), answer()),
                ok(2, 0, 100, steps(append("x", 3)), answer()),
                ok(3, 0, 100, steps(read("x")), answer(list(1, 2))),
                ok(4, 0, 100, steps(read("x")), answer(list(1, 3)))))
        .containsExactly(Kind.INCOMPATIBLE_ORDER);
  }

  @Test
  void number19AValueTwiceInAList() {
    assertThat(
            kinds(
                ok(0, 0, 10, steps(append("x", 1)), answer()),
                ok(1, 20, 30, steps(read("x")), answer(list(1, 1)))))
        .contains(Kind.DUPLICATE);
  }

  @Test
  void number20AnAcknowledgedValueThatIsNotThereInTheEnd() {
    assertThat(
            kinds(
                ok(0, 0, 10, steps(append("x", 5)), answer()),
                ok(1, 20, 30, Transaction.lastRead("x"), answer(list()))))
        .contains(Kind.LOST_APPEND);
  }

  @Test
  void writesInACircle() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 1), append("y", 2)), answer()),
                ok(1, 0, 100, steps(append("x", 2), append("y", 1)), answer()),
                ok(2, 0, 100, steps(read("x"), read("y")), answer(list(1, 2), list(1, 2)))))
        .containsExactly(Kind.G0);
  }

  @Test
  void oneReadThatMissedAWrite() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 1), append("y", 1)), answer()),
                ok(1, 0, 100, steps(read("x"), read("y")), answer(list(), list(1))),
                ok(2, 0, 100, steps(read("x")), answer(list(1)))))
        .containsExactly(Kind.G_SINGLE);
  }

  @Test
  void twoReadsThatMissedEachOthersWrites() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(read("x"), append("y", 1)), answer(list())),
                ok(1, 0, 100, steps(read("y"), append("x", 1)), answer(list())),
                ok(2, 0, 100, steps(read("x"), read("y")), answer(list(1), list(1)))))
        .containsExactly(Kind.G2);
  }

  @Test
  void theValueOfATransactionThatFailedIsNotRead() {
    assertThat(
            kinds(
                fail(0, 0, 10, steps(append("x", 1)), "MOVED 1 127.0.0.1:1"),
                ok(1, 20, 30, steps(read("x")), answer(list(1)))))
        .containsExactly(Kind.G1A);
  }

  @Test
  void whatATransactionAppendedOnTheWayIsNotReadAsTheLast() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 1), append("x", 2)), answer()),
                ok(1, 0, 100, steps(read("x")), answer(list(1)))))
        .contains(Kind.G1B);
  }

  @Test
  void whatATransactionAppendedStandsInItsOrder() {
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 1), append("x", 2)), answer()),
                ok(1, 0, 100, steps(read("x")), answer(list(2, 1)))))
        .contains(Kind.INCOMPATIBLE_ORDER);
  }

  @Test
  void aValueThatNobodyAppendedIsNotRead() {
    assertThat(kinds(ok(0, 0, 10, steps(read("x")), answer(list(9)))))
        .containsExactly(Kind.GARBAGE);
  }

  @Test
  void aTransactionSeesWhatItsOwnStepsHaveDone() {
    assertThat(kinds(ok(0, 0, 10, steps(append("x", 1), read("x")), answer(list()))))
        .contains(Kind.INTERNAL);
    assertThat(
            kinds(
                ok(0, 0, 10, steps(read("x"), append("x", 1), read("x")), answer(list(), list(1)))))
        .isEmpty();
    assertThat(
            kinds(
                ok(0, 0, 100, steps(append("x", 2)), answer()),
                ok(1, 0, 100, steps(read("x"), read("x")), answer(list(), list(2)))))
        .contains(Kind.INTERNAL);
  }

  @Test
  void aTransactionDoesNotSeeWhatItAppendsOnlyLater() {
    assertThat(kinds(ok(0, 0, 10, steps(read("x"), append("x", 1)), answer(list(1)))))
        .contains(Kind.INTERNAL);
  }

  @Test
  void whatIsUnknownCountsOnlyIfItWasSeen() {
    Operation<Transaction, Answer> open =
        info(0, 0, steps(append("x", 1), append("y", 1)), "timeout");
    assertThat(
            kinds(
                open,
                ok(1, 20, 30, Transaction.lastRead("x"), answer(list())),
                ok(1, 40, 50, Transaction.lastRead("y"), answer(list()))))
        .as("it never happened")
        .isEmpty();
    assertThat(
            kinds(
                open,
                ok(1, 20, 30, Transaction.lastRead("x"), answer(list())),
                ok(1, 40, 50, Transaction.lastRead("y"), answer(list(1)))))
        .as("it happened between the reads")
        .isEmpty();
    assertThat(
            kinds(
                open,
                ok(1, 20, 30, Transaction.lastRead("x"), answer(list(1))),
                ok(1, 40, 50, Transaction.lastRead("y"), answer(list()))))
        .as("half of it happened")
        .isNotEmpty();
  }

  @Test
  void aWriteThatAStaleSnapshotForgotIsFoundThoughItComesBack() {
    assertThat(
            kinds(
                ok(0, 0, 10, steps(append("x", 1)), answer()),
                ok(1, 20, 30, steps(read("x")), answer(list(1))),
                ok(1, 40, 50, steps(read("x")), answer(list())),
                ok(1, 60, 70, steps(read("x")), answer(list(1)))))
        .containsExactly(Kind.G_SINGLE_REALTIME);
  }

  @Test
  void valuesThatAreNotUniqueAreRefused() {
    assertThatThrownBy(() ->
            kinds(
                ok(0, 0, 10, steps(append("x", 1)), answer()),
                ok(1, 0, 10, steps(append("x", 1)), answer())))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
