package io.flotilla.statemachine.transcripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is left of a life to the millisecond: the transcripts run against servers whose time goes by
 * while they answer, so they cannot say it.
 */
class RemainingTimeTest {
  private final BareMachine machine = new BareMachine(new CommandTable(Families.ALL));

  private Reply say(String... words) {
    return machine.answer(Arrays.stream(words).map(Ascii::bytes).toArray(byte[][]::new));
  }

  @Test
  void keysAndFieldsTellWhatIsLeft() {
    say("SET", "k", "v", "PX", "1500");
    say("HSET", "h", "a", "1", "b", "2");
    say("HPEXPIRE", "h", "1500", "FIELDS", "1", "a");
    machine.advance(500);
    assertThat(say("PTTL", "k")).isEqualTo(Reply.integer(1000));
    assertThat(say("HPTTL", "h", "FIELDS", "2", "a", "b"))
        .isEqualTo(Reply.array(List.of(Reply.integer(1000), Reply.integer(-1))));
    machine.advance(999);
    assertThat(say("PTTL", "k")).isEqualTo(Reply.integer(1));
    machine.advance(1);
    assertThat(say("PTTL", "k")).isEqualTo(Reply.integer(-2));
    assertThat(say("HPTTL", "h", "FIELDS", "2", "a", "b"))
        .isEqualTo(Reply.array(List.of(Reply.integer(-2), Reply.integer(-1))));
  }
}
