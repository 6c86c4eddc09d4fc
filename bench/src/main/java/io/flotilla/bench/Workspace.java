package io.flotilla.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Directories, ports and waits of a run. The data of all targets is on one file system, so that one
 * fsync costs the same for all; it goes when the run ends.
 */
final class Workspace implements AutoCloseable {
  /** Above what services usually hold; with all offsets below Linux's outgoing ports. */
  private static final int LOWEST_PORT = 10_000;

  private static final int HIGHEST_PORT = 21_000;
  private static final int ATTEMPTS = 500;

  private final Path directory;

  Workspace() {
    try {
      directory = Files.createTempDirectory("flotilla-bench-").toRealPath();
    } catch (IOException e) {
      throw new BenchException("no temporary directory: " + e, e);
    }
  }

  /** A directory of its own for a target. */
  Path directory(String name) {
    try {
      return Files.createDirectories(directory.resolve(name));
    } catch (IOException e) {
      throw new BenchException("no directory for " + name + ": " + e, e);
    }
  }

  /** A first port from which, at each of these offsets, so many ports are free. */
  static int ports(int count, int... offsets) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int first = ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT);
      if (IntStream.of(offsets)
          .flatMap(offset -> IntStream.range(first + offset, first + offset + count))
          .allMatch(Workspace::isFree)) {
        return first;
      }
    }
    throw new BenchException("no free ports found");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits until something is so. */
  static void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new BenchException("waited " + patience.toSeconds() + " s in vain: " + what);
      }
      pause(Duration.ofMillis(20));
    }
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("bench: " + directory + " could not be removed: " + e);
    }
  }
}
