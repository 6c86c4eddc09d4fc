package io.flotilla.cli;

/**
 * What the command line's JVM does while it learns for the start-up cache (bin/lib/aot.sh): it
 * plans and starts a cluster whose nodes end at once, and asks a running node for its status.
 *
 * <p>Called by the node's own training, with a directory of its own and the address of a node:
 *
 * <pre>
 *   java -XX:AOTCacheOutput=FILE -Dflotilla.launcher=/usr/bin/true … io.flotilla.cli.TrainingRun DIRECTORY HOST:PORT
 * </pre>
 */
public final class TrainingRun {
  /** Away from the ports where clusters are: `up` looks whether they are free. */
  private static final String PORT = "58000";

  private TrainingRun() {}

  /** Runs the training; exit code 0 if the node answered. */
  public static void main(String[] arguments) {
    Context context = Context.ofProcess();
    int started =
        Flotilla.commandLine(context)
            .execute("up", "--dir", arguments[0], "--port", PORT, "--timeout", "1s");
    int asked = Flotilla.commandLine(context).execute("status", "--endpoint", arguments[1]);
    context.out().flush();
    context.err().flush();
    System.exit(
        started == ExitCode.LOCAL_FAILURE.number() && asked == ExitCode.OK.number()
            ? ExitCode.OK.number()
            : asked);
  }
}
