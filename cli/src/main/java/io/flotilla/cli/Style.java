package io.flotilla.cli;

/** How a cell looks where there are colours; without them only its words count. */
enum Style {
  PLAIN(""),
  STRONG("\u001b[1m"),
  FAINT("\u001b[2m"),
  GOOD("\u001b[32m"),
  WARNING("\u001b[33m"),
  BAD("\u001b[31m");

  private static final String RESET = "\u001b[0m";

  private final String start;

  Style(String start) {
    this.start = start;
  }

  String paint(String text, boolean colours) {
    return !colours || start.isEmpty() || text.isEmpty() ? text : start + text + RESET;
  }
}
