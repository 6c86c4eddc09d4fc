package io.flotilla.node.resp;

import static io.flotilla.node.resp.Requests.latin1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** People type inline commands into telnet, and expect the quoting that redis-cli has. */
class InlineArgumentsTest {
  @Test
  void wordsStandBetweenWhiteSpace() {
    assertThat(split("  set\tk \u000b v\f")).containsExactly("set", "k", "v");
  }

  @Test
  void doubleQuotesUnderstandEscapes() {
    assertThat(split("\"a b\" \"\\n\\r\\t\\b\\a\" \"\\x41\\xff\" \"\\q\\\"\\\\\""))
        .containsExactly("a b", "\n\r\t\b\u0007", "A\u00ff", "q\"\\");
  }

  @Test
  void singleQuotesUnderstandOnlyTheirOwnEscape() {
    assertThat(split("'a\\n' 'it\\'s'")).containsExactly("a\\n", "it's");
  }

  @Test
  void anIncompleteHexEscapeIsLiteral() {
    assertThat(split("\"\\x4g\" \"\\x\"")).containsExactly("x4g", "x");
  }

  @Test
  void quotesMayBeginInsideAWord() {
    assertThat(split("foo\"bar baz\"")).containsExactly("foobar baz");
  }

  @Test
  void emptyQuotesAreAnEmptyArgument() {
    assertThat(split("\"\" ''")).containsExactly("", "");
  }

  @Test
  void aNulEndsTheLine() {
    assertThat(split("get k\0 more \"")).containsExactly("get", "k");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"", "'", "\"a", "'a", "\"a\"b", "'a'b", "\"a\\\"", "\"a\\", "'a\\'"})
  void unbalancedQuotesRefuseTheLine(String line) {
    byte[] bytes = latin1(line);
    assertThat(InlineArguments.split(bytes, 0, bytes.length)).isNull();
  }

  @Property
  void whatIsQuotedWithHexEscapesComesBack(
      @ForAll @Size(max = 5) List<byte @Size(max = 20) []> arguments) {
    StringBuilder line = new StringBuilder();
    for (byte[] argument : arguments) {
      line.append('"');
      for (byte b : argument) {
        line.append("\\x").append(HexFormat.of().toHexDigits(b));
      }
      line.append("\" ");
    }
    assertThat(split(line.toString())).isEqualTo(Requests.text(arguments.toArray(new byte[0][])));
  }

  private static List<String> split(String line) {
    byte[] bytes = latin1(line);
    byte[][] arguments = InlineArguments.split(bytes, 0, bytes.length);
    assertThat(arguments).as(line).isNotNull();
    return Requests.text(arguments);
  }
}
