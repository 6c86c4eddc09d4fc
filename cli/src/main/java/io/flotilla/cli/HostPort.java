package io.flotilla.cli;

import io.flotilla.proto.admin.Endpoint;
import java.util.ArrayList;
import java.util.List;

/** A host and a port, as in {@code 127.0.0.1:7300} or {@code [::1]:7300}. */
record HostPort(String host, int port) {
  /** Reads one; the message of the exception is for people. */
  static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw new IllegalArgumentException("\"" + text + "\" is not host:port");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "\"" + text + "\": write an IPv6 address in brackets, [::1]:7300");
    }
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + text + "\": the port is not a number", e);
    }
    if (host.isEmpty() || port < 1 || port > 65535) {
      throw new IllegalArgumentException("\"" + text + "\": ports go from 1 to 65535");
    }
    return new HostPort(host, port);
  }

  /** Reads several, separated by commas or white space. */
  static List<HostPort> parseList(String text) {
    List<HostPort> list = new ArrayList<>();
    for (String part : text.strip().split("[,\\s]+", -1)) {
      if (!part.isEmpty()) {
        list.add(parse(part));
      }
    }
    return list;
  }

  static HostPort of(Endpoint endpoint) {
    return new HostPort(endpoint.getHost(), endpoint.getPort());
  }

  Endpoint toEndpoint() {
    return Endpoint.newBuilder().setHost(host).setPort(port).build();
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
