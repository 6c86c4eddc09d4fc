package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.fuzz.Step.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a test case small while its difference stays: first fewer steps (delta debugging, by
 * halves, quarters and so on down to single ones), then fewer and shorter arguments, and again
 * until nothing more goes, or the budget of runs is spent.
 *
 * <p>A. Zeller and R. Hildebrandt, <i>Simplifying and Isolating Failure-Inducing Input</i>, 2002.
 */
final class Minimiser {
  private static final int RUNS = 3000;

  /** How many arguments are left out at once: those of many pairs and many threes too. */
  private static final int[] SIZES = {96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1};

  private final Pair pair;
  private final Admission admission;
  private final Frame frame;
  private final String signature;
  private List<Step> steps;
  private Difference difference;
  private int runs;

  private Minimiser(
      Pair pair, Admission admission, Frame frame, List<Step> steps, Difference difference) {
    this.pair = pair;
    this.admission = admission;
    this.frame = frame;
    this.steps = steps.subList(0, difference.at() + 1);
    this.difference = difference;
    this.signature = difference.signature();
  }

  /** What is left of a test case. */
  record Small(Frame frame, List<Step> steps, Difference difference, int runs) {}

  /**
   * The smallest case that was found, which may be the one given: also if it does not differ a
   * second time.
   */
  static Small minimise(
      Pair pair, Admission admission, Frame frame, List<Step> steps, Difference difference) {
    Minimiser minimiser = new Minimiser(pair, admission, frame, steps, difference);
    if (minimiser.accept(minimiser.steps)) {
      minimiser.shrink();
    }
    return new Small(frame, minimiser.steps, minimiser.difference, minimiser.runs);
  }

  private void shrink() {
    long before;
    do {
      before = weight();
      fewerSteps();
      looksBecomeReads();
      transactionsComeApart();
      fewerArguments();
      shorterWords();
    } while (weight() < before && runs < RUNS);
  }

  private long weight() {
    return steps.stream().mapToLong(Step::weight).sum();
  }

  /** Takes these steps if the difference is there with them too. */
  private boolean accept(List<Step> fewer) {
    if (runs >= RUNS || fewer.isEmpty() || !admission.admitsAll(fewer)) {
      return false;
    }
    runs++;
    Difference found = pair.run(frame, fewer);
    if (found == null || !found.signature().equals(signature)) {
      return false;
    }
    steps = List.copyOf(fewer.subList(0, found.at() + 1));
    difference = found;
    return true;
  }

  private void fewerSteps() {
    for (int size = Math.max(1, steps.size() / 2); ; size /= 2) {
      for (int from = Math.max(0, steps.size() - 1 - size); ; from -= size) {
        int to = Math.min(from + size, steps.size() - 1); // the last one shows it
        if (from < to) {
          List<Step> fewer = new ArrayList<>(steps.subList(0, from));
          fewer.addAll(steps.subList(to, steps.size()));
          accept(fewer);
          from = Math.min(from, steps.size() - 1);
        }
        if (from == 0) {
          break;
        }
        from = Math.max(from, size); // the next one begins at 0 at the least
      }
      if (size == 1) {
        return;
      }
    }
  }

  private void looksBecomeReads() {
    if (steps.getLast().kind() == Kind.LOOK) {
      List<Step> read = new ArrayList<>(steps.subList(0, steps.size() - 1));
      read.add(Step.say(difference.line()));
      accept(read);
    }
  }

  private void transactionsComeApart() {
    for (int i = steps.size() - 1; i >= 0; i--) {
      Step step = steps.get(i);
      if (step.kind() == Kind.TRANSACTION) {
        List<Step> apart = new ArrayList<>(steps.subList(0, i));
        step.lines().forEach(line -> apart.add(Step.say(line)));
        apart.addAll(steps.subList(i + 1, steps.size()));
        if (!accept(apart)) {
          fewerLines(i);
        }
      }
      i = Math.min(i, steps.size());
    }
  }

  private void fewerLines(int place) {
    for (int line = 0; place < steps.size() && line < steps.get(place).lines().size(); ) {
      List<Line> fewer = new ArrayList<>(steps.get(place).lines());
      fewer.remove(line);
      if (fewer.isEmpty() || !accept(replaced(place, steps.get(place).with(fewer)))) {
        line++;
      }
    }
  }

  private List<Step> replaced(int place, Step step) {
    List<Step> other = new ArrayList<>(steps);
    other.set(place, step);
    return other;
  }

  private List<Step> replaced(int place, int line, Line other) {
    List<Line> lines = new ArrayList<>(steps.get(place).lines());
    lines.set(line, other);
    return replaced(place, steps.get(place).with(lines));
  }

  private @Nullable Line line(int place, int line) {
    return place < steps.size() && line < steps.get(place).lines().size()
        ? steps.get(place).lines().get(line)
        : null;
  }

  private void fewerArguments() {
    for (int place = steps.size() - 1; place >= 0; place--) {
      Kind kind = place < steps.size() ? steps.get(place).kind() : Kind.LOOK;
      if (kind == Kind.SAY || kind == Kind.TRANSACTION) {
        for (int line = 0; line(place, line) != null; line++) {
          fewerArguments(place, line);
        }
      }
    }
  }

  private void fewerArguments(int place, int at) {
    for (int size : SIZES) {
      for (int from = 1; ; ) {
        Line line = line(place, at);
        if (line == null || from + size > line.size()) {
          break;
        }
        if (!accept(replaced(place, at, line.without(from, from + size)))) {
          from += size;
        }
      }
    }
  }

  /** Every word that occurs is replaced by a shorter one, everywhere it occurs. */
  private void shorterWords() {
    Set<String> words = new HashSet<>();
    List<String> inOrder = new ArrayList<>();
    for (Step step : steps) {
      for (Line line : step.lines()) {
        for (int i = 1; i < line.size(); i++) {
          if (words.add(line.text(i))) {
            inOrder.add(line.text(i));
          }
        }
      }
    }
    for (String word : inOrder) {
      for (String shorter : shorter(word, words)) {
        if (accept(everywhere(word, shorter))) {
          words.add(shorter);
          break;
        }
      }
    }
  }

  private List<Step> everywhere(String word, String other) {
    List<Step> steps = new ArrayList<>();
    for (Step step : this.steps) {
      List<Line> lines = new ArrayList<>();
      for (Line line : step.lines()) {
        Line changed = line;
        for (int i = 1; i < line.size(); i++) {
          if (line.text(i).equals(word)) {
            changed = changed.replaced(i, Ascii.bytes(other));
          }
        }
        lines.add(changed);
      }
      steps.add(step.with(lines));
    }
    return steps;
  }

  /** Words to be tried in the place of one, the shortest first. */
  private static List<String> shorter(String word, Set<String> taken) {
    List<String> shorter = new ArrayList<>();
    if (word.length() > 1 && !word.startsWith(Values.TAG)) {
      for (String other : List.of("0", "1", "2", "a", "b", "c", "d", "e")) {
        if (!taken.contains(other)) {
          shorter.add(other);
        }
      }
      for (int length = word.length() / 2; length >= 2; length /= 2) {
        shorter.add(word.substring(0, length));
        shorter.add(word.substring(word.length() - length));
      }
    }
    if (word.length() > 2 && !word.startsWith(Values.TAG)) {
      shorter.add(word.substring(1));
      shorter.add(word.substring(0, word.length() - 1));
    }
    return shorter;
  }
}
