package io.flotilla.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What this machine's ports are doing. */
final class Ports {
  /** Loopback answers at once or not at all. */
  private static final int CONNECT_MILLIS = 500;

  /**
   * How often a port is looked at again, and how long apart: a process has no command line any
   * more, and so looks ended, some milliseconds before the kernel closes its sockets.
   */
  private static final int LOOKS = 40;

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

  /** What passes the time between two looks. */
  interface Pause {
    void pass(Duration duration) throws InterruptedException;
  }

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

  /**
   * As {@link #taken}, but what is let go within two seconds, as by a process that ends, is free.
   */
  static List<String> takenForGood(List<NodePlan> nodes) throws InterruptedException {
    return takenForGood(nodes, duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos()));
  }

  static List<String> takenForGood(List<NodePlan> nodes, Pause pause) throws InterruptedException {
    List<String> taken = taken(nodes);
    for (int look = 1; look < LOOKS && !taken.isEmpty(); look++) {
      pause.pass(BETWEEN_LOOKS);
      taken = taken(nodes);
    }
    return taken;
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
