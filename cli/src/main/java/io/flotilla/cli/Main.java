package io.flotilla.cli;

/** The process's beginning and end. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its {@link ExitCode}. */
  public static void main(String[] args) {
    Context context = Context.ofProcess();
    int exitCode = Flotilla.commandLine(context).execute(args);
    context.out().flush();
    context.err().flush();
    System.exit(exitCode);
  }
}
