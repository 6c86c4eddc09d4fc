package io.flotilla.chaos.ledger;

import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A cluster client that never hides an outcome: it says a command again only after an answer, or a
 * refused connection, that proves that the command was not done. For one thread.
 *
 * <p>It learns where slots are from MOVED alone, and where nobody says so, asks the nodes in turn.
 */
public final class SlotClient implements Closeable {
  private static final int SLOTS = 16_384;
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final List<InetSocketAddress> nodes;
  private final Duration patience;
  private final Random random;
  private final Map<SocketAddress, RespConnection> connections = new HashMap<>();
  private final Map<Integer, InetSocketAddress> owners = new HashMap<>();

  /**
   * @param nodes all nodes of the cluster
   * @param patience how long one command may take over all its attempts
   */
  SlotClient(List<InetSocketAddress> nodes, Duration patience, Random random) {
    this.nodes = List.copyOf(nodes);
    this.patience = patience;
    this.random = random;
  }

  /** Says a command of one key (its second word). */
  Outcome say(String... command) {
    return sayAll(slotOf(command[1]), List.<String[]>of(command));
  }

  /**
   * Says MULTI, these commands and EXEC; the reply is EXEC's. All keys are of one slot, that of the
   * first command's second word.
   */
  Outcome sayInTransaction(List<String[]> commands) {
    return sayAll(slotOf(commands.getFirst()[1]), commands, true);
  }

  private Outcome sayAll(int slot, List<String[]> commands) {
    return sayAll(slot, commands, false);
  }

  private Outcome sayAll(int slot, List<String[]> commands, boolean transaction) {
    long deadline = System.nanoTime() + patience.toNanos();
    String why = "never tried";
    while (System.nanoTime() < deadline) {
      InetSocketAddress node = owners.computeIfAbsent(slot, s -> anyNode());
      RespConnection connection;
      try {
        connection = connection(node);
      } catch (IOException e) {
        why = node + ": " + e;
        owners.remove(slot);
        LockSupport.parkNanos(PAUSE.toNanos());
        continue;
      }
      RespValue reply;
      try {
        reply =
            transaction ? transaction(connection, commands) : connection.call(commands.getFirst());
      } catch (IOException e) {
        forget(node);
        owners.remove(slot);
        return new Outcome.Unknown(node + ": " + e);
      }
      if (!(reply instanceof RespValue.Failure failure)) {
        return new Outcome.Done(reply);
      }
      switch (ErrorMeaning.of(failure.text())) {
        case ANSWER -> {
          return new Outcome.Done(reply);
        }
        case UNKNOWN -> {
          return new Outcome.Unknown(failure.text());
        }
        case MOVED -> {
          why = failure.text();
          owners.put(slot, addressIn(failure.text()));
        }
        case NOT_NOW -> {
          why = failure.text();
          owners.remove(slot);
          LockSupport.parkNanos(PAUSE.toNanos());
        }
      }
    }
    return new Outcome.NotDone(why);
  }

  /**
   * Nothing of a transaction is done before EXEC is read, so that an error that was answered to one
   * of its commands tells all: EXEC then answers EXECABORT, or the same error.
   */
  private static RespValue transaction(RespConnection connection, List<String[]> commands)
      throws IOException {
    connection.write("MULTI");
    for (String[] command : commands) {
      connection.write(command);
    }
    connection.write("EXEC");
    connection.flush();
    RespValue first = connection.read();
    RespValue refused = first instanceof RespValue.Failure ? first : null;
    for (int i = 0; i < commands.size(); i++) {
      RespValue queued = connection.read();
      refused = refused == null && queued instanceof RespValue.Failure ? queued : refused;
    }
    RespValue exec = connection.read();
    boolean aborted =
        exec instanceof RespValue.Failure failure && failure.text().startsWith("EXECABORT");
    return aborted && refused != null ? refused : exec;
  }

  private InetSocketAddress anyNode() {
    return nodes.get(random.nextInt(nodes.size()));
  }

  private RespConnection connection(InetSocketAddress node) throws IOException {
    RespConnection open = connections.get(node);
    if (open == null) {
      open = RespConnection.open(node.getHostString(), node.getPort(), patience);
      connections.put(node, open);
    }
    return open;
  }

  private void forget(InetSocketAddress node) {
    closeQuietly(connections.remove(node));
  }

  private static void closeQuietly(@Nullable RespConnection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new AssertionError("a socket that does not close", e);
      }
    }
  }

  /** The address in {@code MOVED 3999 127.0.0.1:6381}. */
  public static InetSocketAddress addressIn(String moved) {
    String address = moved.substring(moved.lastIndexOf(' ') + 1);
    int colon = address.lastIndexOf(':');
    return InetSocketAddress.createUnresolved(
        address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
  }

  /** CRC16 (XMODEM) of the key, or of what stands in its first braces. */
  public static int slotOf(String key) {
    int open = key.indexOf('{');
    int close = open < 0 ? -1 : key.indexOf('}', open + 1);
    String hashed = close > open + 1 ? key.substring(open + 1, close) : key;
    int crc = 0;
    for (byte b : hashed.getBytes(StandardCharsets.UTF_8)) {
      crc ^= (b & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
      }
    }
    return (crc & 0xffff) % SLOTS;
  }

  @Override
  public void close() {
    connections.values().forEach(SlotClient::closeQuietly);
    connections.clear();
  }
}
