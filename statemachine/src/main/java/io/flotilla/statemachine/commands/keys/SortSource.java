package io.flotilla.statemachine.commands.keys;

import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What SORT takes elements from.
 *
 * @param size the number of elements
 * @param hasOrder whether the collection's own order means something: that of a list or of scores
 * @param elements the elements in that order
 */
record SortSource(long size, boolean hasOrder, Range elements) {
  private static final Reply.Error WRONG_TYPE =
      new Reply.Error("WRONGTYPE Operation against a key holding the wrong kind of value");

  /** A run of elements. */
  @FunctionalInterface
  interface Range {
    /** Shows {@code count} elements from a place on. */
    void forEach(long from, long count, Consumer<byte[]> visitor);
  }

  /** The source that a key's value is; nothing where there is none. */
  static SortSource of(@Nullable Value value) {
    return switch (value) {
      case null -> new SortSource(0, true, (from, count, visitor) -> {});
      case ListValue list -> new SortSource(list.size(), true, list::forEach);
      case SetValue set -> new SortSource(set.size(), false, set::forEach);
      case SortedSetValue set ->
          new SortSource(
              set.size(),
              true,
              (from, count, visitor) ->
                  set.visitRange(from, count, false, (member, score) -> visitor.accept(member)));
      case StringValue string -> throw new CommandException(WRONG_TYPE);
      case HashValue hash -> throw new CommandException(WRONG_TYPE);
      case StreamValue stream -> throw new CommandException(WRONG_TYPE);
    };
  }

  /** Elements from {@code from} to {@code to}, exclusive, in a list that may be changed. */
  List<byte[]> elements(long from, long to) {
    List<byte[]> run = new ArrayList<>((int) (to - from));
    elements.forEach(from, to - from, run::add);
    return run;
  }
}
