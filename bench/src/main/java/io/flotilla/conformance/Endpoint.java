package io.flotilla.conformance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** Where the server that is judged listens. */
record Endpoint(String host, int port) {
  /** Above what services usually hold, and with all offsets below Linux's outgoing ports. */
  private static final int LOWEST_PORT = 10_000;

  private static final int HIGHEST_PORT = 31_000;
  private static final int ATTEMPTS = 500;

  static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      return new Endpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new ConformanceException("not of the form host:port: " + text, e);
    }
  }

  /** A port that is free, as are so many below it. */
  static int freePort(int below) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT);
      if (IntStream.rangeClosed(port - below, port).allMatch(Endpoint::isFree)) {
        return port;
      }
    }
    throw new ConformanceException("no free ports found");
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
