package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * A transcript: prose, commands with the replies that are expected, and directives that let time
 * pass. The format is described in {@code README.md} beside the transcripts.
 */
public final class Transcript {
  private final Path file;
  private final List<Step> steps;

  private Transcript(Path file, List<Step> steps) {
    this.file = file;
    this.steps = steps;
  }

  /** One step of a transcript. */
  sealed interface Step {
    /** The lines in the file that are not rewritten. */
    List<String> lines();
  }

  /** Comments and blank lines. */
  record Prose(List<String> lines) implements Step {}

  /** {@code @advance 1500ms}: time passes. */
  record Advance(List<String> lines, long millis) implements Step {}

  /** {@code @fresh}: all keys go. */
  record Fresh(List<String> lines) implements Step {}

  /** {@code @events on}: from here, key events stand behind the replies. */
  record Events(List<String> lines, boolean on) implements Step {}

  /** A command and what it is answered; the marks that stand above it. */
  record Exchange(
      List<String> lines,
      int line,
      List<byte[]> command,
      String expected,
      List<String> events,
      boolean sorted,
      String ours,
      String since)
      implements Step {
    byte[][] argv() {
      return command.toArray(byte[][]::new);
    }
  }

  /** What a subject answered where something else was expected. */
  public record Difference(Path file, int line, String command, String expected, String actual) {
    @Override
    public String toString() {
      return "%s:%d%n%s%n  expected: %s%n  was:      %s"
          .formatted(file.getFileName(), line, command, expected, actual);
    }
  }

  // ---------------------------------------------------------------- reading

  /** The transcript in this file. */
  public static Transcript read(Path file) {
    try {
      return new Transcript(file, new Reader(file, Files.readAllLines(file)).steps());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** A transcript that stands in no file. */
  public static Transcript of(String text) {
    Path nowhere = Path.of("transcript");
    return new Transcript(nowhere, new Reader(nowhere, text.lines().toList()).steps());
  }

  /** The number of commands in it. */
  public int commands() {
    return (int) steps.stream().filter(step -> step instanceof Exchange).count();
  }

  /** The commands in it, each as its arguments. */
  public List<byte[][]> commandLines() {
    return steps.stream()
        .filter(step -> step instanceof Exchange)
        .map(step -> ((Exchange) step).argv())
        .toList();
  }

  private static final class Reader {
    private final Path file;
    private final List<String> lines;
    private final List<Step> steps = new ArrayList<>();
    private int place;
    private List<String> marks = new ArrayList<>();
    private boolean sorted;
    private String ours = "";
    private String since = "";

    Reader(Path file, List<String> lines) {
      this.file = file;
      this.lines = lines;
    }

    List<Step> steps() {
      while (place < lines.size()) {
        String line = lines.get(place);
        if (line.isBlank() || line.startsWith("#")) {
          steps.add(new Prose(List.of(line)));
          place++;
        } else if (line.startsWith("@")) {
          directive(line);
          place++;
        } else if (line.startsWith("> ")) {
          exchange();
        } else {
          throw wrong("a line begins with #, @ or '> '");
        }
      }
      if (!marks.isEmpty()) {
        throw wrong("a mark without a command behind it");
      }
      return steps;
    }

    private void directive(String line) {
      String[] words = line.split(" ", 2);
      String rest = words.length > 1 ? words[1].strip() : "";
      switch (words[0]) {
        case "@advance" -> steps.add(new Advance(List.of(line), millis(rest)));
        case "@fresh" -> steps.add(new Fresh(List.of(line)));
        case "@events" -> {
          if (!rest.equals("on") && !rest.equals("off")) {
            throw wrong("@events on, or @events off");
          }
          steps.add(new Events(List.of(line), rest.equals("on")));
        }
        case "@sorted" -> {
          sorted = true;
          marks.add(line);
        }
        case "@ours" -> {
          if (rest.isEmpty()) {
            throw wrong("@ours tells why");
          }
          ours = rest;
          marks.add(line);
        }
        case "@since" -> {
          since = rest;
          marks.add(line);
        }
        default -> throw wrong("no directive " + words[0]);
      }
    }

    private long millis(String text) {
      if (text.endsWith("ms")) {
        return Long.parseLong(text.substring(0, text.length() - 2));
      }
      if (text.endsWith("s")) {
        return 1000 * Long.parseLong(text.substring(0, text.length() - 1));
      }
      throw wrong("@advance 10ms, or @advance 10s");
    }

    private void exchange() {
      int line = place + 1;
      List<String> raw = new ArrayList<>(marks);
      String text = lines.get(place++);
      raw.add(text);
      StringBuilder expected = new StringBuilder();
      while (place < lines.size() && !endsReply(lines.get(place))) {
        expected.append(expected.isEmpty() ? "" : "\n").append(lines.get(place++));
      }
      List<String> events = new ArrayList<>();
      while (place < lines.size() && lines.get(place).startsWith("* ")) {
        events.add(lines.get(place++).substring(2));
      }
      byte[][] argv = Notation.arguments(text.substring(2));
      if (argv.length == 0) {
        throw wrong("no command");
      }
      steps.add(
          new Exchange(raw, line, List.of(argv), expected.toString(), events, sorted, ours, since));
      marks = new ArrayList<>();
      sorted = false;
      ours = "";
      since = "";
    }

    private static boolean endsReply(String line) {
      return line.isBlank()
          || line.startsWith("# ")
          || line.equals("#")
          || line.startsWith("@")
          || line.startsWith("> ")
          || line.startsWith("* ");
    }

    private IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException(file + ":" + (place + 1) + ": " + what);
    }
  }

  // ---------------------------------------------------------------- running

  /** Runs it from the beginning and tells where the subject answers something else. */
  public List<Difference> differences(Subject subject, Judge judge) {
    List<Difference> differences = new ArrayList<>();
    play(
        subject,
        (exchange, actual, events) -> {
          if (!judge.isJudged(exchange)) {
            return;
          }
          String expected = expected(exchange, subject);
          String shown = Notation.show(canonical(exchange, subject.seen(actual)));
          if (!shown.equals(expected)) {
            differences.add(difference(exchange, expected, shown));
          }
          if (subject.hearsEvents() && !events.equals(exchange.events())) {
            differences.add(
                difference(exchange, "events " + exchange.events(), "events " + events));
          }
        });
    return differences;
  }

  /** Which exchanges a subject is judged by. */
  @FunctionalInterface
  public interface Judge {
    /** Judges everything. */
    Judge ALL = exchange -> true;

    /** Whether this one counts. */
    boolean isJudged(Exchange exchange);

    /** What a real Redis of this version, such as 7.0.15, can be judged by. */
    static Judge realRedis(String version) {
      return exchange -> exchange.ours().isEmpty() && isAtLeast(version, exchange.since());
    }

    private static boolean isAtLeast(String version, String wanted) {
      if (wanted.isEmpty()) {
        return true;
      }
      String[] has = version.split("\\.", -1);
      String[] needs = wanted.split("\\.", -1);
      for (int i = 0; i < Math.min(has.length, needs.length); i++) {
        int order = Integer.compare(Integer.parseInt(has[i]), Integer.parseInt(needs[i]));
        if (order != 0) {
          return order > 0;
        }
      }
      return true;
    }
  }

  private static String expected(Exchange exchange, Subject subject) {
    if (exchange.expected().isEmpty()) {
      return "(no reply is written)";
    }
    return Notation.show(canonical(exchange, subject.seen(Notation.parse(exchange.expected()))));
  }

  private static Reply canonical(Exchange exchange, Reply reply) {
    return exchange.sorted() ? Notation.sorted(reply) : reply;
  }

  private Difference difference(Exchange exchange, String expected, String actual) {
    return new Difference(file, exchange.line(), exchange.lines().getLast(), expected, actual);
  }

  private void play(Subject subject, Listener listener) {
    subject.fresh();
    subject.listen(false);
    boolean listening = false;
    for (Step step : steps) {
      switch (step) {
        case Prose prose -> {}
        case Advance advance -> subject.advance(advance.millis());
        case Fresh fresh -> subject.fresh();
        case Events events -> {
          listening = events.on();
          subject.listen(listening);
        }
        case Exchange exchange -> {
          Reply reply = subject.answer(exchange.argv());
          listener.answered(exchange, reply, listening ? subject.events() : List.of());
        }
      }
    }
  }

  @FunctionalInterface
  private interface Listener {
    void answered(Exchange exchange, Reply actual, List<String> events);
  }

  // ---------------------------------------------------------------- rewriting

  /** What an exchange was answered. */
  record Answer(Reply reply, List<String> events) {}

  /** All answers of a subject, one an exchange. */
  List<Answer> answers(Subject subject) {
    List<Answer> answers = new ArrayList<>();
    play(subject, (exchange, reply, events) -> answers.add(new Answer(reply, events)));
    return answers;
  }

  /**
   * The text with a server's answers in the place of its own, wherever it is judged by them: what
   * is meant by a reply is told by what RESP3 and RESP2 show of it.
   */
  public String recorded(Subject two, Subject three, Judge judge) {
    List<Answer> flat = answers(two);
    List<Answer> rich = answers(three);
    List<Answer> meant = new ArrayList<>();
    for (int i = 0; i < rich.size(); i++) {
      meant.add(
          new Answer(
              Notation.merged(rich.get(i).reply(), flat.get(i).reply()), rich.get(i).events()));
    }
    return rewritten(meant, (exchange, place) -> judge.isJudged(exchange));
  }

  /**
   * The file's text with these answers in the place of its own, where {@code chosen} holds for the
   * exchange and its place.
   */
  String rewritten(List<Answer> answers, BiPredicate<Exchange, Integer> chosen) {
    StringBuilder text = new StringBuilder();
    int next = 0;
    for (Step step : steps) {
      for (String line : step.lines()) {
        text.append(line).append('\n');
      }
      if (step instanceof Exchange exchange) {
        int at = next++;
        if (chosen.test(exchange, at)) {
          Reply reply = canonical(exchange, answers.get(at).reply());
          text.append(Notation.show(reply)).append('\n');
          answers.get(at).events().forEach(event -> text.append("* ").append(event).append('\n'));
        } else {
          if (!exchange.expected().isEmpty()) {
            text.append(exchange.expected()).append('\n');
          }
          exchange.events().forEach(event -> text.append("* ").append(event).append('\n'));
        }
      }
    }
    return text.toString();
  }

  /** An event as it stands behind a reply. */
  static String event(String name, byte[] key) {
    String text = Ascii.text(key);
    boolean plain = !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 127 && c != '"');
    return name + " " + (plain ? text : Notation.quoted(key));
  }
}
