package io.flotilla.node;

import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.NodeConfig;
import java.nio.file.Path;

/**
 * The entrance of a node's process. So far it reads the settings and says so; it serves nothing
 * yet.
 */
public final class Main {
  /** Exit code for a wrong command line or wrong settings, as in sysexits.h. */
  private static final int EXIT_USAGE = 64;

  /** Exit code for a service that is not there, as in sysexits.h. */
  private static final int EXIT_UNAVAILABLE = 69;

  private Main() {}

  /** Takes {@code --config FILE}. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    if (arguments.length != 2 || !arguments[0].equals("--config")) {
      System.err.println("usage: flotilla node --config FILE");
      return EXIT_USAGE;
    }
    try {
      NodeConfig.read(Path.of(arguments[1]));
      System.err.println(
          "flotilla: the settings are in order, but this build has no node to run with them");
      return EXIT_UNAVAILABLE;
    } catch (ConfigException e) {
      System.err.println("flotilla: " + e.getMessage());
      return EXIT_USAGE;
    }
  }
}
