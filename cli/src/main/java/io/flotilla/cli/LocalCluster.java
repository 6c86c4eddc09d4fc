package io.flotilla.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The directory of a cluster of `flotilla up`.
 *
 * <pre>
 *   cluster.json      the plan; written last, so what has one is complete
 *   lock              held while an `up` or `down` is at work
 *   n1/node.yaml      the node's configuration
 *   n1/node.log       what the process says
 *   n1/node.pid       the process that was started last
 *   n1/data/          the node's own
 * </pre>
 */
final class LocalCluster {
  private static final int FORMAT = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  private LocalCluster(Path directory) {
    this.directory = directory;
  }

  static LocalCluster at(Path directory) {
    return new LocalCluster(directory);
  }

  /** Which directory is meant: the option, FLOTILLA_DIR, or .flotilla here. */
  static Path directory(Context context, @Nullable String option) {
    String named =
        option != null ? option : context.environment().getOrDefault("FLOTILLA_DIR", ".flotilla");
    return context.workingDirectory().resolve(named).normalize();
  }

  Path directory() {
    return directory;
  }

  Path directoryOf(NodePlan node) {
    return directory.resolve(node.name());
  }

  Path dataOf(NodePlan node) {
    return directoryOf(node).resolve("data");
  }

  Path configurationOf(NodePlan node) {
    return directoryOf(node).resolve("node.yaml");
  }

  Path logOf(NodePlan node) {
    return directoryOf(node).resolve("node.log");
  }

  Path pidFileOf(NodePlan node) {
    return directoryOf(node).resolve("node.pid");
  }

  private Path file() {
    return directory.resolve("cluster.json");
  }

  /** The plan that stands here, or null if there is none. */
  @Nullable ClusterPlan read() {
    if (!Files.exists(file())) {
      return null;
    }
    try {
      JsonNode root = JSON.readTree(Files.readString(file(), StandardCharsets.UTF_8));
      int format = root.path("format").asInt(0);
      if (format != FORMAT) {
        throw unusable("is of format " + format + ", this program knows " + FORMAT);
      }
      Path written = Path.of(root.path("directory").asString(""));
      if (!written.equals(directory)) {
        throw unusable(
            "was written for "
                + written
                + ", and the nodes' configurations name that place: move it back, or edit all of them");
      }
      List<NodePlan> nodes = new ArrayList<>();
      for (JsonNode node : root.path("nodes")) {
        nodes.add(
            new NodePlan(
                node.path("name").asString(""),
                node.path("host").asString(""),
                node.path("client").asInt(0),
                node.path("raft").asInt(0),
                node.path("peer").asInt(0),
                node.path("admin").asInt(0),
                node.path("http").asInt(0)));
      }
      if (nodes.isEmpty()) {
        throw unusable("names no nodes");
      }
      return new ClusterPlan(nodes, root.path("shards").asInt(0), root.path("replicas").asInt(0));
    } catch (IOException | JacksonException e) {
      throw unusable("cannot be read: " + e.getMessage());
    }
  }

  private CliException unusable(String why) {
    return new CliException(ExitCode.LOCAL_FAILURE, "bad-cluster-file", file() + " " + why + ".");
  }

  /** Writes the configurations, then the plan. */
  void create(ClusterPlan plan, List<String> settings) {
    try {
      for (NodePlan node : plan.nodes()) {
        Files.createDirectories(directoryOf(node));
        write(configurationOf(node), plan.configurationOf(node, dataOf(node), settings));
      }
      ObjectNode root = JsonNodeFactory.instance.objectNode();
      root.put("format", FORMAT);
      root.put("directory", directory.toString());
      root.put("shards", plan.shards());
      root.put("replicas", plan.replicas());
      ArrayNode nodes = root.putArray("nodes");
      for (NodePlan node : plan.nodes()) {
        ObjectNode object = nodes.addObject();
        object.put("name", node.name());
        object.put("host", node.host());
        node.ports().forEach(object::put);
      }
      write(file(), root.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE,
          "cannot-write",
          "The cluster's files cannot be written in " + directory + ": " + e + ".",
          e);
    }
  }

  /** Replaces a file as a whole, so that nobody reads half of one. */
  static void write(Path file, String text) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.writeString(next, text, StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Keeps every other `up` and `down` out of this directory until it is closed. */
  Lock lock() {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        throw new CliException(
            ExitCode.LOCAL_FAILURE,
            "busy",
            "Another `flotilla up` or `flotilla down` is at work in "
                + directory
                + "; wait for it.");
      }
      return new Lock(channel);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.LOCAL_FAILURE,
          "cannot-write",
          "The directory " + directory + " cannot be used: " + e + ".",
          e);
    }
  }

  /** A held lock; the file's channel holds it. */
  record Lock(FileChannel channel) implements AutoCloseable {
    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
