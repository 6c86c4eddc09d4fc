package io.flotilla.statemachine.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A few bytes in the log must not fill the heap of every replica, now and at every replay. The
 * bounds are the same on all replicas, so that the refusal is a reply as any other.
 */
class BoundedEffectTest {
  private final BareMachine machine = new BareMachine(new CommandTable(Families.ALL));

  @Test
  void aStringGrowsToItsBoundAndNoFurther() {
    long most = StringValue.MAX_LENGTH;
    assertThat(run("SETRANGE", "s", "" + most, "x")).isEqualTo(Errors.STRING_TOO_LONG);
    assertThat(run("SETRANGE", "s", "" + (most - 1), "xy")).isEqualTo(Errors.STRING_TOO_LONG);
    assertThat(run("EXISTS", "s")).isEqualTo(Reply.ZERO);
    machine.watchReads(false);
    assertThat(run("SETRANGE", "s", "" + (most - 3), "xy")).isEqualTo(Reply.integer(most - 1));
    assertThat(run("APPEND", "s", "zz")).isEqualTo(Errors.STRING_TOO_LONG);
    assertThat(run("APPEND", "s", "z")).isEqualTo(Reply.integer(most));
    assertThat(run("STRLEN", "s")).isEqualTo(Reply.integer(most));
  }

  @Test
  void bitsGrowAStringNoFurther() {
    long bits = StringValue.MAX_LENGTH * 8L;
    Reply refused = Reply.error("ERR bit offset is not an integer or out of range");
    assertThat(run("SETBIT", "b", "" + bits, "1")).isEqualTo(refused);
    assertThat(run("BITFIELD", "b", "SET", "u8", "" + (bits - 7), "1")).isEqualTo(refused);
    assertThat(run("EXISTS", "b")).isEqualTo(Reply.ZERO);
    assertThat(run("GETBIT", "b", "" + bits)).isEqualTo(Reply.ZERO);
    assertThat(run("SETBIT", "b", "" + (bits - 1), "1")).isEqualTo(Reply.ZERO);
    machine.watchReads(false);
    assertThat(run("BITCOUNT", "b")).isEqualTo(Reply.integer(1));
  }

  @Test
  void aTransactionPadsNoMoreThanOneCommandMay() {
    List<byte[][]> commands = new ArrayList<>();
    long third = StringValue.MAX_LENGTH / 3 - 1;
    for (int i = 0; i < 4; i++) {
      commands.add(argv("SETRANGE", "{k}" + i, "" + third, "x"));
    }
    Reply.Array replies = (Reply.Array) machine.transaction(commands);
    Reply done = Reply.integer(third + 1);
    List<Reply> each = new ArrayList<>(replies.elements());
    assertThat(each).containsExactly(done, done, done, Errors.STRING_TOO_LONG);
    assertThat(run("SETRANGE", "{k}3", "" + third, "x"))
        .as("the next command begins anew")
        .isEqualTo(done);
  }

  private Reply run(String... words) {
    return machine.answer(argv(words));
  }

  private static byte[][] argv(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return argv;
  }
}
