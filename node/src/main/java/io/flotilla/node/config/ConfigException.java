package io.flotilla.node.config;

import java.util.List;

/** A configuration that a node does not start on: all that is wrong with it, one sentence each. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  public ConfigException(String source, List<String> problems) {
    super(source + ": " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong. */
  public List<String> problems() {
    return problems;
  }
}
