package io.flotilla.statemachine.fuzz;

import java.util.List;

/**
 * Where ours and theirs part.
 *
 * @param at the step's place
 * @param kind what differs
 * @param line the command whose answers differ; a look's own one
 * @param ours our answer, shown
 * @param theirs their answer, shown
 */
record Difference(int at, Kind kind, Line line, String ours, String theirs) {
  /** What differs. */
  enum Kind {
    /** The replies. */
    REPLY,
    /** The key events. */
    EVENTS,
    /** Ours threw something. */
    FAULT,
    /** Theirs has died. */
    ORACLE
  }

  /** Differences of one signature are likely of one cause. */
  String signature() {
    return kind + " " + line.name();
  }

  /** Both answers, cut to what a person reads. */
  List<String> shown() {
    return List.of("ours:   " + cut(ours), "theirs: " + cut(theirs));
  }

  private static String cut(String text) {
    return text.length() > 2000 ? text.substring(0, 2000) + "…" : text;
  }
}
