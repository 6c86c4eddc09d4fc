package io.flotilla.chaos.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** First ports from which a whole cluster's ports are free, by the rule of `flotilla up`. */
public final class FreePorts {
  private static final int STRIDE = 100;
  private static final int LISTENERS = 5;

  /** Above what services usually hold, below what Linux takes for outgoing connections. */
  private static final int LOWEST = 10_000;

  private static final int HIGHEST = 32_000;
  private static final int ATTEMPTS = 200;

  private FreePorts() {}

  /** A first port for this many nodes; free now, which is all that can be said. */
  public static int forNodes(int nodes) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int first = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      boolean free =
          IntStream.range(0, LISTENERS)
              .flatMap(l -> IntStream.range(0, nodes).map(n -> first + l * STRIDE + n))
              .allMatch(FreePorts::isFree);
      if (free) {
        return first;
      }
    }
    throw new AssertionError("no free ports found");
  }

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
