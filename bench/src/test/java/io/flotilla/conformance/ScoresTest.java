package io.flotilla.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The score is public, so it must not be better than the lists that it is made of. */
final class ScoresTest {
  private static final Path ROOT = Path.of("..");
  private static final Path LISTS = ROOT.resolve("bench/conformance");
  private static final Path SCORE = LISTS.resolve("score-7.0.15.json");

  private static Score.Row row(int of, int passing, int left) {
    return new Score.Row(of, passing, new TreeMap<>(Map.of("needs x", left)));
  }

  @Test
  void whatIsNeitherPassingNorLeftOutHasFailed() {
    Score score = new Score(new TreeMap<>(Map.of("unit/a", row(10, 6, 3), "unit/b", row(5, 5, 0))));

    assertThat(score.of()).isEqualTo(15);
    assertThat(score.passing()).isEqualTo(11);
    assertThat(score.failed()).isEqualTo(1);
    assertThat(score.left()).containsOnly(Map.entry("needs x", 3));
    assertThatThrownBy(() -> row(5, 4, 2)).isInstanceOf(ConformanceException.class);
  }

  @Test
  void aRunOfSomeFilesLeavesTheOthersRows() {
    Score before =
        new Score(new TreeMap<>(Map.of("unit/a", row(10, 6, 3), "unit/b", row(5, 5, 0))));
    Score after = before.with(new Score(new TreeMap<>(Map.of("unit/a", row(10, 7, 3)))));

    assertThat(after.passing()).isEqualTo(12);
    assertThat(after.of()).isEqualTo(15);
  }

  @Test
  void thePageAndTheReadmeTellWhatWasMeasured() throws IOException {
    Scores scores = Scores.read(SCORE);
    SkipList skips = SkipList.read(LISTS.resolve("skips.txt"));
    String readme = Files.readString(ROOT.resolve("README.md"));

    assertThat(Files.readString(ROOT.resolve("docs/reference/conformance.md")))
        .isEqualTo(scores.page());
    assertThat(readme).isEqualTo(scores.inReadme(readme, skips.lines().size()));
  }

  @Test
  void everyTestThatPassesOnARealRedisIsAccountedFor() {
    Score one = Scores.read(SCORE).byShards().get(1);
    assertThat(one).isNotNull();
    if (one != null) {
      assertThat(one.rows().keySet()).containsAll(Units.ALL);
      assertThat(one.of()).isEqualTo(1746);
      int left = one.left().values().stream().mapToInt(Integer::intValue).sum();
      assertThat(one.passing() + left + one.failed()).isEqualTo(one.of());
    }
  }

  /** A line that leaves out nothing any more would flatter nobody, and mislead. */
  @Test
  void whatPassesIsNotLeftOut() {
    SkipList skips = SkipList.read(LISTS.resolve("skips.txt"));
    NamesByUnit passing = NamesByUnit.read(LISTS.resolve("passing-7.0.15.json"));
    for (SkipList.Line line : skips.lines()) {
      List<String> names = passing.of(line.unit()).stream().filter(line::covers).toList();
      assertThat(names).as(line.toString()).isEmpty();
    }
  }
}
