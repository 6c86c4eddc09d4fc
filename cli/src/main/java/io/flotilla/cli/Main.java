package io.flotilla.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entrance of the command line. */
@Command(
    name = "flotilla",
    description = "Redis Cluster where an acknowledged write is never lost.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = CommandLine.HelpCommand.class)
public final class Main {
  Main() {}

  /** Runs one command and exits with its code: 0 done, 1 failed, 2 not understood. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  /** The version that the build wrote into the jar. */
  static final class Version implements CommandLine.IVersionProvider {
    Version() {}

    @Override
    public String[] getVersion() {
      @Nullable String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"flotilla " + Optional.ofNullable(version).orElse("(not from a jar)")};
    }
  }
}
