package io.flotilla.node.commands;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.commands.Synopsis.Argument;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.commands.Families;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reference lines taken apart for COMMAND DOCS. */
class SynopsisTest {
  @Test
  void everyReferenceLineComesBackFromItsArguments() {
    List<String> lost = new ArrayList<>();
    int lines = 0;
    for (Command command : NodeCommands.table(Families.ALL).all()) {
      int name = command.fullName().split("\\|", -1).length;
      String[] words = command.reference().split(" ", name + 1);
      String line = words.length > name ? words[name] : "";
      String again = Synopsis.line(Synopsis.of(command.reference(), name));
      if (!again.equals(line)) {
        lost.add(command.reference() + "  became  " + again);
      }
      lines++;
    }
    assertThat(lost).isEmpty();
    assertThat(lines).isGreaterThan(150);
  }

  @Test
  void tokensChoicesAndRepetitionsAreToldApart() {
    List<Argument> zadd =
        Synopsis.of("ZADD key [NX | XX] [INCR] score member [score member ...]", 1);
    assertThat(zadd).hasSize(4);
    assertThat(zadd.get(0).type()).isEqualTo(Synopsis.Type.KEY);
    assertThat(zadd.get(1).type()).isEqualTo(Synopsis.Type.ONEOF);
    assertThat(zadd.get(1).isOptional()).isTrue();
    assertThat(zadd.get(1).parts()).allMatch(part -> part.type() == Synopsis.Type.PURE_TOKEN);
    assertThat(zadd.get(2).token()).isEqualTo("INCR");
    assertThat(zadd.get(3).type()).isEqualTo(Synopsis.Type.BLOCK);
    assertThat(zadd.get(3).isMultiple()).isTrue();
    assertThat(zadd.get(3).parts()).extracting(Argument::name).containsExactly("score", "member");

    List<Argument> sort =
        Synopsis.of("SORT key [LIMIT offset count] [GET pattern [GET pattern ...]]", 1);
    assertThat(sort.get(1).token()).isEqualTo("LIMIT");
    assertThat(sort.get(1).parts()).extracting(Argument::name).containsExactly("offset", "count");
    assertThat(
            sort.get(2).isOptional() && sort.get(2).isMultiple() && sort.get(2).isTokenRepeated())
        .isTrue();

    List<Argument> read = Synopsis.of("XREAD [COUNT count] STREAMS key [key ...] id [id ...]", 1);
    assertThat(read.get(1).token()).isEqualTo("STREAMS");
    assertThat(read.get(1).parts()).hasSize(2).allMatch(Argument::isMultiple);
  }
}
