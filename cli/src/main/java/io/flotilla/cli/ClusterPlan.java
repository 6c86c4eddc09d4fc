package io.flotilla.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a local cluster consists of: nodes with their ports, shards and replicas. Pure: nothing here
 * looks at this machine.
 *
 * <p>The rule of ports: node i (from 0) listens for clients at P + i, for Raft at P + 100 + i, for
 * peers at P + 200 + i, for admin calls at P + 300 + i and for HTTP at P + 400 + i. With the
 * default of 7000 all stay below 32768, where Linux begins to pick ports for outgoing connections
 * and might have taken one.
 */
record ClusterPlan(List<NodePlan> nodes, int shards, int replicas) {
  static final int DEFAULT_NODES = 3;
  static final int DEFAULT_PORT = 7000;

  /** As far apart as the listeners of one node are; so also the most nodes. */
  static final int PORT_STRIDE = 100;

  /** A shard's majority is of at most this many voters; more only slow every write. */
  static final int MAX_REPLICAS = 7;

  /** As cluster.shards of a node's configuration allows. */
  static final int MAX_SHARDS = 1000;

  static final String HOST = "127.0.0.1";

  ClusterPlan {
    nodes = List.copyOf(nodes);
  }

  /**
   * Plans a cluster; the message of the exception is for people.
   *
   * @param shards 0: one per node
   * @param replicas 0: three, or all nodes where there are fewer
   */
  static ClusterPlan of(int nodes, int shards, int replicas, int port) {
    if (nodes < 1 || nodes > PORT_STRIDE) {
      throw new IllegalArgumentException("--nodes " + nodes + " is not in 1 to " + PORT_STRIDE);
    }
    if (shards < 0 || shards > MAX_SHARDS) {
      throw new IllegalArgumentException("--shards " + shards + " is not in 1 to " + MAX_SHARDS);
    }
    if (replicas < 0 || replicas > Math.min(nodes, MAX_REPLICAS)) {
      throw new IllegalArgumentException(
          "--replicas "
              + replicas
              + " is not in 1 to "
              + Math.min(nodes, MAX_REPLICAS)
              + ": each replica of a shard needs a node of its own");
    }
    int highest = port + (NodePlan.portNames().size() - 1) * PORT_STRIDE + nodes - 1;
    if (port < 1 || highest > 65_535) {
      throw new IllegalArgumentException(
          "--port " + port + " would need ports up to " + highest + "; they go from 1 to 65535");
    }
    List<NodePlan> list = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      int first = port + i;
      list.add(
          new NodePlan(
              "n" + (i + 1),
              HOST,
              first,
              first + PORT_STRIDE,
              first + 2 * PORT_STRIDE,
              first + 3 * PORT_STRIDE,
              first + 4 * PORT_STRIDE));
    }
    return new ClusterPlan(
        list, shards == 0 ? nodes : shards, replicas == 0 ? Math.min(3, nodes) : replicas);
  }

  int port() {
    return nodes.getFirst().client();
  }

  /**
   * The configuration file of a node.
   *
   * @param data where the node keeps its data; absolute
   * @param settings further lines of {@code name=value}, as {@code write.linger-micros=300}
   */
  String configurationOf(NodePlan node, Path data, List<String> settings) {
    StringBuilder yaml = new StringBuilder();
    yaml.append("# A node of a local cluster, written once by `flotilla up`; yours to change.\n");
    yaml.append("# What can stand here: docs/reference/config.md\n");
    yaml.append("node:\n");
    yaml.append("  name: ").append(quoted(node.name())).append('\n');
    yaml.append("  directory: ").append(quoted(data.toString())).append('\n');
    yaml.append("cluster:\n  members:\n");
    for (NodePlan member : nodes) {
      yaml.append("    - ")
          .append(quoted(member.name() + "=" + member.adminEndpoint()))
          .append('\n');
    }
    yaml.append("  shards: ").append(shards).append('\n');
    yaml.append("  replicas: ").append(replicas).append('\n');
    yaml.append("listen:\n");
    node.ports()
        .forEach((what, port) ->
            yaml.append("  ")
                .append(what)
                .append(": ")
                .append(quoted(new HostPort(node.host(), port).toString()))
                .append('\n'));
    settings.forEach(ClusterPlan::refuseUnlessSetting);
    settings.stream()
        .map(s -> s.substring(0, s.indexOf('.')))
        .distinct()
        .forEach(section -> {
          yaml.append(section).append(":\n");
          for (String setting : settings) {
            if (setting.startsWith(section + ".")) {
              int equals = setting.indexOf('=');
              yaml.append("  ")
                  .append(setting, section.length() + 1, equals)
                  .append(": ")
                  .append(quoted(setting.substring(equals + 1)))
                  .append('\n');
            }
          }
        });
    return yaml.toString();
  }

  private static void refuseUnlessSetting(String setting) {
    int equals = setting.indexOf('=');
    int dot = setting.indexOf('.');
    if (dot <= 0 || equals <= dot + 1) {
      throw new IllegalArgumentException(
          "--set " + setting + " is not section.name=value, as in write.linger-micros=300");
    }
    if (List.of("node", "cluster", "listen").contains(setting.substring(0, dot))) {
      throw new IllegalArgumentException(
          "--set " + setting + ": what is under node, cluster and listen follows from the plan");
    }
  }

  /** A YAML scalar that means exactly this text. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
