package io.flotilla.chaos.witness;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.resp.RespValue;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Something that a client said over the wire, and what it was told: as bytes, before any workload
 * makes sense of it.
 *
 * @param commands one, or those between MULTI and EXEC
 * @param isTransaction whether MULTI and EXEC stood around them
 * @param answer as {@link #text}; null unless it was answered
 * @param isFailed whether it was certainly not done
 * @param isRetried whether the client may have said it several times, and tells the last answer
 * @param endedNanos {@link Long#MAX_VALUE} unless it was answered or certainly not done
 */
public record Spoken(
    List<List<String>> commands,
    boolean isTransaction,
    @Nullable String answer,
    boolean isFailed,
    boolean isRetried,
    long invokedNanos,
    long endedNanos) {
  private static final Set<String> WRITES =
      Set.of(
          "SET", "INCRBY", "DECRBY", "RPUSH", "LPUSH", "RPOP", "LPOP", "SADD", "SPOP", "EVAL",
          "FCALL");

  /** From what a client knows when it has read an answer, or has given up. */
  public static Spoken of(
      List<List<String>> commands,
      boolean isTransaction,
      Ending<RespValue> ending,
      boolean isRetried,
      long invokedNanos,
      long endedNanos) {
    return switch (ending) {
      case Ending.Ok<RespValue> ok ->
          new Spoken(
              commands,
              isTransaction,
              answer(commands, isTransaction, ok.result()),
              false,
              isRetried,
              invokedNanos,
              endedNanos);
      case Ending.Fail<RespValue> fail ->
          new Spoken(commands, isTransaction, null, true, isRetried, invokedNanos, endedNanos);
      case Ending.Info<RespValue> info ->
          new Spoken(commands, isTransaction, null, false, isRetried, invokedNanos, Long.MAX_VALUE);
    };
  }

  private static String answer(
      List<List<String>> commands, boolean isTransaction, RespValue reply) {
    if (!isTransaction) {
      return text(commands.getFirst(), reply);
    }
    if (!(reply instanceof RespValue.Array array) || array.elements().size() != commands.size()) {
      return text(List.of("EXEC"), reply);
    }
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < commands.size(); i++) {
      text.append(i == 0 ? "" : " ").append(text(commands.get(i), array.elements().get(i)));
    }
    return text.append(']').toString();
  }

  /** A reply to this command as text; members of sets stand in order, for they have none. */
  static String text(List<String> command, RespValue reply) {
    return switch (reply) {
      case RespValue.Simple simple -> simple.text();
      case RespValue.Number number -> ":" + number.value();
      case RespValue.Bulk bulk -> "\"" + bulk.text();
      case RespValue.Null nothing -> "nil";
      case RespValue.Failure failure -> "-" + failure.text();
      case RespValue.Array array -> {
        List<String> elements = array.elements().stream().map(e -> text(command, e)).toList();
        yield "["
            + String.join(
                " ",
                command.getFirst().equals("SMEMBERS")
                    ? elements.stream().sorted().toList()
                    : elements)
            + "]";
      }
    };
  }

  /** What it is called in a log. */
  String name() {
    return name(commands, isTransaction);
  }

  static String name(List<List<String>> commands, boolean isTransaction) {
    return commands.stream().map(c -> String.join(" ", c)).collect(Collectors.joining("; "))
        + (isTransaction ? " (EXEC)" : "");
  }

  /** Whether it stands in a log where it was done. */
  boolean isWrite() {
    return commands.stream().anyMatch(c -> WRITES.contains(c.getFirst()));
  }

  boolean isAnswered() {
    return answer != null;
  }
}
