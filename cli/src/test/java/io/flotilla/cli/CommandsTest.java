package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.proto.admin.DrainResponse;
import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.ImportBegin;
import io.flotilla.proto.admin.ImportCounts;
import io.flotilla.proto.admin.ImportExisting;
import io.flotilla.proto.admin.ImportLeftOut;
import io.flotilla.proto.admin.ImportPlace;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportTypeCount;
import io.flotilla.proto.admin.InitRequest;
import io.flotilla.proto.admin.ListShardsRequest;
import io.flotilla.proto.admin.NodePhase;
import io.flotilla.proto.admin.ReplaceNodeProgress;
import io.flotilla.proto.admin.ReplaceNodeRequest;
import io.flotilla.proto.admin.ReplaceNodeState;
import io.flotilla.proto.admin.ResetConfigRequest;
import io.flotilla.proto.admin.SetConfigRequest;
import io.flotilla.proto.admin.TakeSnapshotRequest;
import io.flotilla.proto.admin.TransferLeaderRequest;
import io.flotilla.proto.admin.VerifyResponse;
import io.flotilla.proto.admin.VerifyVerdict;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Whole command lines against an admin service in this process: requests, output, exit codes. */
final class CommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory = Path.of("");

  private final String run = UUID.randomUUID().toString();
  private final List<Server> servers = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private final FakeAdmin admin = new FakeAdmin();

  /** Serves it as if at 127.0.0.1 and this port. */
  private void serve(int port, BindableService service) throws IOException {
    servers.add(
        InProcessServerBuilder.forName(run + "/127.0.0.1:" + port)
            .addService(service)
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, A> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                    String token =
                        headers.get(
                            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
                    tokens.add(token == null ? "none" : token);
                    return next.startCall(call, headers);
                  }
                })
            .build()
            .start());
  }

  @AfterEach
  void stop() {
    servers.forEach(Server::shutdownNow);
  }

  private int execute(String... args) {
    Context context =
        new Context(
            new PrintWriter(out),
            new PrintWriter(err),
            environment,
            directory,
            Terminal.PLAIN,
            endpoint -> InProcessChannelBuilder.forName(run + "/" + endpoint).build());
    return Flotilla.commandLine(context).execute(args);
  }

  private int executeAt7300(String... args) throws IOException {
    serve(7300, admin);
    environment.put("FLOTILLA_ENDPOINTS", "127.0.0.1:7300");
    return execute(args);
  }

  @Test
  void statusShowsTheClusterAndExitsByItsHealth() throws IOException {
    assertThat(executeAt7300("status")).isEqualTo(ExitCode.DEGRADED.number());
    assertThat(out.toString())
        .contains("degraded")
        .contains("Node n3 does not answer")
        .doesNotContain("\u001b");
    admin.status = Examples.healthy();
    assertThat(execute("status")).isEqualTo(0);
    admin.status = Examples.status().toBuilder().setHealth(Health.HEALTH_DOWN).build();
    assertThat(execute("status")).isEqualTo(ExitCode.DOWN.number());
  }

  @Test
  void jsonIsOneDocumentOfTheApisFields() throws IOException {
    assertThat(executeAt7300("status", "-o", "json")).isEqualTo(ExitCode.DEGRADED.number());
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.toString()).isEqualTo(MessageJson.of(Examples.status()).toString());
    assertThat(json.at("/nodes/2/reachable").asBoolean(true)).isFalse();
    assertThat(json.at("/health").asString()).isEqualTo("degraded");
  }

  @Test
  void theOtherViewsAsk() throws IOException {
    assertThat(executeAt7300("nodes")).isEqualTo(0);
    assertThat(execute("shards", "1", "--replicas", "--local")).isEqualTo(0);
    assertThat(execute("slots")).isEqualTo(0);
    assertThat(execute("config", "get", "write.*")).isEqualTo(0);
    assertThat(execute("node", "show")).isEqualTo(0);
    assertThat(admin.asked.get(1))
        .isEqualTo(ListShardsRequest.newBuilder().addShards("1").setLocalOnly(true).build());
    assertThat(out.toString()).contains("8191 slots have no owner").contains("write.linger-micros");
  }

  @Test
  void changesSayWhatTheyAskedFor() throws IOException {
    assertThat(executeAt7300("transfer-leader", "2", "--to", "n2", "--timeout", "3s")).isEqualTo(0);
    assertThat(out.toString())
        .isEqualTo("Shard 2: n2 leads in term 8, n1 before; it took 137 ms.\n");
    assertThat(execute("config", "set", "a.b", "c", "--expect-version", "12")).isEqualTo(0);
    assertThat(execute("config", "reset", "a.b", "--expect-version", "13")).isEqualTo(0);
    assertThat(out.toString()).endsWith("a.b is 128 on all nodes, its default; before: 500.\n");
    assertThat(execute("snapshot", "metadata", "--node", "n1", "--node", "n2")).isEqualTo(0);
    assertThat(execute("init", "127.0.0.1:7300", "127.0.0.1:7301", "--shards", "2")).isEqualTo(0);
    assertThat(admin.asked)
        .containsExactly(
            TransferLeaderRequest.newBuilder()
                .setShard("2")
                .setToNode("n2")
                .setTimeoutMillis(3000)
                .build(),
            SetConfigRequest.newBuilder()
                .setName("a.b")
                .setValue("c")
                .setExpectedVersion(12)
                .build(),
            ResetConfigRequest.newBuilder().setName("a.b").setExpectedVersion(13).build(),
            TakeSnapshotRequest.newBuilder()
                .addShards("metadata")
                .addNodes("n1")
                .addNodes("n2")
                .build(),
            InitRequest.newBuilder()
                .addAdmins(new HostPort("127.0.0.1", 7300).toEndpoint())
                .addAdmins(new HostPort("127.0.0.1", 7301).toEndpoint())
                .setShards(2)
                .build());
    assertThat(out.toString()).contains("leads in term 8").contains("it took 137 ms");
  }

  @ParameterizedTest
  @EnumSource(
      names = {"VERIFY_VERDICT_AGREE", "VERIFY_VERDICT_DIFFER", "VERIFY_VERDICT_INCOMPLETE"})
  void verifyExitsByItsVerdict(VerifyVerdict verdict) throws IOException {
    admin.verification = Examples.verification(verdict);
    ExitCode expected =
        switch (verdict) {
          case VERIFY_VERDICT_AGREE -> ExitCode.OK;
          case VERIFY_VERDICT_DIFFER -> ExitCode.DIVERGED;
          default -> ExitCode.INCOMPLETE;
        };
    assertThat(executeAt7300("verify")).isEqualTo(expected.number());
  }

  @Test
  void verifyCountsTheMetadataLikeAShard() throws IOException {
    VerifyResponse agree = Examples.verification(VerifyVerdict.VERIFY_VERDICT_AGREE);
    admin.verification = withMetadata(agree, VerifyVerdict.VERIFY_VERDICT_DIFFER);
    assertThat(executeAt7300("verify")).isEqualTo(ExitCode.DIVERGED.number());
    admin.verification = withMetadata(agree, VerifyVerdict.VERIFY_VERDICT_INCOMPLETE);
    assertThat(execute("verify")).isEqualTo(ExitCode.INCOMPLETE.number());
  }

  private static VerifyResponse withMetadata(VerifyResponse response, VerifyVerdict verdict) {
    return response.toBuilder()
        .setMetadata(response.getMetadata().toBuilder().setVerdict(verdict))
        .build();
  }

  @Test
  void verifyOfNothingIsNoProof() throws IOException {
    assertThat(executeAt7300("verify")).isEqualTo(ExitCode.INCOMPLETE.number());
  }

  @Test
  void aSnapshotThatOneReplicaDidNotTakeIsIncomplete() throws IOException {
    admin.snapshots = Examples.snapshots();
    assertThat(executeAt7300("snapshot")).isEqualTo(ExitCode.INCOMPLETE.number());
  }

  @ParameterizedTest
  @CsvSource({
    // code, reason in the trailers, outcome unknown there; exit codes of a view and of a change
    "INVALID_ARGUMENT,     bad,       false, 2, 2",
    "NOT_FOUND,            no-shard,  false, 1, 1",
    "FAILED_PRECONDITION,  unformed,  false, 1, 1",
    "ABORTED,              changed,   false, 1, 1",
    "UNAUTHENTICATED,      '',        false, 1, 1",
    "UNAVAILABLE,          no-leader, false, 3, 3",
    "UNAVAILABLE,          '',        false, 3, 4",
    "DEADLINE_EXCEEDED,    '',        false, 3, 4",
    "DEADLINE_EXCEEDED,    slow,      true,  4, 4",
    "INTERNAL,             fault,     true,  4, 4",
    "INTERNAL,             '',        false, 1, 4",
    "UNKNOWN,              '',        false, 1, 4",
  })
  void failuresLetTheCallerConcludeWhatHappened(
      Status.Code code, String reason, boolean unknown, int ofView, int ofChange)
      throws IOException {
    admin.fail(
        Status.fromCode(code).withDescription("Something about the cluster"), reason, unknown);
    assertThat(executeAt7300("slots")).isEqualTo(ofView);
    assertThat(execute("transfer-leader", "1")).isEqualTo(ofChange);
    assertThat(err.toString()).contains("flotilla: Something about the cluster.");
    if (ofChange == ExitCode.UNKNOWN_OUTCOME.number()) {
      assertThat(err.toString()).contains("look before trying again");
    }
  }

  @Test
  void aSettingThatThereIsNotCannotBeReset() throws IOException {
    admin.fail(
        Status.NOT_FOUND.withDescription("no setting of the cluster is called \"a.b\""),
        "unknown-setting",
        false);
    assertThat(executeAt7300("config", "reset", "a.b")).isEqualTo(1);
    assertThat(err.toString()).contains("setting of the cluster is called \"a.b\"");
    assertThat(out.toString()).isEmpty();
    assertThat(execute("config", "reset")).as("without a name").isEqualTo(2);
  }

  @Test
  void failuresAreJsonForPrograms() throws IOException {
    admin.fail(Status.NOT_FOUND.withDescription("There is no shard 9"), "unknown-shard", false);
    assertThat(executeAt7300("shards", "9", "--output", "json")).isEqualTo(1);
    JsonNode error = JSON.readTree(err.toString());
    assertThat(error.path("error").asString()).isEqualTo("unknown-shard");
    assertThat(error.path("message").asString()).isEqualTo("There is no shard 9.");
    assertThat(error.path("exit_code").asInt()).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aNodeThatServesIsPreferredToOneThatDoesNot() throws IOException {
    FakeAdmin unformed = new FakeAdmin();
    unformed.identity =
        unformed.identity.toBuilder().setPhase(NodePhase.NODE_PHASE_UNFORMED).build();
    serve(7301, unformed);
    serve(7302, admin);
    assertThat(
            execute("slots", "-e", "127.0.0.1:7301", "-e", "127.0.0.1:7302", "-e", "127.0.0.1:1"))
        .isEqualTo(0);
    assertThat(admin.asked).hasSize(1);
    assertThat(unformed.asked).isEmpty();
  }

  @Test
  void theTokenTravelsWithEveryCall() throws IOException {
    assertThat(executeAt7300("slots", "--token", "s3cret")).isEqualTo(0);
    environment.put("FLOTILLA_TOKEN", "other");
    assertThat(execute("slots")).isEqualTo(0);
    assertThat(tokens)
        .containsExactly("Bearer s3cret", "Bearer s3cret", "Bearer other", "Bearer other");
  }

  @Test
  void nobodyThereIsSaidWithEveryEndpoint() {
    assertThat(execute("status", "-e", "127.0.0.1:7300", "--endpoint", "127.0.0.1:7301"))
        .isEqualTo(ExitCode.UNREACHABLE.number());
    assertThat(err.toString())
        .contains("No node answers")
        .contains("127.0.0.1:7300")
        .contains("127.0.0.1:7301")
        .contains("Is the cluster running?");
  }

  @Test
  void withoutAnEndpointTheLocalClusterIsMeant() throws IOException {
    assertThat(execute("status")).isEqualTo(ExitCode.UNREACHABLE.number());
    assertThat(err.toString()).contains("there is none of `flotilla up` in");
    LocalCluster.at(directory.resolve(".flotilla"))
        .create(ClusterPlan.of(3, 0, 0, 7000), List.of());
    serve(7301, admin);
    assertThat(execute("slots")).isEqualTo(0);
  }

  @Test
  void drainAndStopGoToTheNodeItself() throws IOException {
    FakeAdmin second = new FakeAdmin();
    second.drained = DrainResponse.newBuilder().setTransferred(1).addStillLed(4).build();
    serve(7301, second);
    assertThat(executeAt7300("node", "drain", "n2")).isEqualTo(ExitCode.INCOMPLETE.number());
    assertThat(execute("node", "stop", Examples.N2)).isEqualTo(0);
    assertThat(second.asked).hasSize(2);
    assertThat(execute("node", "undrain", "n9")).isEqualTo(ExitCode.REFUSED.number());
    assertThat(err.toString()).contains("There is no node n9; there are n1, n2, n3.");
  }

  @Test
  void aReplacementTellsEachStateAsItIsReached() throws IOException {
    admin.progress =
        List.of(
            progress(ReplaceNodeState.REPLACE_NODE_STATE_REGISTERED, 0),
            progress(ReplaceNodeState.REPLACE_NODE_STATE_SHARD_MOVED, 2),
            progress(ReplaceNodeState.REPLACE_NODE_STATE_DONE, 0));
    assertThat(executeAt7300("node", "replace", "n3", "--with", "127.0.0.1:7303")).isEqualTo(0);
    assertThat(out.toString()).isEqualToNormalizingNewlines("registered\nshard-moved 2\ndone\n");
    assertThat(admin.asked)
        .containsExactly(
            ReplaceNodeRequest.newBuilder()
                .setOldNode("n3")
                .setNewAdmin(new HostPort("127.0.0.1", 7303).toEndpoint())
                .build());
  }

  @Test
  void aReplacementAtTheLostNodesAddressNeedsItsNameOnly() throws IOException {
    admin.progress = List.of(progress(ReplaceNodeState.REPLACE_NODE_STATE_DONE, 0));
    assertThat(executeAt7300("node", "replace", "n3")).isEqualTo(0);
    assertThat(admin.asked)
        .containsExactly(ReplaceNodeRequest.newBuilder().setOldNode("n3").build());
  }

  @Test
  void aReplacementThatBreaksOffIsOfUnknownOutcomeAndCanBeRepeated() throws IOException {
    admin.progress = List.of(progress(ReplaceNodeState.REPLACE_NODE_STATE_ADOPTED, 0));
    assertThat(executeAt7300("node", "replace", "n3", "--with", "127.0.0.1:7303"))
        .isEqualTo(ExitCode.UNKNOWN_OUTCOME.number());
    assertThat(err.toString()).contains("stopped at adopted");
  }

  private static ReplaceNodeProgress progress(ReplaceNodeState state, int shard) {
    return ReplaceNodeProgress.newBuilder().setState(state).setShardNumber(shard).build();
  }

  private static ImportProgress imported(long offset, long strings, boolean done) {
    return ImportProgress.newBuilder()
        .setPlace(ImportPlace.newBuilder().setOffset(offset).setRdbVersion(10))
        .setCounts(
            ImportCounts.newBuilder()
                .addTypes(
                    ImportTypeCount.newBuilder()
                        .setType("string")
                        .setKeys(strings)
                        .setElements(strings)))
        .setDone(done)
        .setRedisVersion("7.0.15")
        .build();
  }

  private Path dump() throws IOException {
    Path dump = directory.resolve("dump.rdb");
    Files.writeString(dump, "a whole dump");
    return dump;
  }

  @Test
  void anImportChecksTheFileThenLoadsItAndReports() throws IOException {
    dump();
    admin.imported = List.of(imported(12, 3, true));
    assertThat(executeAt7300("import", "dump.rdb", "--existing", "skip", "-o", "json")).isZero();
    assertThat(admin.files).containsExactly("0:a whole dump", "0:a whole dump");
    ImportBegin begin =
        ImportBegin.newBuilder().setExisting(ImportExisting.IMPORT_EXISTING_SKIP).build();
    assertThat(admin.asked).containsExactly(begin.toBuilder().setCheckOnly(true).build(), begin);
    JsonNode report = JSON.readTree(out.toString());
    assertThat(report.at("/counts/types/0/keys").asInt()).isEqualTo(3);
    assertThat(report.at("/redis_version").asString()).isEqualTo("7.0.15");
    assertThat(directory.resolve("dump.rdb.flotilla-import")).doesNotExist();
  }

  @Test
  void anImportGoesOnByItselfWhenTheNodeIsGone() throws IOException {
    dump();
    admin.imported = List.of(imported(7, 2, false), imported(12, 1, true));
    admin.breaks.set(1);
    assertThat(executeAt7300("import", "dump.rdb", "-o", "json")).isZero();
    assertThat(admin.files).containsExactly("0:a whole dump", "0:a whole dump", "7: dump");
    assertThat(JSON.readTree(out.toString()).at("/counts/types/0/keys").asInt()).isEqualTo(3);
  }

  @Test
  void anImportThatStoppedIsResumedWhenItIsAskedTo() throws IOException {
    Path dump = dump();
    admin.imported = List.of(imported(7, 2, false), imported(12, 1, true));
    admin.fail(Status.FAILED_PRECONDITION.withDescription("a key exists"), "key-exists", false);
    assertThat(executeAt7300("import", "dump.rdb")).isEqualTo(ExitCode.REFUSED.number());
    assertThat(admin.files).as("the check was refused already").hasSize(1);
    admin.failure = null;
    admin.files.clear();
    admin.failsLoads = true;
    assertThat(execute("import", "dump.rdb")).isEqualTo(ExitCode.PART_WAY.number());
    assertThat(err.toString()).contains("before byte 7 ").contains("--resume");
    admin.failsLoads = false;
    assertThat(execute("import", "dump.rdb")).isEqualTo(ExitCode.REFUSED.number());
    assertThat(err.toString()).contains("interrupted at byte 7");
    assertThat(execute("import", "dump.rdb", "--resume", "--existing", "skip"))
        .isEqualTo(ExitCode.USAGE.number());
    assertThat(execute("import", "dump.rdb", "--resume")).isZero();
    assertThat(admin.files.get(admin.files.size() - 1)).isEqualTo("7: dump");
    assertThat(out.toString()).contains("string     3").contains("Loaded and acknowledged");
    Files.writeString(dump, "another dump");
    assertThat(execute("import", "dump.rdb", "--resume")).isZero();
  }

  @Test
  void whatIsWrongWithTheFileIsSaidBeforeAnythingIsLoaded() throws IOException {
    dump();
    admin.fail(
        Status.INVALID_ARGUMENT.withDescription("it ends too early (at byte 9)"),
        "damaged-file",
        false);
    assertThat(executeAt7300("import", "dump.rdb")).isEqualTo(ExitCode.BAD_FILE.number());
    assertThat(err.toString()).contains("it ends too early (at byte 9). Nothing was loaded.");
    admin.failure = null;
    ImportProgress whole = imported(12, 3, true);
    admin.imported =
        List.of(
            whole.toBuilder()
                .setCounts(
                    whole.getCounts().toBuilder()
                        .setOtherDatabases(5)
                        .addLeftOut(
                            ImportLeftOut.newBuilder().setWhat("keys of database 3").setCount(5)))
                .build());
    assertThat(execute("import", "dump.rdb")).isEqualTo(ExitCode.BAD_FILE.number());
    assertThat(err.toString()).contains("The file has 5 keys of database 3, and");
    assertThat(execute("import", "dump.rdb", "--database", "0")).isZero();
    admin.imported =
        List.of(
            whole.toBuilder()
                .setCounts(
                    whole.getCounts().toBuilder()
                        .addLeftOut(
                            ImportLeftOut.newBuilder()
                                .setWhat("libraries of functions")
                                .setCount(1)
                                .setMissed(true)))
                .build());
    assertThat(execute("import", "dump.rdb")).isEqualTo(ExitCode.LEFT_OUT.number());
    assertThat(execute("import", "dump.rdb", "--check")).isEqualTo(ExitCode.LEFT_OUT.number());
    assertThat(out.toString()).contains("Checked, nothing loaded");
    assertThat(execute("import", "nothing.rdb")).isEqualTo(ExitCode.USAGE.number());
  }

  @Test
  void aCommandLineThatMakesNoSenseIsUsage() {
    assertThat(execute()).isEqualTo(2);
    assertThat(execute("stauts")).isEqualTo(2);
    assertThat(execute("status", "--endpoint", "nowhere")).isEqualTo(2);
    assertThat(execute("status", "--timeout", "soon")).isEqualTo(2);
    assertThat(execute("transfer-leader")).isEqualTo(2);
    assertThat(execute("up", "--nodes", "many")).isEqualTo(2);
    environment.put("FLOTILLA_ENDPOINTS", "nonsense");
    assertThat(execute("status")).isEqualTo(2);
    assertThat(err.toString())
        .contains("Which command?")
        .contains("Did you mean status or slots?")
        .contains("\"nowhere\" is not host:port")
        .contains("\"soon\" is not a duration")
        .contains("FLOTILLA_ENDPOINTS: \"nonsense\" is not host:port");
  }

  @Test
  void helpNamesTheExitCodesAndVersionTheProgram() {
    assertThat(execute("--help")).isEqualTo(0);
    for (ExitCode code : ExitCode.values()) {
      assertThat(out.toString()).contains(code.number() + "   ");
    }
    assertThat(execute("help", "up")).isEqualTo(0);
    assertThat(out.toString()).contains("Usage: flotilla up");
    assertThat(execute("--version")).isEqualTo(0);
    assertThat(out.toString()).contains("flotilla ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void completionKnowsTheCommands() {
    assertThat(execute("completion", "zsh")).isEqualTo(0);
    assertThat(out.toString())
        .contains("bashcompinit")
        .contains("transfer-leader")
        .contains("--endpoint");
    assertThat(execute("completion", "tcsh")).isEqualTo(2);
  }

  /** A script that does not parse, or that completes nothing, has all the words in it too. */
  @Test
  void bashCompletesWordsWithTheScript() throws Exception {
    assumeTrue(bash("exit 0").isPresent(), "there is no bash here to source the script");
    assertThat(execute("completion", "bash")).isEqualTo(0);
    Files.writeString(directory.resolve("completion"), out.toString());

    assertThat(completions("flotilla", "trans")).containsExactly("transfer-leader");
    assertThat(completions("flotilla", "node", "dr")).containsExactly("drain");
    assertThat(completions("flotilla", "node", "")).contains("show", "replace", "drain", "stop");
    assertThat(completions("flotilla", "up", "--no")).containsExactly("--nodes");
    assertThat(completions("flotilla", "nosuch")).isEmpty();
  }

  /** What a bash that has sourced the script offers when TAB is pressed behind the last word. */
  private List<String> completions(String... words) throws Exception {
    String typed =
        Arrays.stream(words).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    String offered =
        bash("compopt() { :; }\n" // it complains unless a real TAB is pressed
                + "source ./completion\n"
                + "spec=$(complete -p flotilla) && function=${spec##*-F } && function=${function%% *}\n"
                + ("COMP_WORDS=(" + typed + ") COMP_CWORD=" + (words.length - 1) + "\n")
                + ("COMP_LINE='" + String.join(" ", words) + "' COMP_POINT=${#COMP_LINE}\n")
                + ("$function flotilla '" + words[words.length - 1] + "' ''\n")
                + "printf '%s\\n' \"${COMPREPLY[@]}\"\n")
            .orElseThrow();
    return offered.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  /** What a bash of no settings says to a script; nothing where there is no bash. */
  private Optional<String> bash(String script) throws Exception {
    Path said = directory.resolve("bash.out");
    Process bash;
    try {
      bash =
          new ProcessBuilder("bash", "--noprofile", "--norc", "-c", script)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
    } catch (IOException none) {
      return Optional.empty();
    }
    assertThat(bash.waitFor(60, TimeUnit.SECONDS)).as("bash ends").isTrue();
    return Optional.of(Files.readString(said));
  }
}
