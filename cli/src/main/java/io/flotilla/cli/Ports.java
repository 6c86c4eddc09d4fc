package io.flotilla.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** What this machine's ports are doing. */
final class Ports {
  /** Loopback answers at once or not at all. */
  private static final int CONNECT_MILLIS = 500;

  private Ports() {}

  /** One sentence for every port of these nodes that somebody else holds. */
  static List<String> taken(List<NodePlan> nodes) {
    List<String> problems = new ArrayList<>();
    for (NodePlan node : nodes) {
      node.ports()
          .forEach((what, port) -> {
            if (!isFree(node.host(), port)) {
              problems.add("port " + port + " (" + what + " of " + node.name() + ")");
            }
          });
    }
    return problems;
  }

  private static boolean isFree(String host, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true); // as the node does: what only lingers in TIME_WAIT is free
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether somebody listens there. */
  static boolean isOpen(HostPort endpoint) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
