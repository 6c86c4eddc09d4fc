package io.flotilla.node.commands;

import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.CommandFacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The reference page of all commands of Redis 7.2, and of the fields with deadlines of 7.4: what
 * Flotilla does with each. Made of three sources: the facts of Redis, our table, and notes by hand
 * on what differs. What answers an error is asked, so that the page quotes what clients hear.
 */
final class CommandsPage {
  private enum Verdict {
    SAME("as Redis"),
    DIFFERS("differs"),
    ERROR("an error");

    private final String shown;

    Verdict(String shown) {
      this.shown = shown;
    }
  }

  private record Note(Verdict verdict, String text) {}

  private record Line(String name, Verdict verdict, String text) {}

  private final Map<String, String> facts = CommandFacts.redis72();
  private final Map<String, Command> ours = new HashMap<>();
  private final Map<String, Note> notes = new TreeMap<>();
  private final List<String> general = new ArrayList<>();
  private final UnaryOperator<String> ask;

  /**
   * A page.
   *
   * @param notes the lines of the file of notes
   * @param ask sends a command to a node and tells the reply
   */
  CommandsPage(CommandTable table, List<String> notes, UnaryOperator<String> ask) {
    this.ask = ask;
    for (Command command : table.all()) {
      ours.put(command.fullName(), command);
    }
    for (String line : notes) {
      if (!line.isBlank() && !line.startsWith("#")) {
        note(line);
      }
    }
  }

  private void note(String line) {
    String[] parts = line.split(" \\| ?", 3);
    if (parts.length == 2 && parts[0].equals("*")) {
      general.add(parts[1]);
      return;
    }
    if (parts.length != 3) {
      throw new IllegalArgumentException("not of the form `names | verdict | text`: " + line);
    }
    Verdict verdict = Verdict.valueOf(parts[1].toUpperCase(Locale.ROOT));
    if (verdict == Verdict.SAME || (verdict == Verdict.DIFFERS && parts[2].isBlank())) {
      throw new IllegalArgumentException("says nothing: " + line);
    }
    for (String name : parts[0].split(", ", -1)) {
      if (!ours.containsKey(name)) {
        throw new IllegalArgumentException("a note on a command that is not in the table: " + name);
      }
      if (notes.put(name, new Note(verdict, parts[2].strip())) != null) {
        throw new IllegalArgumentException("two notes on " + name);
      }
    }
  }

  private Line line(String name) {
    Note note = notes.get(name);
    if (!ours.containsKey(name) || (note != null && note.verdict() == Verdict.ERROR)) {
      String reply = ask.apply(request(name));
      if (!reply.startsWith("(error) ")) {
        throw new IllegalStateException(name + " should answer an error, but says " + reply);
      }
      return new Line(name, Verdict.ERROR, "`-" + reply.substring("(error) ".length()) + "`");
    }
    return note == null
        ? new Line(name, Verdict.SAME, "")
        : new Line(name, note.verdict(), note.text());
  }

  /** A request with as many arguments as the command wants at least, if we know it. */
  private String request(String name) {
    String words = name.replace('|', ' ');
    Command command = ours.get(name);
    int missing = command == null ? 0 : Math.abs(command.arity()) - words.split(" ", -1).length;
    return words + " 1".repeat(Math.max(0, missing));
  }

  /** All commands' lines, by their group. */
  private SortedMap<String, List<Line>> groups() {
    SortedMap<String, String> groupOf = new TreeMap<>();
    ours.forEach((name, command) -> groupOf.put(name, command.group()));
    facts.forEach((name, fact) -> groupOf.put(name, fact.split(" [|] ?", -1)[1]));
    SortedMap<String, List<Line>> groups = new TreeMap<>();
    groupOf.forEach((name, group) -> {
      if (!isContainer(name)) {
        groups.computeIfAbsent(group, g -> new ArrayList<>()).add(line(name));
      }
    });
    return groups;
  }

  /** Containers do nothing themselves, but for COMMAND; their subcommands have rows. */
  private boolean isContainer(String name) {
    return !name.equals("command")
        && facts.keySet().stream().anyMatch(other -> other.startsWith(name + "|"));
  }

  String markdown() {
    SortedMap<String, List<Line>> groups = groups();
    StringBuilder page = new StringBuilder();
    page.append("# Commands\n\n");
    page.append("Every command of Redis 7.2, and the fields with deadlines of 7.4. Made from the")
        .append(" command table and from [notes](commands-notes.txt) by a test\n")
        .append(
            "(`CommandsPageTest`), which fails when this page is stale or a command has no row;")
        .append(" errors are those that a node really answers.\n\n");
    page.append("| of all | |\n|---:|---|\n");
    for (Verdict verdict : Verdict.values()) {
      page.append("| ").append(count(groups, verdict)).append(" | ");
      page.append(
          switch (verdict) {
            case SAME -> "**as Redis**: replies, errors and effects are those of Redis 7.2";
            case DIFFERS ->
                "**differs**: does what it is for, and differs in what is said beside it";
            case ERROR -> "**an error**: the one that is quoted";
          });
      page.append(" |\n");
    }
    page.append("\n## What holds for all\n\n");
    general.forEach(each -> page.append("- ").append(each).append('\n'));
    groups.forEach((group, lines) -> {
      page.append("\n## ").append(group).append("\n\n");
      page.append("| command | Flotilla | |\n|---|---|---|\n");
      for (Line line : lines) {
        page.append("| ")
            .append(line.name().toUpperCase(Locale.ROOT).replace('|', ' '))
            .append(" | ")
            .append(line.verdict().shown)
            .append(" | ")
            .append(line.text().replace("|", "\\|"))
            .append(line.text().isEmpty() ? "|\n" : " |\n");
      }
    });
    return page.toString();
  }

  private static long count(SortedMap<String, List<Line>> groups, Verdict verdict) {
    return groups.values().stream()
        .flatMap(List::stream)
        .filter(line -> line.verdict() == verdict)
        .count();
  }
}
