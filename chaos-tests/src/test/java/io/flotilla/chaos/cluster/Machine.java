package io.flotilla.chaos.cluster;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What this machine lets a chaos run do beyond processes: small disks. */
public final class Machine {
  private static final int COMMAND_SECONDS = 20;
  private static final int BALLAST_BLOCK_BYTES = 1 << 16;
  private static final System.Logger logger = System.getLogger(Machine.class.getName());

  private Machine() {}

  /** Whether a file system of a given size can be mounted here, which takes root. */
  public static boolean canMount() {
    try {
      Path place = Files.createTempDirectory("flotilla-mount-");
      boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place.toString());
      if (mounted) {
        unmount(place);
      }
      Files.delete(place);
      return mounted;
    } catch (IOException e) {
      return false;
    }
  }

  /** Mounts a file system of this size in memory. */
  static void mount(Path place, int mebibytes) {
    if (!run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", place.toString())) {
      throw new AssertionError("no file system can be mounted on " + place);
    }
  }

  static void unmount(Path place) {
    if (!run("umount", place.toString())) {
      throw new AssertionError(place + " cannot be unmounted");
    }
  }

  /** Leaves no room on a small disk. */
  static void fill(Path disk) {
    byte[] block = new byte[BALLAST_BLOCK_BYTES];
    try (OutputStream ballast = Files.newOutputStream(ballast(disk))) {
      while (true) {
        ballast.write(block);
      }
    } catch (IOException full) {
      logger.log(System.Logger.Level.DEBUG, "the disk is full, as it is to be", full);
    }
  }

  /** Gives the room back, if it was taken. */
  static void empty(Path disk) {
    try {
      Files.deleteIfExists(ballast(disk));
    } catch (IOException e) {
      throw new AssertionError("the ballast cannot be removed", e);
    }
  }

  private static Path ballast(Path disk) {
    return disk.resolve("ballast");
  }

  private static boolean run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
