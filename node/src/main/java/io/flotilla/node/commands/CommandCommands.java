package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Flag;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.KeySpec.Begin;
import io.flotilla.statemachine.command.KeySpec.Find;
import io.flotilla.statemachine.command.KeySpec.KeyFlag;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** COMMAND: the table, told to clients, which learn from it where keys stand. */
final class CommandCommands {
  private static final List<String> ACCESS_AND_UPDATE = List.of("RW", "access", "update");

  static final List<Row> ROWS =
      List.of(
          row(
                  "COMMAND [subcommand [argument ...]]",
                  "2.8.13",
                  "Returns detailed information about all commands.")
              .arity(-1)
              .tips("nondeterministic_output_order"),
          row("COMMAND COUNT", "2.8.13", "Returns a count of commands."),
          row(
                  "COMMAND DOCS [command-name [command-name ...]]",
                  "7.0.0",
                  "Returns documentary information about one, multiple or all commands.")
              .tips("nondeterministic_output_order"),
          row(
              "COMMAND GETKEYS command [arg ...]",
              "2.8.13",
              "Extracts the key names from an arbitrary command."),
          row(
              "COMMAND GETKEYSANDFLAGS command [arg ...]",
              "7.0.0",
              "Extracts the key names and access flags for an arbitrary command."),
          row("COMMAND HELP", "5.0.0", "Returns helpful text about the different subcommands."),
          row(
                  "COMMAND INFO [command-name [command-name ...]]",
                  "2.8.13",
                  "Returns information about one, multiple or all commands.")
              .tips("nondeterministic_output_order"),
          row(
                  "COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
                  "7.0.0",
                  "Returns a list of command names.")
              .tips("nondeterministic_output_order"));

  private final CommandTable table;

  CommandCommands(CommandTable table) {
    this.table = table;
  }

  private static Row row(String reference, String since, String summary) {
    return Row.node(reference)
        .since(since)
        .summary(summary)
        .complexity("O(N) where N is the number of commands to look up")
        .flags(LOADING, STALE);
  }

  void bind(Bindings bindings) {
    bindings
        .atOnce("command", Words.prompt((session, argv) -> info(table.commands())))
        .atOnce(
            "command|count",
            Words.prompt((session, argv) -> Reply.integer(table.commands().size())))
        .atOnce("command|docs", Words.prompt(this::docs))
        .atOnce("command|getkeys", Words.prompt((session, argv) -> keys(argv, false)))
        .atOnce("command|getkeysandflags", Words.prompt((session, argv) -> keys(argv, true)))
        .atOnce("command|info", Words.prompt(this::info))
        .atOnce("command|list", Words.prompt(this::list));
  }

  /** A command by its name, or a subcommand by {@code container|name}. */
  private @Nullable Command find(byte[] name) {
    String text = Ascii.text(name);
    int bar = text.indexOf('|');
    if (bar < 0) {
      return table.find(name);
    }
    Command container = table.find(Ascii.bytes(text.substring(0, bar)));
    return container == null
        ? null
        : container.subcommands().get(text.substring(bar + 1).toLowerCase(Locale.ROOT));
  }

  private Reply info(Session session, byte[][] argv) {
    if (argv.length == 2) {
      return info(table.commands());
    }
    List<Reply> infos = new ArrayList<>();
    for (int i = 2; i < argv.length; i++) {
      Command command = find(argv[i]);
      infos.add(command == null ? Reply.NIL : info(command));
    }
    return Reply.array(infos);
  }

  private static Reply info(Collection<Command> commands) {
    return Reply.array(commands.stream().map(CommandCommands::info).toList());
  }

  private static Reply info(Command command) {
    int[] range = command.legacyKeyRange();
    return Reply.array(
        Reply.bulk(command.fullName()),
        Reply.integer(command.arity()),
        words(command.flags().stream().map(Flag::redisName).toList()),
        Reply.integer(range[0]),
        Reply.integer(range[1]),
        Reply.integer(range[2]),
        words(command.categories().stream().map(category -> "@" + category.redisName()).toList()),
        bulks(command.tips()),
        new Reply.Set(command.keySpecs().stream().map(CommandCommands::spec).toList()),
        Reply.array(command.subcommands().values().stream().map(CommandCommands::info).toList()));
  }

  private static Reply words(List<String> words) {
    return new Reply.Set(words.stream().map(Reply.Simple::new).toList());
  }

  private static Reply bulks(List<String> texts) {
    return new Reply.Set(texts.stream().map(Reply::bulk).toList());
  }

  private static Reply flags(KeySpec spec) {
    List<String> words = new ArrayList<>();
    for (KeyFlag flag : KeyFlag.values()) {
      if (spec.flags().contains(flag)) {
        boolean brief = flag.name().length() == 2; // Redis writes RW RO OW RM in capitals
        words.add(brief ? flag.name() : flag.name().toLowerCase(Locale.ROOT));
      }
    }
    return words(words);
  }

  /** What this very call does with its key: of two commands the options decide. */
  private static Reply flags(Command command, byte[][] argv, KeySpec spec) {
    if (!spec.flags().contains(KeyFlag.VARIABLE_FLAGS)) {
      return flags(spec);
    }
    return switch (command.fullName()) {
      case "set" -> words(hasWord(argv, 3, "GET") ? ACCESS_AND_UPDATE : List.of("OW", "update"));
      case "bitfield" ->
          words(
              hasWord(argv, 2, "SET") || hasWord(argv, 2, "INCRBY")
                  ? ACCESS_AND_UPDATE
                  : List.of("RO", "access"));
      default -> flags(spec);
    };
  }

  private static boolean hasWord(byte[][] argv, int from, String upperCaseWord) {
    for (int i = from; i < argv.length; i++) {
      if (Ascii.spells(argv[i], upperCaseWord)) {
        return true;
      }
    }
    return false;
  }

  private static Reply spec(KeySpec spec) {
    Reply begin =
        switch (spec.begin()) {
          case Begin.Index index ->
              typed("index", List.of(Reply.bulk("index"), Reply.integer(index.place())));
          case Begin.Keyword keyword ->
              typed(
                  "keyword",
                  List.of(
                      Reply.bulk("keyword"), Reply.bulk(keyword.word()),
                      Reply.bulk("startfrom"), Reply.integer(keyword.from())));
          case Begin.Unknown unknown -> typed("unknown", List.of());
        };
    Reply find =
        switch (spec.find()) {
          case Find.Range range ->
              typed(
                  "range",
                  List.of(
                      Reply.bulk("lastkey"), Reply.integer(range.last()),
                      Reply.bulk("keystep"), Reply.integer(range.step()),
                      Reply.bulk("limit"), Reply.integer(range.limit())));
          case Find.Number number ->
              typed(
                  "keynum",
                  List.of(
                      Reply.bulk("keynumidx"), Reply.integer(number.count()),
                      Reply.bulk("firstkey"), Reply.integer(number.first()),
                      Reply.bulk("keystep"), Reply.integer(number.step())));
          case Find.Unknown unknown -> typed("unknown", List.of());
        };
    return new Reply.Map(
        List.of(
            Reply.bulk("flags"), flags(spec),
            Reply.bulk("begin_search"), begin,
            Reply.bulk("find_keys"), find));
  }

  private static Reply typed(String type, List<Reply> spec) {
    return new Reply.Map(
        List.of(Reply.bulk("type"), Reply.bulk(type), Reply.bulk("spec"), new Reply.Map(spec)));
  }

  private Reply docs(Session session, byte[][] argv) {
    List<Reply> docs = new ArrayList<>();
    if (argv.length == 2) {
      table.commands().forEach(command -> addDocs(docs, command));
    }
    for (int i = 2; i < argv.length; i++) {
      Command command = find(argv[i]);
      if (command != null) {
        addDocs(docs, command);
      }
    }
    return new Reply.Map(docs);
  }

  private static void addDocs(List<Reply> docs, Command command) {
    docs.add(Reply.bulk(command.fullName()));
    List<Reply> doc = new ArrayList<>();
    addDoc(doc, "summary", command.summary());
    addDoc(doc, "since", command.since());
    addDoc(doc, "group", command.group());
    if (!command.complexity().isEmpty()) {
      addDoc(doc, "complexity", command.complexity());
    }
    int nameWords = command.fullName().split("\\|", -1).length;
    List<Synopsis.Argument> arguments = Synopsis.of(command.reference(), nameWords);
    if (!arguments.isEmpty()) {
      doc.add(Reply.bulk("arguments"));
      doc.add(Synopsis.told(arguments, command.keySpecs().size()));
    }
    if (!command.subcommands().isEmpty()) {
      List<Reply> subcommands = new ArrayList<>();
      command.subcommands().values().forEach(subcommand -> addDocs(subcommands, subcommand));
      doc.add(Reply.bulk("subcommands"));
      doc.add(new Reply.Map(subcommands));
    }
    docs.add(new Reply.Map(doc));
  }

  private static void addDoc(List<Reply> doc, String name, String value) {
    doc.add(Reply.bulk(name));
    doc.add(Reply.bulk(value));
  }

  private Reply keys(byte[][] argv, boolean withFlags) {
    byte[][] asked = java.util.Arrays.copyOfRange(argv, 2, argv.length);
    Command command = table.find(asked);
    if (command == null) {
      return Reply.error("ERR Invalid command specified");
    }
    if (command.keySpecs().isEmpty()) {
      return Reply.error("ERR The command has no key arguments");
    }
    if (!command.acceptsCount(asked.length)) {
      return Reply.error("ERR Invalid number of arguments specified for command");
    }
    int[] places = command.keyPlaces(asked);
    if (places == null) {
      return Reply.error("ERR Invalid arguments specified for command");
    }
    List<Reply> keys = new ArrayList<>();
    for (int place : places) {
      Reply key = Reply.bulk(asked[place]);
      keys.add(
          withFlags ? Reply.array(key, flags(command, asked, specOf(command, asked, place))) : key);
    }
    return keys.isEmpty() ? Reply.error("ERR The command has no key arguments") : Reply.array(keys);
  }

  /**
   * The spec that finds the key at this place; the last one where only the command's own finder
   * knows it.
   */
  private static KeySpec specOf(Command command, byte[][] argv, int place) {
    for (KeySpec spec : command.keySpecs()) {
      for (int each : command.keyPlaces(argv, spec)) {
        if (each == place) {
          return spec;
        }
      }
    }
    return command.keySpecs().get(command.keySpecs().size() - 1);
  }

  private Reply list(Session session, byte[][] argv) {
    Predicate<Command> wanted = command -> true;
    if (argv.length == 5 && Words.upper(argv[2]).equals("FILTERBY")) {
      String value = Ascii.text(argv[4]);
      switch (Words.upper(argv[3])) {
        case "MODULE" -> wanted = command -> false;
        case "ACLCAT" -> {
          AclCategory category = category(value);
          wanted = command -> category != null && command.categories().contains(category);
        }
        case "PATTERN" -> wanted = command -> Patterns.matches(value, command.fullName());
        default -> {
          return Errors.SYNTAX;
        }
      }
    } else if (argv.length != 2) {
      return Errors.SYNTAX;
    }
    return Reply.array(
        table.all().stream()
            .filter(wanted)
            .map(command -> Reply.bulk(command.fullName()))
            .toList());
  }

  private static @Nullable AclCategory category(String name) {
    for (AclCategory category : AclCategory.values()) {
      if (category.redisName().equalsIgnoreCase(name)) {
        return category;
      }
    }
    return null;
  }
}
