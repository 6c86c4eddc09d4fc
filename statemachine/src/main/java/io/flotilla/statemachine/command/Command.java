package io.flotilla.statemachine.command;

import io.flotilla.statemachine.command.KeySpec.Begin;
import io.flotilla.statemachine.command.KeySpec.Find;
import io.flotilla.statemachine.reply.Reply;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One command: its row in the table, compiled.
 *
 * <p>Made by {@link Row}; immutable. A container ({@code OBJECT}, {@code CLIENT}) has subcommands
 * and no body of its own, unless it can be called bare ({@code COMMAND}).
 */
public final class Command {
  private static final int[] NO_PLACES = {};

  private final String fullName;
  private final String reference;
  private final String group;
  private final int arity;
  private final Set<Flag> flags;
  private final Set<AclCategory> categories;
  private final List<KeySpec> keySpecs;
  private final String summary;
  private final String since;
  private final String complexity;
  private final List<String> tips;
  private final Body body;
  private final Map<String, Command> subcommands;
  private final boolean writes;
  private final boolean quick;
  private final int onlyKeyPlace;
  private final @Nullable KeyFinder keyFinder;

  Command(Row row, Map<String, Command> subcommands) {
    this.fullName = row.fullName();
    this.reference = row.reference();
    this.group = row.group();
    this.arity = row.arity();
    this.keySpecs = List.copyOf(row.keySpecs());
    this.flags = Collections.unmodifiableSet(row.flags());
    this.categories = Collections.unmodifiableSet(row.categories());
    this.summary = row.summary();
    this.since = row.since();
    this.complexity = row.complexity();
    this.tips = List.copyOf(row.tips());
    this.body = row.body();
    this.subcommands = Collections.unmodifiableMap(subcommands);
    this.keyFinder = row.keyFinder();
    this.writes = body instanceof Body.Write;
    this.quick = flags.contains(Flag.FAST) || complexity.equals("O(1)");
    this.onlyKeyPlace =
        keySpecs.size() == 1
                && keySpecs.get(0).begin() instanceof Begin.Index index
                && keySpecs.get(0).find() instanceof Find.Range range
                && range.last() == 0
            ? index.place()
            : -1;
  }

  /** Finds the keys of a command whose specifications cannot say where they are. */
  @FunctionalInterface
  public interface KeyFinder {
    /** Adds the places of the keys; false if the arguments do not say clearly where they are. */
    boolean find(byte[][] argv, KeySpec.PlaceList places);
  }

  /** Who answers a command. */
  public sealed interface Body {
    /** A shard's machine, on the leader, without the log. */
    record Read(ReadFunction function) implements Body {}

    /** Every replica of a shard, through the log. */
    record Write(WriteFunction function) implements Body {}

    /** The node that holds the connection; what it does is bound there. */
    record Node() implements Body {}

    /** Anybody, with this reply whatever the state: HELP. */
    record Fixed(Reply reply) implements Body {}

    /** Nobody: a container that needs a subcommand. */
    record Container() implements Body {}
  }

  /**
   * The name in lower case, as Redis shows it; a subcommand's behind its container's and a bar:
   * {@code object|encoding}.
   */
  public String fullName() {
    return fullName;
  }

  /** The line by which it was declared, as in Redis's reference: {@code GET key}. */
  public String reference() {
    return reference;
  }

  /** The group in Redis's documentation: {@code string}, {@code generic} … */
  public String group() {
    return group;
  }

  /**
   * The number of arguments with the name; negative: at least that many. For a subcommand, with the
   * container's name too.
   */
  public int arity() {
    return arity;
  }

  /** What is true of it. */
  public Set<Flag> flags() {
    return flags;
  }

  /** The access categories. */
  public Set<AclCategory> categories() {
    return categories;
  }

  /** Where its keys stand. */
  public List<KeySpec> keySpecs() {
    return keySpecs;
  }

  /** One line on what it does. */
  public String summary() {
    return summary;
  }

  /** The Redis version that first had it. */
  public String since() {
    return since;
  }

  /** Its cost, in words. */
  public String complexity() {
    return complexity;
  }

  /**
   * Whether its time is constant or grows with the logarithm, for each of its arguments: what Redis
   * calls fast, and what it does not, as SET, because memory may have to be made for it.
   */
  public boolean isQuick() {
    return quick;
  }

  /** Redis's tips for routers, such as {@code request_policy:all_shards}. */
  public List<String> tips() {
    return tips;
  }

  /** Who answers it. */
  public Body body() {
    return body;
  }

  /** Subcommands by their lower-case name; empty unless it is a container. */
  public Map<String, Command> subcommands() {
    return subcommands;
  }

  /** Whether it goes through the log. */
  public boolean writes() {
    return writes;
  }

  /** Whether the number of arguments is right. */
  public boolean acceptsCount(int count) {
    return arity >= 0 ? count == arity : count >= -arity;
  }

  /** Whether this flag holds. */
  public boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /**
   * The places of the keys among these arguments, whose number fits the arity; null if the
   * arguments do not say clearly where the keys are (a count that is no number or too large): the
   * command will refuse them.
   */
  public int @Nullable [] keyPlaces(byte[][] argv) {
    if (keySpecs.isEmpty()) {
      return NO_PLACES;
    }
    KeySpec.PlaceList places = new KeySpec.PlaceList();
    if (keyFinder != null) {
      return keyFinder.find(argv, places) ? places.toArray() : null;
    }
    for (KeySpec spec : keySpecs) {
      if (!spec.find(argv, places)) {
        return null;
      }
    }
    return places.toArray();
  }

  /** The places of the keys that one of its specs finds; none where the arguments do not fit it. */
  public int[] keyPlaces(byte[][] argv, KeySpec spec) {
    KeySpec.PlaceList places = new KeySpec.PlaceList();
    return spec.find(argv, places) ? places.toArray() : NO_PLACES;
  }

  /**
   * The place of the one key that it always has, or −1 if it may have none or more: the quick way
   * for most commands.
   */
  public int onlyKeyPlace() {
    return onlyKeyPlace;
  }

  /**
   * The first, last and step of its keys as Redis's older clients want them: 0, 0, 0 without keys.
   */
  public int[] legacyKeyRange() {
    if (keySpecs.isEmpty()) {
      return new int[] {0, 0, 0};
    }
    int first = Integer.MAX_VALUE;
    int last = 0;
    int step = 1;
    for (KeySpec spec : keySpecs) {
      if (spec.begin() instanceof Begin.Index index && spec.find() instanceof Find.Range range) {
        int end = range.last() >= 0 ? index.place() + range.last() : range.last();
        if (first == Integer.MAX_VALUE) {
          first = index.place();
          last = end;
          step = range.step();
        } else if (last >= 0 && index.place() == last + 1) {
          last = end; // COPY's source and destination stand in two specs and are one range
        }
      }
    }
    return first == Integer.MAX_VALUE ? new int[] {0, 0, 0} : new int[] {first, last, step};
  }

  @Override
  public String toString() {
    return fullName;
  }

  /** Flags as an enum set, for tests and for showing. */
  static EnumSet<Flag> none() {
    return EnumSet.noneOf(Flag.class);
  }
}
