package io.flotilla.node.config;

import java.util.List;

/** A configuration that a node does not start on: all that is wrong with it, one sentence each. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String source;
  private final transient List<String> problems;

  public ConfigException(String source, List<String> problems) {
    super(source + ": " + String.join("; ", problems));
    this.source = source;
    this.problems = List.copyOf(problems);
  }

  /** The file in which it is. */
  public String source() {
    return source;
  }

  /** What is wrong. */
  public List<String> problems() {
    return problems;
  }
}
