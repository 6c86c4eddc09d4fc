package io.flotilla.cli;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.flotilla.proto.admin.ClusterStatus;
import io.flotilla.proto.admin.DrainResponse;
import io.flotilla.proto.admin.GetConfigResponse;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.ImportReport;
import io.flotilla.proto.admin.InitResponse;
import io.flotilla.proto.admin.ListNodesResponse;
import io.flotilla.proto.admin.ListShardsResponse;
import io.flotilla.proto.admin.ListSlotsResponse;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ResetConfigResponse;
import io.flotilla.proto.admin.SetConfigResponse;
import io.flotilla.proto.admin.StopResponse;
import io.flotilla.proto.admin.TakeSnapshotResponse;
import io.flotilla.proto.admin.TransferLeaderResponse;
import io.flotilla.proto.admin.VerifyResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;

/**
 * The reference page of the command line, made from the commands and from the messages; a test
 * keeps docs/reference/cli.md equal to it.
 */
final class CliReference {
  private static final int WIDTH = 100;

  private CliReference() {}

  private static Map<String, Descriptor> answers() {
    Map<String, Descriptor> answers = new LinkedHashMap<>();
    answers.put("status", ClusterStatus.getDescriptor());
    answers.put("nodes", ListNodesResponse.getDescriptor());
    answers.put("shards", ListShardsResponse.getDescriptor());
    answers.put("slots", ListSlotsResponse.getDescriptor());
    answers.put("verify", VerifyResponse.getDescriptor());
    answers.put("transfer-leader", TransferLeaderResponse.getDescriptor());
    answers.put("snapshot", TakeSnapshotResponse.getDescriptor());
    answers.put("import", ImportReport.getDescriptor());
    answers.put("config get", GetConfigResponse.getDescriptor());
    answers.put("config set", SetConfigResponse.getDescriptor());
    answers.put("config reset", ResetConfigResponse.getDescriptor());
    answers.put("node show", Identity.getDescriptor());
    answers.put("node replace", ReplaceNodeProgress.getDescriptor());
    answers.put("node drain", DrainResponse.getDescriptor());
    answers.put("node undrain", DrainResponse.getDescriptor());
    answers.put("node stop", StopResponse.getDescriptor());
    answers.put("init", InitResponse.getDescriptor());
    return answers;
  }

  /** The page in Markdown. */
  static String markdown(CommandLine root) {
    StringBuilder page = new StringBuilder();
    page.append("# The command line\n\n");
    page.append("Made from the code (`io.flotilla.cli`); a test keeps it true.\n\n");
    page.append("## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (ExitCode code : ExitCode.values()) {
      page.append("| ").append(code.number()).append(" | ").append(code.meaning()).append(" |\n");
    }
    page.append("\n## Commands\n");
    commands(page, root);
    page.append("\n## JSON\n\n");
    page.append("With `--output json` a command prints one document: the answer of the admin API");
    page.append(" with the field names of `admin.proto`, which says what each means.\n");
    page.append("Every field is always there. A name once released keeps its meaning.");
    page.append(" `node replace` prints one document a line, as each state is reached.\n");
    page.append("`up` and `down` are of this machine and have documents of their own, below.\n");
    page.append("A failure is an object on standard error: `error` (a stable word), `message`,");
    page.append(" `exit_code`.\n\n| command | document |\n|---|---|\n");
    Map<String, Descriptor> answers = answers();
    answers.forEach((command, message) ->
        page.append("| `").append(command).append("` | ").append(message.getName()).append(" |\n"));
    page.append("| `up` | `directory`, `shards`, `replicas`, `took_millis`, `nodes`: a list of");
    page.append(" `name`, `pid`, `running`, `started`, `client`, `admin`, `http`, `log` |\n");
    page.append("| `down` | `directory`, `nodes`: a list of `name`, `pid`, `state`");
    page.append(" (stopped, not-running, killed or running) |\n");
    messages(page, answers);
    return page.toString();
  }

  private static void commands(StringBuilder page, CommandLine line) {
    page.append("\n### ").append(line.getCommandSpec().qualifiedName()).append("\n\n```\n");
    line.setUsageHelpWidth(WIDTH);
    page.append(
        line.getUsageMessage(CommandLine.Help.Ansi.OFF)
            .lines()
            .map(String::stripTrailing)
            .collect(Collectors.joining("\n")));
    page.append("\n```\n");
    Set<CommandLine> subs = new LinkedHashSet<>(line.getSubcommands().values());
    subs.forEach(sub -> commands(page, sub));
  }

  private static void messages(StringBuilder page, Map<String, Descriptor> answers) {
    Set<Descriptor> seen = new LinkedHashSet<>(answers.values());
    Deque<Descriptor> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      Descriptor message = open.removeFirst();
      page.append("\n### ").append(message.getName()).append("\n\n| field | value |\n|---|---|\n");
      for (FieldDescriptor field : message.getFields()) {
        page.append("| `")
            .append(field.getName())
            .append("` | ")
            .append(field.isRepeated() ? "list of " : "")
            .append(type(field))
            .append(" |\n");
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && seen.add(field.getMessageType())) {
          open.addLast(field.getMessageType());
        }
      }
    }
  }

  private static String type(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getName() + (field.isRepeated() ? "" : " or null");
      case ENUM ->
          field.getEnumType().getValues().stream()
              .map(CliReference::word)
              .collect(Collectors.joining(" "));
      case BOOLEAN -> "true or false";
      case INT, LONG, FLOAT, DOUBLE -> "number";
      case STRING, BYTE_STRING -> "text";
    };
  }

  private static String word(EnumValueDescriptor value) {
    return "`" + MessageJson.word(value) + "`";
  }
}
