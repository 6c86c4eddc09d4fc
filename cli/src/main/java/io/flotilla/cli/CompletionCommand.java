package io.flotilla.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code flotilla completion}: the script that completes commands and options in a shell. */
@Command(
    name = "completion",
    description = {
      "Prints a script that completes commands and options in a shell.",
      "In ~/.bashrc or ~/.zshrc:  source <(flotilla completion bash)"
    })
final class CompletionCommand implements Callable<Integer> {
  /** The shells that are known. */
  enum Shell {
    bash,
    zsh
  }

  private final Context context;

  @Parameters(index = "0", paramLabel = "bash|zsh", description = "The shell.")
  private Shell shell = Shell.bash;

  @Spec private CommandSpec spec = CommandSpec.create();

  CompletionCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (shell == Shell.zsh) {
      context.out().println("autoload -Uz compinit bashcompinit && compinit && bashcompinit");
    }
    context.out().print(AutoComplete.bash("flotilla", spec.root().commandLine()));
    context.out().flush();
    return ExitCode.OK.number();
  }
}
