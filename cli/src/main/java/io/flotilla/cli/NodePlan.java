package io.flotilla.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One node of a local cluster: its name and the five ports that it listens on.
 *
 * @param name {@code n1}, {@code n2}, …
 * @param host the address that all its listeners bind to
 */
record NodePlan(String name, String host, int client, int raft, int peer, int admin, int http) {

  /** The ports by what they are for, in the order of the configuration. */
  Map<String, Integer> ports() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("client", client);
    ports.put("raft", raft);
    ports.put("peer", peer);
    ports.put("admin", admin);
    ports.put("http", http);
    return ports;
  }

  HostPort clientEndpoint() {
    return new HostPort(host, client);
  }

  HostPort adminEndpoint() {
    return new HostPort(host, admin);
  }

  HostPort httpEndpoint() {
    return new HostPort(host, http);
  }

  static List<String> portNames() {
    return List.of("client", "raft", "peer", "admin", "http");
  }
}
