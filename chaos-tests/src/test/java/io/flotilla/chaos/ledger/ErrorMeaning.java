package io.flotilla.chaos.ledger;

/**
 * What an error reply says about the command that it answers: the table of the architecture's
 * section on writes, as a client reads it.
 */
public enum ErrorMeaning {
  /** Not done; ask the node that the error names. */
  MOVED,
  /** Not done, and the same may succeed in a moment. */
  NOT_NOW,
  /** Nobody knows. */
  UNKNOWN,
  /** Done, in the sense that the command ran and this is its answer. */
  ANSWER;

  public static ErrorMeaning of(String error) {
    String code = error.split(" ", 2)[0];
    return switch (code) {
      case "MOVED" -> MOVED;
      case "CLUSTERDOWN", "TRYAGAIN", "LOADING", "OOM", "UNBLOCKED" -> NOT_NOW;
      case "TIMEOUT" -> UNKNOWN;
      case "ERR" -> error.startsWith("ERR overloaded") ? NOT_NOW : ANSWER;
      default -> ANSWER;
    };
  }
}
