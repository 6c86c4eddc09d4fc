package io.flotilla.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one run of the suite over one file printed, line by line made into events.
 *
 * <p>The suite says {@code [ok]: NAME (N ms)}, {@code [err]: NAME in FILE} and what was wrong below
 * it, {@code [skip]: NAME} for a test that it was told to leave out, {@code [ignore]: …} for what
 * its tags exclude. It repeats the errors behind "The End". An error without a file's name is one
 * outside of any test: the block of tests around it has ended there.
 *
 * @param events in the order in which they came
 * @param inProgress the test that ran when the suite lost its patience; null if it did not
 * @param ended whether the file was gone through to its end
 */
record Transcript(List<Event> events, @Nullable String inProgress, boolean ended) {
  enum Kind {
    PASSED,
    FAILED,
    /** Left out by name. */
    SKIPPED,
    /** Left out by the suite itself, by its tags. */
    IGNORED,
    /** Not of a test, but of the code around tests. */
    BROKEN
  }

  /**
   * One test, or one error.
   *
   * @param name of the test; of an error outside of tests, its first line
   * @param details what was said of it below, without a line's end
   */
  record Event(Kind kind, String name, String details) {}

  private static final int MAX_DETAIL_LINES = 12;
  private static final Pattern MARK =
      Pattern.compile("\\[(ok|err|skip|ignore|exception|TIMEOUT)\\]: (.*)$");
  private static final Pattern MILLIS = Pattern.compile(" \\(\\d+ ms\\)$");
  private static final Pattern IN_FILE = Pattern.compile("^(.*) in tests/\\S+\\.tcl$");
  private static final Pattern DONE = Pattern.compile("^\\[\\d+/\\d+ done\\]: ");
  private static final Pattern IN_PROGRESS = Pattern.compile("=> \\(IN PROGRESS\\) (.*)$");

  static Transcript of(List<String> lines) {
    Reader reader = new Reader();
    for (String line : lines) {
      if (!reader.take(line)) {
        break;
      }
    }
    return reader.transcript();
  }

  private static final class Reader {
    private final List<Event> events = new ArrayList<>();
    private @Nullable Event open;
    private final List<String> details = new ArrayList<>();
    private @Nullable String inProgress;
    private boolean done;

    /** False at the end of what matters. */
    boolean take(String line) {
      if (line.strip().equals("The End")) {
        return false;
      }
      if (DONE.matcher(line).find()) {
        close();
        done = true;
        return true;
      }
      Matcher running = IN_PROGRESS.matcher(line);
      if (running.find()) {
        inProgress = running.group(1);
        return true;
      }
      Matcher mark = MARK.matcher(line);
      if (mark.find()) {
        close();
        open(mark.group(1), mark.group(2));
      } else if (open != null && details.size() < MAX_DETAIL_LINES) {
        details.add(line.strip());
      }
      return true;
    }

    private void open(String word, String text) {
      switch (word) {
        case "ok" -> events.add(new Event(Kind.PASSED, MILLIS.matcher(text).replaceFirst(""), ""));
        case "skip" -> events.add(new Event(Kind.SKIPPED, text, ""));
        case "ignore" -> events.add(new Event(Kind.IGNORED, text, ""));
        case "err" -> {
          Matcher named = IN_FILE.matcher(text);
          open =
              named.matches()
                  ? new Event(Kind.FAILED, named.group(1), "")
                  : new Event(Kind.BROKEN, text, "");
        }
        default -> open = new Event(Kind.BROKEN, word + ": " + text, "");
      }
    }

    private void close() {
      if (open != null) {
        events.add(new Event(open.kind(), open.name(), String.join("\n", details).strip()));
        open = null;
        details.clear();
      }
    }

    Transcript transcript() {
      close();
      return new Transcript(List.copyOf(events), inProgress, done);
    }
  }
}
