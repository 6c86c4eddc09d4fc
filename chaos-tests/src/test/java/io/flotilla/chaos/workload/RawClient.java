package io.flotilla.chaos.workload;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.ledger.ErrorMeaning;
import io.flotilla.chaos.ledger.SlotClient;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import io.flotilla.chaos.witness.Spoken;
import io.flotilla.chaos.witness.Transcript;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A client that says each command once: no retries, no redirects followed. What it learns from a
 * MOVED it uses for the next command. For one thread, but for {@link #cut}.
 *
 * <p>The three endings are told by the architecture's table: what an error reply says was certainly
 * not done is a {@link Ending.Fail}; everything after the first byte was written that is no reply
 * is {@link Ending.Info}, whatever the reason.
 */
public final class RawClient implements Closeable {
  private final List<InetSocketAddress> nodes;
  private final Duration patience;
  private final Random random;
  private final Transcript transcript;
  private final Map<InetSocketAddress, RespConnection> connections = new ConcurrentHashMap<>();
  private final Map<Integer, InetSocketAddress> owners = new ConcurrentHashMap<>();

  /**
   * @param nodes all nodes of the cluster
   * @param patience for connecting, and for each answer
   * @param transcript where all is written down
   */
  public RawClient(
      List<InetSocketAddress> nodes, Duration patience, Random random, Transcript transcript) {
    this.nodes = List.copyOf(nodes);
    this.patience = patience;
    this.random = random;
    this.transcript = transcript;
  }

  /** All nodes of the cluster. */
  List<InetSocketAddress> nodes() {
    return nodes;
  }

  Transcript transcript() {
    return transcript;
  }

  /** Talks to a node, with nothing but the connection. */
  interface Talk {
    RespValue with(RespConnection connection) throws IOException;
  }

  /** Says a command whose key is its second word. */
  public Ending<RespValue> say(String... command) {
    return talk(
        command[1], List.of(List.of(command)), false, connection -> connection.call(command));
  }

  /** Says a command to this node, whoever serves its key: it may refuse. */
  Ending<RespValue> sayTo(int node, String... command) {
    InetSocketAddress address = nodes.get(node);
    long invoked = System.nanoTime();
    Ending<RespValue> ending = converse(address, connection -> connection.call(command));
    write(List.of(List.of(command)), false, ending, invoked);
    return ending;
  }

  /** Says MULTI, these commands and EXEC in one go; the result is EXEC's answer. */
  public Ending<RespValue> transaction(String key, List<String[]> commands) {
    return talk(key, lists(commands), true, connection -> transaction(connection, commands));
  }

  static List<List<String>> lists(List<String[]> commands) {
    return commands.stream().map(List::of).toList();
  }

  /**
   * Says something to the node that is thought to serve the key's slot. Nothing has been done when
   * a connection could not be made; once it stands, everything may have been.
   *
   * @param commands what the answer is the answer to
   */
  Ending<RespValue> talk(
      String key, List<List<String>> commands, boolean isTransaction, Talk talk) {
    int slot = SlotClient.slotOf(key);
    InetSocketAddress node =
        owners.computeIfAbsent(slot, s -> nodes.get(random.nextInt(nodes.size())));
    long invoked = System.nanoTime();
    Ending<RespValue> ending = converse(node, talk);
    write(commands, isTransaction, ending, invoked);
    String why =
        switch (ending) {
          case Ending.Ok<RespValue> ok -> "";
          case Ending.Fail<RespValue> fail -> fail.why();
          case Ending.Info<RespValue> info -> info.why();
        };
    if (ErrorMeaning.of(why) == ErrorMeaning.MOVED) {
      owners.put(slot, SlotClient.addressIn(why));
    } else if (!(ending instanceof Ending.Ok<RespValue>)) {
      owners.remove(slot);
    }
    return ending;
  }

  private void write(
      List<List<String>> commands,
      boolean isTransaction,
      Ending<RespValue> ending,
      long invokedNanos) {
    transcript.add(
        Spoken.of(commands, isTransaction, ending, false, invokedNanos, System.nanoTime()));
  }

  private Ending<RespValue> converse(InetSocketAddress node, Talk talk) {
    RespConnection connection;
    try {
      connection = connection(node);
    } catch (IOException e) {
      return new Ending.Fail<>("no connection to " + node + ": " + e.getMessage());
    }
    RespValue reply;
    try {
      reply = talk.with(connection);
    } catch (IOException e) {
      close(node);
      return new Ending.Info<>(node + ": " + e);
    }
    if (!(reply instanceof RespValue.Failure failure)) {
      return new Ending.Ok<>(reply);
    }
    return switch (ErrorMeaning.of(failure.text())) {
      case MOVED, NOT_NOW -> new Ending.Fail<>(failure.text());
      case UNKNOWN -> new Ending.Info<>(failure.text());
      case ANSWER -> new Ending.Ok<>(reply);
    };
  }

  /**
   * Nothing of a transaction is done before EXEC is read, so an error that was answered to one of
   * its commands tells all: EXEC then answers EXECABORT.
   */
  static RespValue transaction(RespConnection connection, List<String[]> commands)
      throws IOException {
    connection.write("MULTI");
    for (String[] command : commands) {
      connection.write(command);
    }
    connection.write("EXEC");
    connection.flush();
    RespValue refused = null;
    for (int i = 0; i <= commands.size(); i++) {
      RespValue queued = connection.read();
      refused = refused == null && queued instanceof RespValue.Failure ? queued : refused;
    }
    RespValue exec = connection.read();
    boolean aborted =
        exec instanceof RespValue.Failure failure && failure.text().startsWith("EXECABORT");
    return aborted && refused != null ? refused : exec;
  }

  private RespConnection connection(InetSocketAddress node) throws IOException {
    RespConnection open = connections.get(node);
    if (open == null) {
      open = RespConnection.open(node.getHostString(), node.getPort(), patience);
      connections.put(node, open);
    }
    return open;
  }

  private void close(InetSocketAddress node) {
    close(connections.remove(node));
  }

  private static void close(@Nullable RespConnection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new AssertionError("a socket that does not close", e);
      }
    }
  }

  /** Cuts all its connections, whatever is under way on them. From any thread. */
  public void cut() {
    connections.values().forEach(RawClient::close);
  }

  @Override
  public void close() {
    cut();
    connections.clear();
  }
}
