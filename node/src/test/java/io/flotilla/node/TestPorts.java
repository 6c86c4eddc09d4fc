package io.flotilla.node;

import java.io.IOException;
import java.net.ServerSocket;

/** Ports for tests of all packages, by {@link FreePort}. */
public final class TestPorts {
  private TestPorts() {}

  /** A port that was free a moment ago. */
  public static int one() throws IOException {
    try (ServerSocket socket = FreePort.hold()) {
      return socket.getLocalPort();
    }
  }
}
