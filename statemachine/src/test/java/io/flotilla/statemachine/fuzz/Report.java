package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.transcripts.RealRedis;
import io.flotilla.statemachine.transcripts.Transcript;
import java.util.List;

/** A finding as a person wants it: a transcript, both answers, and what repeats it. */
final class Report {
  private Report() {}

  /**
   * The text of a finding.
   *
   * @param oracle whose answers the transcript gets; null leaves it without
   */
  static String of(Fuzzer.Finding finding, List<String> families, RealOracle oracle) {
    Minimiser.Small small = finding.small();
    StringBuilder text = new StringBuilder();
    text.append(
        "---- seed %d (%s): %s, %d steps left of %d, %d runs%n"
            .formatted(
                finding.seed(),
                small.frame(),
                small.difference().signature(),
                small.steps().size(),
                finding.steps(),
                small.runs()));
    String commands = transcript(small);
    text.append(isPlain(small) ? recorded(commands, small.frame(), oracle) : commands);
    if (!small.steps().getLast().lines().contains(small.difference().line())) {
      text.append("# it shows in: ").append(small.difference().line()).append('\n');
    }
    small.difference().shown().forEach(line -> text.append("# ").append(line).append('\n'));
    text.append("again: bin/fuzz --seed ").append(finding.seed()).append(" --commands 1");
    if (!families.equals(Fuzzer.families())) {
      text.append(" --families ").append(String.join(",", families));
    }
    return text.append('\n').toString();
  }

  /** Whether a transcript can say all of it. */
  private static boolean isPlain(Minimiser.Small small) {
    return small.difference().kind() != Difference.Kind.ORACLE
        && small.steps().stream()
            .allMatch(step -> step.kind() == Step.Kind.SAY || step.kind() == Step.Kind.DOOM);
  }

  /** The commands as a transcript has them; what it has no words for stands in prose. */
  static String transcript(Minimiser.Small small) {
    StringBuilder text = new StringBuilder();
    if (small.frame().listens()) {
      text.append("@events on\n");
    }
    for (Step step : small.steps()) {
      if (step.kind() != Step.Kind.SAY) {
        text.append("# ").append(step.kind()).append('\n');
      }
      step.lines().forEach(line -> text.append("> ").append(line.shown()).append('\n'));
      if (step.kind() == Step.Kind.DOOM) {
        text.append("@advance 5ms\n");
      }
    }
    return text.toString();
  }

  private static String recorded(String commands, Frame frame, RealOracle oracle) {
    oracle.begin(frame);
    try (RealRedis.Session two = oracle.redis().session(2);
        RealRedis.Session three = oracle.redis().session(3)) {
      return Transcript.of(commands).recorded(two, three, Transcript.Judge.ALL);
    }
  }
}
