package io.flotilla.bench;

import java.util.List;

/** A server, or a cluster of them, under load. */
interface Target extends AutoCloseable {
  /** A short name for tables and files. */
  String name();

  /** What it is and how it was started, for whoever reads the figures. */
  String description();

  /** Where a client begins; for a target that is no cluster to its clients, where it ends too. */
  int port();

  /** How many servers clients go to; each has keys of its own. */
  int leaders();

  /** Whether clients must follow slots. */
  default boolean clustered() {
    return leaders() > 1;
  }

  /** The processes that make it up. */
  List<ProcessHandle> processes();

  @Override
  void close();
}
