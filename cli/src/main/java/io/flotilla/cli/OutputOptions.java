package io.flotilla.cli;

import java.util.Locale;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** How a result is shown: the same options on every command that has one. */
final class OutputOptions {
  /** For people, or for programs. */
  enum Format {
    TABLE,
    JSON;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether there are colours. */
  enum Color {
    AUTO,
    ALWAYS,
    NEVER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "table|json",
      description = "Tables for people, or JSON for programs. Default: ${DEFAULT-VALUE}.",
      defaultValue = "table")
  private Format format = Format.TABLE;

  @Option(
      names = "--color",
      paramLabel = "auto|always|never",
      description =
          "Colours; auto: in a terminal, unless NO_COLOR is set. Default: ${DEFAULT-VALUE}.",
      defaultValue = "auto")
  private Color color = Color.AUTO;

  @Option(
      names = "--wide",
      description = "Whole ids, and every column, however narrow the terminal is.")
  private boolean wide;

  boolean json() {
    return format == Format.JSON;
  }

  boolean wide() {
    return wide;
  }

  /** The terminal as these options want it used. */
  Terminal terminal(Context context) {
    boolean colours =
        switch (color) {
          case AUTO -> context.terminal().colours();
          case ALWAYS -> true;
          case NEVER -> false;
        };
    return new Terminal(colours, wide ? 0 : context.terminal().width());
  }

  /** Prints JSON, indented; one document, ended by a line feed. */
  void print(Context context, JsonNode json) {
    context.out().println(json.toPrettyString());
    context.out().flush();
  }

  /** An id as people need it: enough to tell it from the others. */
  String id(String id) {
    int enough = 8;
    return wide || id.length() <= enough ? id : id.substring(0, enough);
  }
}
