package io.flotilla.node.resp;

/** The protocol version of a connection: 2 until a {@code HELLO} says otherwise. */
public enum Protocol {
  /** The protocol of Redis 2.0 to 5: strings, errors, integers, arrays. */
  RESP2(2),
  /** The protocol since Redis 6: maps, sets, doubles, nulls, pushes. */
  RESP3(3);

  private final int version;

  Protocol(int version) {
    this.version = version;
  }

  /** The number that HELLO takes and tells. */
  public int version() {
    return version;
  }
}
