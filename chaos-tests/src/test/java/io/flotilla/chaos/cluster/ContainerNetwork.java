package io.flotilla.chaos.cluster;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The network between node containers, hurt as networks are: packets are dropped, at random or all
 * of them, links become narrow, and cables are pulled.
 *
 * <p>Each node's network has a firewall of its own (iptables), which drops what arrives from a node
 * that it is not to hear. What it is to drop is kept here and laid anew as a whole, so that faults
 * may overlap and healing is complete. Operators' calls are never dropped, or nobody could see what
 * happens.
 */
public final class ContainerNetwork implements NodeNetwork {
  private static final int CLIENT_PORT = 6379;
  private static final int ADMIN_PORT = 36379;

  /** A link that takes this long for a segment of 1500 bytes has so many bits a second. */
  private static final int SEGMENT_BITS = 1500 * 8;

  /** What is lost between a node and its clients. */
  public enum Lost {
    /** What clients ask: nothing is done. */
    REQUESTS,
    /** What clients are told: it is done, and they do not hear of it. */
    ANSWERS
  }

  private final ContainerEngine engine;
  private final ContainerEngine.Subnet subnet;
  private final List<String> pods;
  private final Set<Direction> cut = new HashSet<>();
  private final Map<Integer, Integer> lossPercent = new HashMap<>();
  private final Map<Integer, Lost> clientsLose = new HashMap<>();
  private final Set<Integer> unplugged = new TreeSet<>();
  private final Map<Integer, String> laid = new HashMap<>();
  private @Nullable Integer kilobits;

  /**
   * @param pods the containers that hold the nodes' networks
   */
  ContainerNetwork(ContainerEngine engine, ContainerEngine.Subnet subnet, List<String> pods) {
    this.engine = engine;
    this.subnet = subnet;
    this.pods = List.copyOf(pods);
  }

  @Override
  public synchronized void cut(Collection<Direction> directions) {
    cut.addAll(directions);
    lay();
  }

  /** Every link becomes so narrow that a segment of a message takes this long. */
  @Override
  public synchronized String slowDown(Duration each) {
    kilobits = Math.toIntExact(Math.max(1, SEGMENT_BITS / each.toMillis()));
    lay();
    return kilobits + " kbit/s for each node";
  }

  /** So many of the packets that arrive at these nodes are dropped. */
  public synchronized void lose(Collection<Integer> nodes, int percent) {
    nodes.forEach(node -> lossPercent.put(node, percent));
    lay();
  }

  /** Clients and these nodes do not hear one another, while the nodes do. */
  public synchronized void cutClients(Collection<Integer> nodes, Lost lost) {
    nodes.forEach(node -> clientsLose.put(node, lost));
    lay();
  }

  /** Takes these nodes' interfaces away. */
  public synchronized void unplug(Collection<Integer> nodes) {
    for (int node : nodes) {
      if (unplugged.add(node)) {
        engine.disconnect(pods.get(node), subnet);
      }
    }
  }

  @Override
  public synchronized void heal() {
    for (int node : unplugged) {
      engine.connect(pods.get(node), subnet, subnet.node(node));
      // A new interface has nothing of what was laid on the old one.
      laid.remove(node);
    }
    unplugged.clear();
    cut.clear();
    lossPercent.clear();
    clientsLose.clear();
    kilobits = null;
    lay();
  }

  /** Lays what has changed, at all nodes at once as nearly as can be. */
  private void lay() {
    Map<Integer, String> wanted = new HashMap<>();
    IntStream.range(0, pods.size()).forEach(node -> wanted.put(node, script(node)));
    List<Integer> changed =
        wanted.keySet().stream()
            .filter(node -> !wanted.getOrDefault(node, "").equals(laid.get(node)))
            .filter(node -> !unplugged.contains(node))
            .toList();
    changed.parallelStream()
        .forEach(node -> engine.run(pods.get(node), wanted.getOrDefault(node, "")));
    changed.forEach(node -> laid.put(node, wanted.getOrDefault(node, "")));
  }

  private String script(int node) {
    StringBuilder rules =
        new StringBuilder(
            "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    rules.append(
        "-A INPUT -s %s -p tcp --dport %d -j ACCEPT\n".formatted(subnet.machine(), ADMIN_PORT));
    cut.stream()
        .filter(direction -> direction.to() == node)
        .map(direction -> "-A INPUT -s %s -j DROP\n".formatted(subnet.node(direction.from())))
        .sorted()
        .forEach(rules::append);
    Lost lost = clientsLose.get(node);
    if (lost == Lost.REQUESTS) {
      rules.append(
          "-A INPUT -s %s -p tcp --dport %d -j DROP\n".formatted(subnet.machine(), CLIENT_PORT));
    } else if (lost == Lost.ANSWERS) {
      rules.append(
          "-A OUTPUT -d %s -p tcp --sport %d -j DROP\n".formatted(subnet.machine(), CLIENT_PORT));
    }
    Integer percent = lossPercent.get(node);
    if (percent != null) {
      rules.append(
          String.format(
              Locale.ROOT,
              "-A INPUT ! -i lo -m statistic --mode random --probability %.2f -j DROP\n",
              percent / 100.0));
    }
    rules.append("COMMIT\n");
    String narrow =
        kilobits == null
            ? ""
            : "tc qdisc add dev $link root tbf rate %dkbit burst 3000 latency 2s\n"
                .formatted(kilobits);
    // An interface that was taken away comes back with another name.
    return "set -e\niptables-restore <<'END'\n"
        + rules
        + "END\nlink=$(ip -br -4 addr | grep -F ' %s/' | sed 's/[@ ].*//')\n"
            .formatted(subnet.node(node))
        + "tc qdisc del dev $link root 2>/dev/null || :\n"
        + narrow;
  }
}
