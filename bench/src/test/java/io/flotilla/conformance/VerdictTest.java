package io.flotilla.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counting over several runs of a file, and against lists of names. */
final class VerdictTest {
  private static Transcript run(String text) {
    return Transcript.of(text.lines().toList());
  }

  @Test
  void whatALaterRunReachesCountsAndItsCulpritStaysFailed() {
    Verdict verdict = new Verdict("unit/x");
    verdict.add(
        run(
            """
            [ok]: a (1 ms)
            [err]: closes the connection in tests/unit/x.tcl
            I/O error reading reply
            [err]: b in tests/unit/x.tcl
            I/O error reading reply
            [skip]: left out
            """),
        Set.of(),
        1);
    verdict.add(
        run("[ok]: a (1 ms)\n[skip]: closes the connection\n[ok]: b (1 ms)\n[skip]: left out\n"),
        Set.of("closes the connection"),
        1);

    assertThat(verdict.passedNames()).containsExactly("a", "b");
    assertThat(verdict.failures().keySet()).containsExactly("closes the connection");
    assertThat(verdict.failedCount()).isEqualTo(1);
    assertThat(verdict.skippedCount()).isEqualTo(1);
  }

  /** A busy machine makes a test look hung that ends when the whole file is run once more. */
  @Test
  void aCulpritThatPassesWhenTheFileIsRunAgainHasPassed() {
    Verdict verdict = new Verdict("unit/x");
    verdict.add(run("[ok]: a (1 ms)\n"), Set.of(), 1);
    verdict.hung("long");
    verdict.add(run("[ok]: a (1 ms)\n[skip]: long\n[ok]: b (1 ms)\n"), Set.of("long"), 1);
    assertThat(verdict.failures()).containsOnlyKeys("long");

    verdict.add(run("[ok]: a (1 ms)\n[ok]: long (9 ms)\n[ok]: b (1 ms)\n"), Set.of(), 1);

    assertThat(verdict.failures()).isEmpty();
    assertThat(verdict.failedCount()).isZero();
    assertThat(verdict.passedNames()).containsExactly("a", "b", "long");
  }

  @Test
  void aNameThatStandsForTwoTestsMustPassTwice() {
    NamesByUnit names =
        new NamesByUnit(new TreeMap<>(Map.of("unit/x", List.of("same", "same", "other"))));

    assertThat(names.missing("unit/x", Map.of("same", 1, "other", 1))).containsExactly("same");
    assertThat(names.missing("unit/x", Map.of("same", 2, "other", 1))).isEmpty();
    assertThat(names.missing("unit/y", Map.of())).isEmpty();
  }

  @Test
  void listsSurviveTheirFile(@TempDir Path directory) {
    NamesByUnit names =
        new NamesByUnit(
            new TreeMap<>(
                Map.of("unit/x", List.of("a \"quoted\" \\ name", "b"), "unit/y", List.of("c"))));
    Path file = directory.resolve("names.json");
    names.write(file);

    assertThat(NamesByUnit.read(file)).isEqualTo(names);
  }

  /** A misspelt file would leave nothing out, and nobody would notice. */
  @Test
  void theCommittedListsSpeakOfFilesThatAreRun() {
    assertThat(SkipList.read(Path.of("conformance/skips.txt")).lines())
        .isNotEmpty()
        .extracting(SkipList.Line::unit)
        .isSubsetOf(Units.ALL);
    assertThat(NamesByUnit.read(Path.of("conformance/passing-7.0.15.json")).names().keySet())
        .isNotEmpty()
        .isSubsetOf(Units.ALL);
    assertThat(Units.ALL).containsAll(Units.FAST).containsAll(Units.KEYS);
  }

  @Test
  void everySkippedTestHasAReason() {
    SkipList skips =
        SkipList.parse(
            "skips.txt",
            List.of(
                "# what",
                "unit/x | needs blocking commands | /^BLPOP",
                "unit/x | needs Lua | a | b",
                "unit/z | needs Lua | *"));

    assertThat(skips.namesOf("unit/x")).containsExactly("/^BLPOP", "a | b");
    assertThat(skips.coversWhole("unit/z")).isTrue();
    assertThat(skips.reasons("unit/x", List.of("BLPOP: one", "BLPOP: two", "a | b", "c")))
        .isEqualTo(Map.of("needs blocking commands", 2, "needs Lua", 1));
    assertThatThrownBy(() -> SkipList.parse("skips.txt", List.of("unit/x | BLPOP")))
        .hasMessageContaining("skips.txt:1");
  }
}
