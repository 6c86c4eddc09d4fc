package io.flotilla.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code flotilla}: the root of all commands, and what they have in common.
 *
 * <p>Results go to standard output, everything else to standard error. With {@code --output json} a
 * failure is a JSON object too: {@code {"error": reason, "message": …, "exit_code": n}}.
 */
@Command(
    name = "flotilla",
    description = "Redis Cluster where an acknowledged write is never lost.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "Quick start:  flotilla up && redis-cli -c -p 7000 && flotilla down",
      "A single node:  flotilla node --config FILE"
    },
    versionProvider = Flotilla.Version.class)
final class Flotilla implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Flotilla() {}

  /** The command line, ready to be executed. */
  static CommandLine commandLine(Context context) {
    CommandLine line =
        new CommandLine(new Flotilla())
            .addSubcommand(new UpCommand(context))
            .addSubcommand(new DownCommand(context))
            .addSubcommand(new ViewCommands.StatusCommand(context))
            .addSubcommand(new ViewCommands.NodesCommand(context))
            .addSubcommand(new ViewCommands.ShardsCommand(context))
            .addSubcommand(new ViewCommands.SlotsCommand(context))
            .addSubcommand(new ChangeCommands.VerifyCommand(context))
            .addSubcommand(new ChangeCommands.TransferLeaderCommand(context))
            .addSubcommand(new ChangeCommands.SnapshotCommand(context))
            .addSubcommand(new ImportCommand(context))
            .addSubcommand(
                new CommandLine(new ConfigCommand())
                    .addSubcommand(new ConfigCommand.Get(context))
                    .addSubcommand(new ConfigCommand.Set(context))
                    .addSubcommand(new ConfigCommand.Reset(context)))
            .addSubcommand(
                new CommandLine(new NodeCommand())
                    .addSubcommand(new NodeCommand.Show(context))
                    .addSubcommand(new NodeCommand.Replace(context))
                    .addSubcommand(new NodeCommand.Drain(context))
                    .addSubcommand(new NodeCommand.Undrain(context))
                    .addSubcommand(new NodeCommand.Stop(context)))
            .addSubcommand(new ChangeCommands.InitCommand(context))
            .addSubcommand(new CompletionCommand(context))
            .addSubcommand(new CommandLine.HelpCommand());
    line.registerConverter(HostPort.class, text -> converted(text, HostPort::parse))
        .registerConverter(Duration.class, text -> converted(text, DurationText::parse))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setOut(context.out())
        .setErr(context.err())
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                context.terminal().colours()
                    ? CommandLine.Help.Ansi.ON
                    : CommandLine.Help.Ansi.OFF))
        .setParameterExceptionHandler((e, args) -> usageError(context, e))
        .setExecutionExceptionHandler((e, at, parsed) -> failure(context, e, parsed));
    if (context.terminal().width() > 0) {
      line.setUsageHelpWidth(Math.max(80, Math.min(140, context.terminal().width())));
    }
    everyCommand(line).forEach(Flotilla::addHelp);
    line.getCommandSpec()
        .exitCodeOnInvalidInput(ExitCode.USAGE.number())
        .usageMessage()
        .exitCodeList(
            ExitCode.helpLines().stream()
                .map(l -> l.split(":", 2))
                .collect(
                    Collectors.toMap(p -> " " + p[0], p -> p[1], (a, b) -> a, LinkedHashMap::new)));
    return line;
  }

  /** A value, or picocli's own exception with our words: it prints other ones with their class. */
  private static <T> T converted(String text, Function<String, T> parse) {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static List<CommandLine> everyCommand(CommandLine line) {
    List<CommandLine> all = new ArrayList<>(List.of(line));
    for (CommandLine sub : line.getSubcommands().values()) {
      all.addAll(everyCommand(sub));
    }
    return all;
  }

  private static void addHelp(CommandLine line) {
    if (!(line.getCommand() instanceof CommandLine.HelpCommand)) {
      line.getCommandSpec().mixinStandardHelpOptions(true);
      line.getCommandSpec().versionProvider(new Version());
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command? See `flotilla --help`.");
  }

  private static int usageError(Context context, ParameterException e) {
    String sentence =
        Objects.requireNonNullElse(e.getMessage(), "The command line is not understood");
    context.err().println("flotilla: " + sentence);
    List<String> similar =
        e instanceof CommandLine.UnmatchedArgumentException unmatched
            ? unmatched.getSuggestions()
            : List.of();
    if (!similar.isEmpty()) {
      context.err().println("Did you mean " + String.join(" or ", similar) + "?");
    }
    context
        .err()
        .println("See `" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help`.");
    context.err().flush();
    return ExitCode.USAGE.number();
  }

  private static int failure(Context context, Exception e, ParseResult parsed) {
    CliException failure =
        e instanceof CliException ours
            ? ours
            : new CliException(
                ExitCode.LOCAL_FAILURE,
                "internal",
                "A fault of this program: " + e + ". Please report it.",
                e);
    if (wantsJson(parsed)) {
      ObjectNode error = JsonNodeFactory.instance.objectNode();
      error.put("error", failure.reason());
      error.put("message", failure.sentence());
      error.put("exit_code", failure.exitCode().number());
      context.err().println(error);
    } else {
      context.err().println("flotilla: " + failure.sentence());
      if (!(e instanceof CliException)) {
        e.printStackTrace(context.err());
      }
    }
    context.err().flush();
    return failure.exitCode().number();
  }

  private static boolean wantsJson(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return last.matchedOptionValue("--output", OutputOptions.Format.TABLE)
        == OutputOptions.Format.JSON;
  }

  /** The version of this build, as the jar's manifest names it. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Flotilla.class.getPackage().getImplementationVersion();
      return new String[] {
        "flotilla " + (version == null ? "(not from a jar)" : version),
        "Java " + Runtime.version() + " on " + System.getProperty("os.name")
      };
    }
  }
}
