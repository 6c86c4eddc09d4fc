package io.flotilla.chaos.witness;

import java.util.List;
import java.util.Optional;

/** The one script of the workloads, as EVAL and as a function: a register's compare-and-set. */
public final class Script {
  /** Of a register that was never set. */
  private static final String NEVER_SET = "0";

  private static final String BODY =
      "if (redis.call('GET', KEYS[1]) or '0') == ARGV[1] then"
          + " redis.call('SET', KEYS[1], ARGV[2]) return 1 else return 0 end";

  /** For FUNCTION LOAD. */
  public static final String LIBRARY =
      "#!lua name=flotillachaos\n"
          + "redis.register_function('flotillachaos', function(KEYS, ARGV) "
          + BODY
          + " end)\n";

  private static final int WORDS = 6;

  private Script() {}

  /** A call, by FCALL or by EVAL; it answers 1 if it took place and else 0. */
  public static String[] compareAndSet(String key, long expected, long value, boolean isFunction) {
    return new String[] {
      isFunction ? "FCALL" : "EVAL",
      isFunction ? "flotillachaos" : BODY,
      "1",
      key,
      Long.toString(expected),
      Long.toString(value)
    };
  }

  /** The key that a command is about; of several, the first. */
  static String keyOf(List<String> command) {
    return command.get(isCall(command) ? 3 : 1);
  }

  private static boolean isCall(List<String> command) {
    return command.getFirst().equals("EVAL") || command.getFirst().equals("FCALL");
  }

  /**
   * What the register holds after this call.
   *
   * @param held what it held before; empty if it was never set
   * @return empty if the call changes nothing
   */
  static Optional<String> run(List<String> command, Optional<String> held) {
    if (command.size() != WORDS) {
      throw new IllegalArgumentException("not the workloads' script: " + command);
    }
    return held.orElse(NEVER_SET).equals(command.get(4))
        ? Optional.of(command.get(5))
        : Optional.empty();
  }
}
