package io.flotilla.bench;

/**
 * What clients do: one row of the table.
 *
 * @param kind which commands
 * @param clients how many connections
 * @param pipeline how many commands a connection sends before it waits
 * @param keys how many keys there are, drawn evenly
 */
record Load(Kind kind, int clients, int pipeline, int keys) {
  /** Values are of this many bytes. */
  static final int VALUE_BYTES = 64;

  /** Which commands. */
  enum Kind {
    SET,
    GET,
    /** GET and SET in turn within each pipeline. */
    MIXED
  }

  @Override
  public String toString() {
    return kind + " c=" + clients + " P=" + pipeline;
  }
}
