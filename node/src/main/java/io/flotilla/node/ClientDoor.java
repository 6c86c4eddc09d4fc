package io.flotilla.node;

import io.flotilla.node.admin.LocalNode;
import io.flotilla.node.commands.NodeCommands;
import io.flotilla.node.commands.Parameters;
import io.flotilla.node.commands.Unsupported;
import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.HostPort;
import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.resp.EventLoops;
import io.flotilla.node.resp.Intake;
import io.flotilla.node.resp.RequestLimits;
import io.flotilla.node.resp.RespServer;
import io.flotilla.node.routing.Router;
import io.flotilla.node.session.Admission;
import io.flotilla.node.session.Front;
import io.flotilla.node.session.SessionSettings;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.reply.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where Redis clients come in: the listener, the sessions behind it, and the event loops that they
 * share with the peers.
 */
final class ClientDoor implements AutoCloseable {
  /** Redis's tcp-keepalive. */
  private static final int KEEP_ALIVE_SECONDS = 300;

  private static final Reply.Error DISK_FULL =
      new Reply.Error("ERR overloaded: the disk of this node is nearly full, writes are refused");

  /** Redis's words, which clients know. */
  private static final Reply.Error OUT_OF_MEMORY =
      new Reply.Error("OOM command not allowed when used memory > 'maxmemory'.");

  private final CommandTable table;
  private final Parameters parameters;
  private final Front front;
  private final RespServer server;

  private ClientDoor(CommandTable table, Parameters parameters, Front front, RespServer server) {
    this.table = table;
    this.parameters = parameters;
    this.front = front;
    this.server = server;
  }

  /**
   * Listens; until the node knows its cluster, commands wait as for a leader, then hear
   * CLUSTERDOWN.
   */
  static ClientDoor open(NodeConfig config, RunningNode node, ClusterViews views, LeaderHints hints)
      throws IOException, ConfigException {
    HostPort listen = config.of(Keys.LISTEN_CLIENT);
    String password = config.secret(Keys.CLIENT_PASSWORD_FILE);
    RequestLimits limits = Translations.requestLimits(config);
    CommandTable table = NodeCommands.table(Families.ALL);
    Parameters parameters =
        new Parameters(
            listen.host(),
            listen.port(),
            config.of(Keys.NODE_DIRECTORY).toString(),
            Translations.valueBytesMax(config));
    Intake intake = Intake.forHeap(Runtime.getRuntime().maxMemory());
    Front front =
        new Front(
            NodeCommands.book(table, new Facts(node), parameters),
            new Router(views, hints, new NodeId(node.self().getId())),
            hints,
            group -> {
              RunningNode.Member member = node.member();
              return member == null ? null : member.shards().shard(group);
            },
            new Guarded(node),
            new Unsupported(),
            intake,
            SessionSettings.DEFAULTS
                .withPassword(password == null ? "" : password)
                .withMaxClients(config.of(Keys.CLIENT_MAX_CONNECTIONS))
                .withParkMillis(config.of(Keys.CLIENT_PARK_MILLIS))
                .withMaxTransactionBytes(limits.maxRequestBytes()),
            System::nanoTime,
            System::currentTimeMillis);
    int loops = config.of(Keys.CLIENT_EVENT_LOOPS);
    RespServer server =
        RespServer.start(
            new RespServer.Options(
                listen.bindAddress(),
                loops == 0 ? Math.max(1, Runtime.getRuntime().availableProcessors() / 2) : loops,
                limits,
                intake,
                password == null,
                KEEP_ALIVE_SECONDS,
                null),
            front);
    return new ClientDoor(table, parameters, front, server);
  }

  /** Refuses what may grow the data while the heap or the disk is nearly full. */
  private record Guarded(RunningNode node) implements Admission {
    @Override
    public @Nullable Reply refusal(Command command) {
      if (node.memory().isFull()) {
        return OUT_OF_MEMORY;
      }
      return node.disk().isFull() ? DISK_FULL : null;
    }
  }

  /** Every command, the node's and the data's. */
  CommandTable table() {
    return table;
  }

  Front front() {
    return front;
  }

  /** The threads of all sockets; rounds are driven and peers met on their home loop. */
  EventLoops loops() {
    return server.loops();
  }

  int connections() {
    return front.clients().count();
  }

  List<LocalNode.ClusterSetting> clusterSettings() {
    List<LocalNode.ClusterSetting> settings = new ArrayList<>();
    parameters.shared().forEach((name, initial) -> settings.add(new Shared(name, initial)));
    return settings;
  }

  private final class Shared implements LocalNode.ClusterSetting {
    private final String name;
    private final String initial;

    Shared(String name, String initial) {
      this.name = name;
      this.initial = initial;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String defaultValue() {
      return initial;
    }

    @Override
    public String description() {
      return "Redis's " + name + "; the same on all nodes.";
    }

    @Override
    public @Nullable String problem(String value) {
      return parameters.problem(name, value);
    }
  }

  /** Waits until the replies that are due have left, or the time is over. */
  void drain(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    // Leaderships are gone: requests in flight get their replies within an apply or are refused; a
    // moment is enough.
    while (front.intake().heldBytes() > 0 && System.nanoTime() - deadline < 0) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
