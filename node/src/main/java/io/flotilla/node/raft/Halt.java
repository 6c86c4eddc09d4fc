package io.flotilla.node.raft;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the process for a reason after which this node must not go on: a machine that threw at
 * apply, a log that cannot be written, a Raft server that closed itself.
 *
 * <p>Going on would be worse: an {@code Error} at apply leaves a half-changed state that disagrees
 * with the other replicas, and fsync that failed once must never be believed again (ARCHITECTURE
 * §11). A supervisor restarts the process, which then replays its log or refuses. A seam only
 * because tests must outlive what they observe; after it returned, the group in question takes no
 * further step.
 */
@FunctionalInterface
public interface Halt {
  /** Exit status of a node that halted itself: EX_SOFTWARE of sysexits.h. */
  int EXIT_STATUS = 70;

  /** Ends the process; any thread; says why first. */
  void halt(String why, @Nullable Throwable cause);

  /**
   * The real end: logs, then stops the virtual machine without shutdown hooks, which could wait for
   * what is broken.
   */
  static Halt ofProcess() {
    Logger log = LoggerFactory.getLogger(Halt.class);
    return (why, cause) -> {
      log.error("halting this node: {}", why, cause);
      System.err.println("flotilla: halting this node: " + why);
      Runtime.getRuntime().halt(EXIT_STATUS);
    };
  }
}
