package io.flotilla.node.config;

/**
 * An initial member: its name and where its admin service listens, as in {@code n1=127.0.0.1:7300}.
 */
public record Member(String name, HostPort admin) {
  static Member parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("\"" + text + "\" is not name=host:port");
    }
    return new Member(
        text.substring(0, equals).strip(), HostPort.parse(text.substring(equals + 1).strip()));
  }

  @Override
  public String toString() {
    return name + "=" + admin;
  }
}
