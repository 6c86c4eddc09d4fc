package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.command.Family;
import io.flotilla.statemachine.commands.strings.Strings;
import java.util.List;

/** The families that transcripts are run with: add yours. */
final class Families {
  static final List<Family> ALL = List.of(Strings.FAMILY);

  private Families() {}
}
