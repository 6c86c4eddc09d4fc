package io.flotilla.chaos.harness;

import io.flotilla.chaos.cluster.NodeProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An edition of the product whose calendar clock can be set from outside, made as a {@link
 * SeededFault} is: no release has a way to do so. (libfaketime was tried: under it the JVMs of
 * nodes stood still for most of a minute.)
 *
 * <p>What is set is what the product takes from the calendar: the leader's stamps, by which keys
 * expire, and what TIME and CLIENT tell. Waits and elections go by {@code nanoTime}, which no
 * operating system lets anybody set.
 */
final class ClockEdition {
  private static final String CLOCKS = "node/src/main/java/io/flotilla/node/proposal/Clocks.java";
  private static final String DOOR = "node/src/main/java/io/flotilla/node/ClientDoor.java";

  private ClockEdition() {}

  static List<SeededFault.Edit> edits() {
    return List.of(
        new SeededFault.Edit(
            CLOCKS,
            "new Clocks(System::nanoTime, System::currentTimeMillis);",
            """
            new Clocks(System::nanoTime, Clocks::setFromOutside);

              private static volatile long aheadMillis;

              private static long setFromOutside() {
                return System.currentTimeMillis() + aheadMillis;
              }

              private static void look(java.nio.file.Path file) {
                try {
                  aheadMillis = Long.parseLong(java.nio.file.Files.readString(file).strip());
                } catch (java.io.IOException | NumberFormatException e) {
                  return; // It stays as it was.
                }
              }

              static {
                String name = System.getenv("%s");
                if (name != null) {
                  java.nio.file.Path file = java.nio.file.Path.of(name);
                  look(file);
                  Thread.ofPlatform().daemon().start(() -> {
                    while (true) {
                      look(file);
                      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                    }
                  });
                }
              }
            """
                .formatted(NodeProcesses.CLOCK)),
        new SeededFault.Edit(
            DOOR,
            "            System::currentTimeMillis);",
            "            io.flotilla.node.proposal.Clocks.SYSTEM.wallMillis());"));
  }

  /**
   * Makes it.
   *
   * @return the environment in which nodes are of this edition
   */
  static Map<String, String> make(Path root, Path real, Path place) throws IOException {
    Mutant.make("clocks", edits(), root, real, Files.createDirectories(place));
    return Map.of("FLOTILLA_DIST", Mutant.distribution(place).toString(), "FLOTILLA_AOT", "off");
  }
}
