package io.flotilla.node.commands;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Glob;

/** Names by Redis's glob patterns, in any case. */
final class Patterns {
  private Patterns() {}

  static boolean matches(String pattern, String name) {
    return new Glob(Ascii.bytes(pattern), true).matches(Ascii.bytes(name));
  }
}
