package io.flotilla.statemachine.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import io.flotilla.statemachine.transcripts.Notation;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * XREAD and XREADGROUP with BLOCK where nothing is there: within a transaction they answer as if
 * the time were up, as in Redis; alone they say that they cannot wait, and have done nothing.
 */
class BlockingReadsOfStreamsTest {
  private final BareMachine machine = new BareMachine(new CommandTable(Families.ALL));

  private static byte[][] argv(String line) {
    return Arrays.stream(line.split(" ", -1)).map(Ascii::bytes).toArray(byte[][]::new);
  }

  private String run(String line) {
    return Notation.inline(machine.answer(argv(line)));
  }

  private String transaction(String... lines) {
    Reply reply = machine.transaction(Arrays.stream(lines).map(l -> argv(l)).toList());
    return Notation.inline(reply);
  }

  @Test
  void withinATransactionTheTimeIsUpAtOnce() {
    assertThat(run("XGROUP CREATE s g $ MKSTREAM")).isEqualTo("OK");
    assertThat(
            transaction(
                "XREAD BLOCK 0 STREAMS s $",
                "XREADGROUP GROUP g c BLOCK 0 STREAMS s >",
                "XADD s 1-1 a b",
                "XREAD BLOCK 0 STREAMS s 0",
                "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"))
        .isEqualTo(
            "[nil[], nil[], \"1-1\", {(\"s\", [[\"1-1\", [\"a\", \"b\"]]])},"
                + " {(\"s\", [[\"1-1\", [\"a\", \"b\"]]])}]");
  }

  @Test
  void aloneTheySayThatTheyCannotWaitAndLeaveNothing() {
    assertThat(run("XGROUP CREATE s g $ MKSTREAM")).isEqualTo("OK");
    for (String line :
        List.of("XREAD BLOCK 5 STREAMS s $", "XREADGROUP GROUP g c BLOCK 5 STREAMS s >")) {
      assertThat(run(line)).as(line).contains("would wait");
    }
    assertThat(run("XINFO CONSUMERS s g")).isEqualTo("[]");
    assertThat(transaction("XINFO CONSUMERS s g", "XREAD BLOCK 5 STREAMS s $"))
        .isEqualTo("[[], nil[]]");
    assertThat(run("XREAD BLOCK 5 STREAMS s $"))
        .as("after a transaction it is alone again")
        .contains("would wait");
  }
}
