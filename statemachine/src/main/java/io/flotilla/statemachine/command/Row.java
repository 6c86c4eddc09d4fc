package io.flotilla.statemachine.command;

import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.Command.KeyFinder;
import io.flotilla.statemachine.command.KeySpec.KeyFlag;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A command's row: the reference line, who answers, and what the line cannot say.
 *
 * <pre>{@code
 * write("ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]", SortedSetAdd::zadd)
 *     .summary("Adds members to a sorted set, or moves their scores.").flags(DENYOOM, FAST)
 * }</pre>
 *
 * <p>From the line come the name (the leading upper-case words: one, or two for a subcommand), the
 * arity (what is not in brackets counts; brackets make it a minimum) and the places of the keys:
 * {@code key}, {@code source}, {@code destination} and {@code newkey} in their places, {@code key
 * [key ...]} to the end, {@code key value [key value ...]} in steps, {@code numkeys key [key ...]}
 * by number. Group, type and flags give the access categories. What does not fit is told by an
 * override.
 */
public final class Row {
  private static final List<String> KEY_WORDS = List.of("key", "newkey", "source", "destination");

  private final String reference;
  private final Body body;
  private final EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
  private final EnumSet<AclCategory> categories = EnumSet.noneOf(AclCategory.class);
  private final EnumSet<AclCategory> withoutCategories = EnumSet.noneOf(AclCategory.class);
  private final List<String> tips = new ArrayList<>();
  private final String[] words;
  private int mostNameWords = Integer.MAX_VALUE;
  private String group = "";
  private String summary = "";
  private String since = "1.0.0";
  private String complexity = "";
  private int arity;
  private List<KeySpec> keySpecs;
  private @Nullable KeyFinder keyFinder;

  private Row(String reference, Body body) {
    this.reference = reference;
    this.body = body;
    this.words = reference.split(" ", -1);
    this.arity = arityOf(reference);
    switch (body) {
      case Body.Read read -> flags.add(Flag.READONLY);
      case Body.Write write -> flags.add(Flag.WRITE);
      case Body.Node node -> {}
      case Body.Fixed fixed -> {}
      case Body.Container container -> {}
    }
    this.keySpecs = keySpecsOf(reference);
  }

  /** A command that reads. */
  public static Row read(String reference, ReadFunction function) {
    return new Row(reference, new Body.Read(function));
  }

  /** A command that writes. */
  public static Row write(String reference, WriteFunction function) {
    return new Row(reference, new Body.Write(function));
  }

  /** A command that the node answers. */
  public static Row node(String reference) {
    return new Row(reference, new Body.Node());
  }

  /** A command that is always answered the same, by whoever is asked. */
  public static Row fixed(String reference, Reply reply) {
    return new Row(reference, new Body.Fixed(reply));
  }

  /** A command that is there only for its subcommands. */
  public static Row container(String name) {
    Row row = new Row(name, new Body.Container());
    row.arity = -2;
    return row;
  }

  /** Ends the name after so many words, where a word in capitals follows that is an argument. */
  public Row nameOf(int nameWords) {
    mostNameWords = nameWords;
    return this;
  }

  /** One line on what it does. */
  public Row summary(String line) {
    summary = line;
    return this;
  }

  /** The Redis version that first had it. */
  public Row since(String version) {
    since = version;
    return this;
  }

  /** Its cost, in words. */
  public Row complexity(String words) {
    complexity = words;
    return this;
  }

  /** Flags beyond read and write. */
  public Row flags(Flag... more) {
    flags.addAll(Arrays.asList(more));
    return this;
  }

  /**
   * Takes away flags that its kind would bring (READONLY of commands that only look at the
   * keyspace's frame).
   */
  public Row withoutFlags(Flag... fewer) {
    flags.removeAll(Arrays.asList(fewer));
    return this;
  }

  /** Categories beyond those that follow from group, kind and flags. */
  public Row categories(AclCategory... more) {
    categories.addAll(Arrays.asList(more));
    return this;
  }

  /** Takes away the family's category, of the few commands that do not share it. */
  public Row withoutCategories(AclCategory... fewer) {
    withoutCategories.addAll(Arrays.asList(fewer));
    return this;
  }

  /** Tips for routers. */
  public Row tips(String... more) {
    tips.addAll(Arrays.asList(more));
    return this;
  }

  /** Key places where the reference line does not tell them. */
  public Row keys(KeySpec... specs) {
    keySpecs = List.of(specs);
    return this;
  }

  /** How to find the keys where no specification can tell. */
  public Row keyFinder(KeyFinder finder) {
    keyFinder = finder;
    return this;
  }

  /**
   * What the command does to its keys, where that is not RO ACCESS of a read, RW UPDATE of a write.
   */
  public Row keyFlags(KeyFlag... keyFlags) {
    keySpecs =
        keySpecs.stream()
            .map(spec -> new KeySpec(spec.begin(), spec.find(), KeySpec.inOrder(keyFlags)))
            .toList();
    return this;
  }

  /** The arity where the reference line does not tell it. */
  public Row arity(int count) {
    arity = count;
    return this;
  }

  /**
   * This row as a command of its own that is in no table: for who asks a shard more than clients
   * can say.
   */
  public Command command() {
    return new Command(this, Map.of());
  }

  /** The group in Redis's documentation; a {@link Family} sets it for its rows. */
  public Row group(String name) {
    group = name;
    return this;
  }

  String reference() {
    return reference;
  }

  Body body() {
    return body;
  }

  String group() {
    return group;
  }

  String summary() {
    return summary;
  }

  String since() {
    return since;
  }

  String complexity() {
    return complexity;
  }

  List<String> tips() {
    return tips;
  }

  int arity() {
    return arity;
  }

  @Nullable KeyFinder keyFinder() {
    return keyFinder;
  }

  List<KeySpec> keySpecs() {
    return keySpecs;
  }

  EnumSet<Flag> flags() {
    EnumSet<Flag> all = EnumSet.copyOf(flags.isEmpty() ? EnumSet.noneOf(Flag.class) : flags);
    if (keySpecs.stream()
        .anyMatch(spec ->
            !(spec.begin() instanceof KeySpec.Begin.Index)
                || !(spec.find() instanceof KeySpec.Find.Range))) {
      all.add(Flag.MOVABLEKEYS);
    }
    return all;
  }

  /** Source: Redis's rules for implicit categories. */
  EnumSet<AclCategory> categories() {
    if (body instanceof Body.Container) {
      return EnumSet.of(AclCategory.SLOW); // what it contains has categories of its own
    }
    EnumSet<AclCategory> all = EnumSet.copyOf(categories);
    all.removeAll(withoutCategories);
    if (flags.contains(Flag.WRITE)) {
      all.add(AclCategory.WRITE);
    }
    if (flags.contains(Flag.READONLY) && !categories.contains(AclCategory.SCRIPTING)) {
      all.add(AclCategory.READ);
    }
    if (flags.contains(Flag.ADMIN)) {
      all.add(AclCategory.ADMIN);
      all.add(AclCategory.DANGEROUS);
    }
    if (flags.contains(Flag.PUBSUB)) {
      all.add(AclCategory.PUBSUB);
    }
    if (flags.contains(Flag.BLOCKING)) {
      all.add(AclCategory.BLOCKING);
    }
    all.add(flags.contains(Flag.FAST) ? AclCategory.FAST : AclCategory.SLOW);
    return all;
  }

  /** {@code get}, {@code object|encoding}. */
  String fullName() {
    return Arrays.stream(words)
        .takeWhile(Row::isName)
        .limit(mostNameWords)
        .map(word -> word.toLowerCase(Locale.ROOT))
        .collect(Collectors.joining("|"));
  }

  private static boolean isName(String word) {
    return !word.isEmpty()
        && word.chars()
            .allMatch(
                c -> (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
  }

  /**
   * The words outside brackets, with a choice in angle brackets counted as the words of its first
   * alternative.
   */
  private static List<String> required(String reference) {
    List<String> required = new ArrayList<>();
    int depth = 0;
    boolean skipping = false;
    for (String word :
        reference
            .replace("<", " < ")
            .replace(">", " > ")
            .replace("[", " [ ")
            .replace("]", " ] ")
            .trim()
            .split(" +", -1)) {
      switch (word) {
        case "[" -> depth++;
        case "]" -> depth--;
        case "<" -> skipping = false;
        case ">" -> skipping = false;
        case "|" -> skipping |= depth == 0;
        default -> {
          if (depth == 0 && !skipping) {
            required.add(word);
          }
        }
      }
    }
    return required;
  }

  private static int arityOf(String reference) {
    int required = required(reference).size();
    return reference.indexOf('[') >= 0 ? -required : required;
  }

  private List<KeySpec> keySpecsOf(String line) {
    KeyFlag[] keyFlags =
        flags.contains(Flag.WRITE)
            ? new KeyFlag[] {KeyFlag.RW, KeyFlag.UPDATE}
            : new KeyFlag[] {KeyFlag.RO, KeyFlag.ACCESS};
    List<String> required = required(line);
    List<KeySpec> specs = new ArrayList<>();
    for (int place = 1; place < required.size(); place++) {
      if (required.get(place).equals("numkeys")) {
        specs.add(KeySpec.numbered(place, keyFlags));
        return specs;
      }
      if (KEY_WORDS.contains(required.get(place))) {
        if (line.contains("[key ...]")) {
          specs.add(KeySpec.range(place, -1, 1, keyFlags));
          return specs;
        }
        if (line.contains("[key value ...]")) {
          specs.add(KeySpec.range(place, -1, 2, keyFlags));
          return specs;
        }
        specs.add(KeySpec.at(place, keyFlags));
      }
    }
    return specs;
  }

  /** Names that a row must not leave empty, for the table's own check. */
  Set<String> missing() {
    Set<String> missing = new TreeSet<>();
    if (summary.isEmpty()) {
      missing.add("summary");
    }
    if (group.isEmpty()) {
      missing.add("group");
    }
    return missing;
  }
}
