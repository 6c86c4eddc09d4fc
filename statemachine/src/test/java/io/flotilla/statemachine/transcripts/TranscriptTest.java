package io.flotilla.statemachine.transcripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every transcript against the bare machine, and against a real Redis where there is one: the
 * second is what keeps the first honest.
 *
 * <p>{@code -Dtranscripts=lists/push} runs those files only whose path holds the text; {@code
 * -Dtranscripts.rewrite=true} writes the real Redis's answers into the files (and the machine's
 * where the file says {@code @ours} or {@code @since} a later version).
 */
class TranscriptTest {
  private static final Path TRANSCRIPTS = Path.of("src/test/resources/transcripts");
  private static final String CHOSEN = System.getProperty("transcripts", "");

  @TestFactory
  Stream<DynamicTest> bareMachineAnswersAsWritten() {
    CommandTable table = new CommandTable(Families.ALL);
    return files()
        .map(file ->
            DynamicTest.dynamicTest(
                TRANSCRIPTS.relativize(file).toString(),
                () -> {
                  Transcript transcript = Transcript.read(file);
                  assertThat(transcript.commands()).isPositive();
                  assertThat(transcript.differences(new BareMachine(table), Transcript.Judge.ALL))
                      .isEmpty();
                }));
  }

  @Test
  @Tag("slow")
  void realRedisAnswersAsWritten() {
    assumeTrue(RealRedis.isInstalled(), "redis-server is not installed");
    List<Transcript.Difference> differences = new ArrayList<>();
    try (RealRedis redis = RealRedis.start();
        RealRedis.Session two = redis.session(2);
        RealRedis.Session three = redis.session(3)) {
      Transcript.Judge judge = Transcript.Judge.realRedis(redis.version());
      files()
          .map(Transcript::read)
          .forEach(transcript -> {
            differences.addAll(transcript.differences(three, judge));
            differences.addAll(transcript.differences(two, judge));
          });
    }
    assertThat(differences).isEmpty();
  }

  /** Not a test but a tool: it runs only when it is asked for. */
  @Test
  @Tag("slow")
  void transcriptsAreRewrittenFromRealRedis() throws IOException {
    assumeTrue(Boolean.getBoolean("transcripts.rewrite"), "-Dtranscripts.rewrite=true asks for it");
    if (!RealRedis.isInstalled()) {
      fail("redis-server is not installed");
    }
    CommandTable table = new CommandTable(Families.ALL);
    try (RealRedis redis = RealRedis.start();
        RealRedis.Session two = redis.session(2);
        RealRedis.Session three = redis.session(3)) {
      Transcript.Judge judge = Transcript.Judge.realRedis(redis.version());
      for (Path file : files().toList()) {
        Transcript transcript = Transcript.read(file);
        Files.writeString(file, transcript.recorded(two, three, judge));
        Transcript halfWay = Transcript.read(file);
        List<Transcript.Answer> ours = halfWay.answers(new BareMachine(table));
        Files.writeString(
            file, halfWay.rewritten(ours, (exchange, place) -> !judge.isJudged(exchange)));
      }
    }
  }

  private static Stream<Path> files() {
    try (Stream<Path> walk = Files.walk(TRANSCRIPTS)) {
      return walk
          .filter(file -> file.toString().endsWith(".txt") && file.toString().contains(CHOSEN))
          .sorted()
          .toList()
          .stream();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
