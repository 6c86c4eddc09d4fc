package io.flotilla.node;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port for a node that lives for a moment. Not one that the system chooses: it chooses among
 * those that it gives to outgoing connections as well, and takes it back for one before the node is
 * up.
 */
final class FreePort {
  /** Above what services usually hold, below what Linux takes for outgoing connections. */
  private static final int LOWEST = 10_000;

  private static final int HIGHEST = 32_000;
  private static final int ATTEMPTS = 200;

  private FreePort() {}

  /** Holds a port of the loopback address that was free; it is free again when this is closed. */
  static ServerSocket hold() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
        return socket;
      } catch (BindException taken) {
        socket.close();
      }
    }
    throw new BindException("none of " + ATTEMPTS + " ports tried is free");
  }
}
