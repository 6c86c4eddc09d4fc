package io.flotilla.cli;

import io.flotilla.proto.admin.GetConfigRequest;
import io.flotilla.proto.admin.GetConfigResponse;
import io.flotilla.proto.admin.ResetConfigRequest;
import io.flotilla.proto.admin.ResetConfigResponse;
import io.flotilla.proto.admin.SetConfigRequest;
import io.flotilla.proto.admin.SetConfigResponse;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla config}: settings of the cluster, and those of one node as it was started. */
@Command(name = "config", description = "Shows and changes settings.")
final class ConfigCommand {

  /** {@code flotilla config get}. */
  @Command(
      name = "get",
      description = "Shows the cluster's settings, and those of the answering node's file.")
  static final class Get implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "PATTERN",
        description = "A glob over names, as 'write.*'. Default: all.",
        defaultValue = "")
    private String pattern = "";

    Get(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        GetConfigRequest request = GetConfigRequest.newBuilder().setPattern(pattern).build();
        GetConfigResponse response = session.ask(s -> s.getConfig(request));
        ViewCommands.show(context, output, response, p -> p.config(response));
        if (response.getSettingsCount() == 0) {
          context.err().println("No setting has a name like \"" + pattern + "\".");
        }
        return ExitCode.OK.number();
      }
    }
  }

  /** {@code flotilla config set}. */
  @Command(name = "set", description = "Changes a setting of the whole cluster.")
  static final class Set implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "NAME", description = "The setting.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "VALUE", description = "Its new value.")
    private String value = "";

    @Option(
        names = "--expect-version",
        paramLabel = "VERSION",
        description =
            "Change it only if the settings still have this version, as `config get -o json` shows it.")
    private long expectedVersion;

    Set(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        SetConfigRequest request =
            SetConfigRequest.newBuilder()
                .setName(name)
                .setValue(value)
                .setExpectedVersion(expectedVersion)
                .build();
        SetConfigResponse response = session.change(s -> s.setConfig(request));
        ViewCommands.show(
            context,
            output,
            response,
            p ->
                name
                    + " is "
                    + value
                    + " on all nodes; before: "
                    + Words.orNothing(response.getPreviousValue())
                    + ".\n");
        return ExitCode.OK.number();
      }
    }
  }

  /** {@code flotilla config reset}. */
  @Command(
      name = "reset",
      description = "Takes a setting of the whole cluster back to its default.")
  static final class Reset implements Callable<Integer> {
    private final Context context;
    @Mixin private ConnectionOptions connection = new ConnectionOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "NAME", description = "The setting.")
    private String name = "";

    @Option(
        names = "--expect-version",
        paramLabel = "VERSION",
        description =
            "Reset it only if the settings still have this version, as `config get -o json` shows it.")
    private long expectedVersion;

    Reset(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (AdminSession session = connection.open(context)) {
        ResetConfigRequest request =
            ResetConfigRequest.newBuilder()
                .setName(name)
                .setExpectedVersion(expectedVersion)
                .build();
        ResetConfigResponse response = session.change(s -> s.resetConfig(request));
        ViewCommands.show(
            context,
            output,
            response,
            p ->
                name
                    + " is "
                    + Words.orNothing(response.getDefaultValue())
                    + " on all nodes, its default; before: "
                    + Words.orNothing(response.getPreviousValue())
                    + ".\n");
        return ExitCode.OK.number();
      }
    }
  }
}
