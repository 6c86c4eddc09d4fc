package io.flotilla.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.Transcript.Event;
import io.flotilla.conformance.Transcript.Kind;
import org.junit.jupiter.api.Test;

/** A test that is read as passed, or not read at all, would make every later figure a lie. */
final class TranscriptTest {
  private static Transcript of(String text) {
    return Transcript.of(text.lines().toList());
  }

  @Test
  void everyKindOfLineIsAnEvent() {
    Transcript run =
        of(
            """
            Starting test server at port 21079
            [ready]: 4711
            Testing unit/x
            [ok]: SET and GET (12 ms)
            ....[ok]: fuzzing (3 ms)
            [skip]: BLPOP: with zero timeout
            [ignore]: large memory flag not provided
            [err]: LPOS basic usage in tests/unit/x.tcl
            Expected '1' to be equal to '2' (context: type eval line 2)
                while executing
            [ok]: after it (0 ms)
            [1/1 done]: unit/x (4 seconds)

                               The End

            !!! WARNING The following tests failed:

            *** [err]: LPOS basic usage in tests/unit/x.tcl
            """);

    assertThat(run.events())
        .containsExactly(
            new Event(Kind.PASSED, "SET and GET", ""),
            new Event(Kind.PASSED, "fuzzing", ""),
            new Event(Kind.SKIPPED, "BLPOP: with zero timeout", ""),
            new Event(Kind.IGNORED, "large memory flag not provided", ""),
            new Event(
                Kind.FAILED,
                "LPOS basic usage",
                "Expected '1' to be equal to '2' (context: type eval line 2)\nwhile executing"),
            new Event(Kind.PASSED, "after it", ""));
    assertThat(run.ended()).isTrue();
    assertThat(run.inProgress()).isNull();
  }

  @Test
  void aTestThatHangsIsNamed() {
    Transcript run =
        of(
            """
            [ok]: first (1 ms)
            [TIMEOUT]: clients state report follows.
            sock55d0 => (IN PROGRESS) BRPOP that waits for ever
            Killing still running Redis server 12
            """);

    assertThat(run.inProgress()).isEqualTo("BRPOP that waits for ever");
    assertThat(run.ended()).isFalse();
  }

  @Test
  void anErrorOutsideOfATestIsNone() {
    Transcript run = of("[err]: nown command 'FOO'\nERR unknown command\n[ok]: next (1 ms)\n");

    assertThat(run.events())
        .containsExactly(
            new Event(Kind.BROKEN, "nown command 'FOO'", "ERR unknown command"),
            new Event(Kind.PASSED, "next", ""));
  }

  @Test
  void aSuiteThatDiesHasNotEnded() {
    Transcript run = of("[ok]: first (1 ms)\n[exception]: Executing test client: oops.\noops\n");

    assertThat(run.ended()).isFalse();
    assertThat(run.events())
        .containsExactly(
            new Event(Kind.PASSED, "first", ""),
            new Event(Kind.BROKEN, "exception: Executing test client: oops.", "oops"));
  }
}
