package io.flotilla.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why: a node that starts on a mistaken file runs with limits that nobody chose. */
final class NodeConfigTest {
  private static final String LEAST = "node: {name: n1, directory: /data}\n";

  private static NodeConfig parse(String text) throws ConfigException {
    return NodeConfig.parse("test.yaml", text);
  }

  private static List<String> problems(String text) {
    ConfigException e = catchThrowableOfType(ConfigException.class, () -> parse(text));
    assertThat(e).as("refused:\n%s", text).isNotNull();
    return e.problems();
  }

  @Test
  void theLeastFileTakesEveryDefault() throws ConfigException {
    NodeConfig config = parse(LEAST);
    assertThat(config.of(Keys.NODE_NAME)).isEqualTo("n1");
    assertThat(config.of(Keys.LISTEN_CLIENT)).isEqualTo(new HostPort("127.0.0.1", 6379));
    for (Key<?> key : Keys.all()) {
      assertThat((Object) config.of(key)).as(key.name()).isNotNull();
    }
  }

  @Test
  void aWholeFileIsRead() throws ConfigException {
    NodeConfig config =
        parse(
            """
            node:
              name: n2
              directory: /data/n2
            cluster:
              members: [n1=10.0.0.1:7300, "n2=10.0.0.2:7300"]
              shards: 6
            listen:
              client: 0.0.0.0:7000
              admin: "10.0.0.2:7300"
              raft: "[::1]:7100"
            advertise.client: 10.0.0.2:7000
            admin:
              token-file: /etc/flotilla/token
            raft:
              transport: grpc
            """);
    assertThat(config.of(Keys.CLUSTER_MEMBERS))
        .containsExactly(
            new Member("n1", new HostPort("10.0.0.1", 7300)),
            new Member("n2", new HostPort("10.0.0.2", 7300)));
    assertThat(config.of(Keys.CLUSTER_SHARDS)).isEqualTo(6);
    assertThat(config.advertised(Keys.LISTEN_CLIENT, Keys.ADVERTISE_CLIENT))
        .isEqualTo(new HostPort("10.0.0.2", 7000));
    assertThat(config.advertised(Keys.LISTEN_RAFT, Keys.ADVERTISE_RAFT)).hasToString("[::1]:7100");
    assertThat(config.of(Keys.RAFT_TRANSPORT)).isEqualTo(RaftTransport.GRPC);
  }

  @Test
  void anUnknownKeyNamesTheNearestKnownOne() {
    assertThat(problems(LEAST + "listen: {cleint: 127.0.0.1:7000}\n"))
        .containsExactly("unknown key listen.cleint; the nearest known one is listen.client");
  }

  @Test
  void everyProblemIsToldAtOnce() {
    assertThat(problems("cluster: {shards: many, replicas: 9}\nx: 1\n"))
        .hasSize(5)
        .anySatisfy(p -> assertThat(p).contains("node.name is missing"))
        .anySatisfy(p -> assertThat(p).contains("node.directory is missing"))
        .anySatisfy(p -> assertThat(p).contains("cluster.shards").contains("not a whole number"))
        .anySatisfy(p -> assertThat(p).contains("cluster.replicas").contains("0 to 7"))
        .anySatisfy(p -> assertThat(p).contains("unknown key x"));
  }

  @Test
  void contradictoryValuesNameBothSettings() {
    assertThat(
            problems(LEAST + "disk: {refuse-writes-percent: 96, give-up-leadership-percent: 95}\n"))
        .singleElement()
        .asString()
        .contains("disk.refuse-writes-percent 96")
        .contains("disk.give-up-leadership-percent 95");
    assertThat(problems(LEAST + "raft: {election-min-millis: 2000}\n"))
        .singleElement()
        .asString()
        .contains("raft.election-min-millis 2000")
        .contains("raft.election-max-millis 1000");
    assertThat(problems(LEAST + "listen: {client: 127.0.0.1:7000, peer: 127.0.0.1:7000}\n"))
        .singleElement()
        .asString()
        .contains("listen.client")
        .contains("listen.peer")
        .contains("7000");
    assertThat(problems(LEAST + "listen: {client: 0.0.0.0:7000}\n"))
        .singleElement()
        .asString()
        .contains("listen.client")
        .contains("advertise.client");
    assertThat(problems(LEAST + "cluster: {members: [n9=127.0.0.1:36379]}\n"))
        .singleElement()
        .asString()
        .contains("node.name n1")
        .contains("cluster.members");
    assertThat(problems(LEAST + "cluster: {members: [n1=127.0.0.1:36378]}\n"))
        .singleElement()
        .asString()
        .contains("cluster.members")
        .contains("listen.admin 127.0.0.1:36379");
  }

  @Test
  void anAdminPortThatOthersReachNeedsAToken() {
    assertThat(problems(LEAST + "listen: {admin: 10.0.0.1:7300}\n"))
        .singleElement()
        .asString()
        .contains("listen.admin")
        .contains("admin.token-file");
  }

  @Test
  void whatIsNotYamlOrNotAMapIsRefused() {
    assertThat(problems("node: {name: [")).singleElement().asString().contains("not YAML");
    assertThat(problems("- a\n- b\n")).anySatisfy(p -> assertThat(p).contains("not a map"));
    assertThat(problems(LEAST + "node: {name: twice}\n"))
        .singleElement()
        .asString()
        .contains("not YAML");
    assertThat(problems(LEAST + "stop: {drain-millis: [1, 2]}\n"))
        .singleElement()
        .asString()
        .contains("one value");
  }

  @Test
  void aSecretIsTheFirstLineOfItsFile(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("password"), "secret\nrest\n");
    NodeConfig config = parse(LEAST + "client: {password-file: " + file + "}\n");
    assertThat(config.secret(Keys.CLIENT_PASSWORD_FILE)).isEqualTo("secret");
    assertThat(config.secret(Keys.ADMIN_TOKEN_FILE)).isNull();

    NodeConfig lost = parse(LEAST + "client: {password-file: " + dir.resolve("none") + "}\n");
    assertThat(
            catchThrowableOfType(
                ConfigException.class, () -> lost.secret(Keys.CLIENT_PASSWORD_FILE)))
        .hasMessageContaining("client.password-file");
  }

  @Test
  void anEmptyFileOrOneOfCommentsIsToldWhatIsMissing() {
    for (String text : List.of("", "# nothing yet\n", "---\n")) {
      assertThat(problems(text)).anySatisfy(p -> assertThat(p).contains("node.name is missing"));
    }
  }

  @Test
  void aVariableStandsForAKeyAndWinsOverTheFile() throws ConfigException {
    NodeConfig config =
        NodeConfig.parse(
            "test.yaml",
            LEAST,
            Map.of(
                "FLOTILLA_SET_NODE_NAME", "n2",
                "FLOTILLA_SET_CLUSTER_MEMBERS", "n1=10.0.0.1:7300, n2=10.0.0.2:7300",
                "FLOTILLA_SET_LISTEN_ADMIN", "10.0.0.2:7300",
                "FLOTILLA_SET_ADMIN_TOKEN_FILE", "/etc/flotilla/token",
                "FLOTILLA_NODE_OPTS", "-Xmx1g"));
    assertThat(config.of(Keys.NODE_NAME)).isEqualTo("n2");
    assertThat(config.of(Keys.NODE_DIRECTORY)).as("of the file").isEqualTo(Path.of("/data"));
    assertThat(config.of(Keys.CLUSTER_MEMBERS))
        .containsExactly(
            new Member("n1", new HostPort("10.0.0.1", 7300)),
            new Member("n2", new HostPort("10.0.0.2", 7300)));
  }

  @Test
  void variablesAloneAreEnough() throws ConfigException {
    NodeConfig config =
        NodeConfig.read(
            null, Map.of("FLOTILLA_SET_NODE_NAME", "n1", "FLOTILLA_SET_NODE_DIRECTORY", "/data"));
    assertThat(config.of(Keys.NODE_NAME)).isEqualTo("n1");
  }

  @Test
  void aMisspeltVariableIsRefusedAndTheNearestIsNamed() {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class,
            () -> NodeConfig.parse("test.yaml", LEAST, Map.of("FLOTILLA_SET_NODE_NAM", "n2")));
    assertThat(e.problems())
        .singleElement()
        .asString()
        .contains("FLOTILLA_SET_NODE_NAM;")
        .contains("FLOTILLA_SET_NODE_NAME");
  }

  @Test
  void noTwoKeysHaveTheSameVariable() {
    assertThat(Keys.all().stream().map(NodeConfig::variable)).doesNotHaveDuplicates();
  }

  /** Run with -Dreference.write=true to write the page anew. */
  @Test
  void theReferencePageIsTrue() throws IOException {
    Path page = Path.of("..", "docs", "reference", "config.md");
    if (Boolean.getBoolean("reference.write")) {
      Files.writeString(page, ConfigReference.markdown(), StandardCharsets.UTF_8);
    }
    assertThat(Files.readString(page)).isEqualTo(ConfigReference.markdown());
  }
}
