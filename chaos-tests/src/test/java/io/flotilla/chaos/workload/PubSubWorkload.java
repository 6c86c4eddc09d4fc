package io.flotilla.chaos.workload;

import static io.flotilla.chaos.resp.RespValue.elements;
import static io.flotilla.chaos.resp.RespValue.text;

import io.flotilla.chaos.check.PubSubDelivery;
import io.flotilla.chaos.check.PubSubDelivery.Message;
import io.flotilla.chaos.check.PubSubDelivery.Subscription;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespConnection;
import io.flotilla.chaos.resp.RespValue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Pub/sub: no message is heard twice, out of its sender's order, or by nobody's saying; how many
 * are heard is told. Half of the clients publish, each by one node until that fails; half listen,
 * each on one connection until that ends, so a message of one node must reach the others'.
 */
public final class PubSubWorkload implements Workload {
  private static final int CHANNELS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** How long a listener listens in one step. */
  private static final Duration LISTEN = Duration.ofMillis(20);

  /** What is left on its way when all is over is not waited for longer. */
  private static final Duration QUIET = Duration.ofMillis(500);

  /** The words of a message: "message", channel, text. */
  private static final int MESSAGE_WORDS = 3;

  private final String run;
  private final AtomicLong stays = new AtomicLong();
  private final History<Message, Long> history;
  private final Map<Integer, Sender> senders = new HashMap<>();
  private final Map<Integer, Listener> listeners = new HashMap<>();
  private final List<Subscription> ended = new ArrayList<>();

  public PubSubWorkload(String run, AtomicInteger processes) {
    this.run = run;
    this.history = new History<>(processes);
  }

  @Override
  public String name() {
    return "pubsub";
  }

  @Override
  public int clients(int nodes) {
    return 2 * nodes;
  }

  private String channel(int number) {
    return run + ":pubsub:" + number;
  }

  @Override
  public void step(Actor actor) {
    if (actor.number() % 2 == 0) {
      sender(actor).publish(actor);
    } else {
      listener(actor).listen(actor, LISTEN);
    }
  }

  private synchronized Sender sender(Actor actor) {
    return senders.computeIfAbsent(actor.number(), n -> new Sender());
  }

  private synchronized Listener listener(Actor actor) {
    return listeners.computeIfAbsent(actor.number(), n -> new Listener());
  }

  private synchronized void ended(Subscription subscription) {
    ended.add(subscription);
  }

  private synchronized List<Subscription> subscriptions() {
    return List.copyOf(ended);
  }

  /** One that publishes; for one thread. */
  private final class Sender {
    private int node = -1;
    private long stay;
    private long number;

    void publish(Actor actor) {
      if (node < 0) {
        node = actor.random().nextInt(actor.client().nodes().size());
        stay = stays.incrementAndGet();
        number = 0;
      }
      Message message = new Message(channel(actor.random().nextInt(CHANNELS)), stay, ++number);
      Ending<Long> ending =
          actor.perform(
              history,
              message,
              () ->
                  actor
                      .client()
                      .sayTo(node, "PUBLISH", message.channel(), stay + ":" + message.number()),
              RespValue::number);
      if (!(ending instanceof Ending.Ok<Long>)) {
        node = -1;
      }
    }
  }

  /** One that listens; for one thread. */
  private final class Listener {
    private @Nullable RespConnection connection;
    private String channel = "";
    private long fromNanos;
    private long lastHeardNanos;
    private List<Message> heard = List.of();

    void listen(Actor actor, Duration time) {
      RespConnection open = connection;
      try {
        open = open == null ? subscribe(actor) : open;
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < deadline) {
          if (open.hasMore()) {
            hear(actor, open.read());
          } else {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
          }
        }
        if (!open.hasMore() && System.nanoTime() - lastHeardNanos > PATIENCE.toNanos()) {
          throw new IOException("a connection that is cut off does not tell");
        }
        open.write("PING");
        open.flush();
      } catch (IOException e) {
        end();
      }
    }

    private RespConnection subscribe(Actor actor) throws IOException {
      List<InetSocketAddress> nodes = actor.client().nodes();
      InetSocketAddress node = nodes.get(actor.random().nextInt(nodes.size()));
      RespConnection open = RespConnection.open(node.getHostString(), node.getPort(), PATIENCE);
      connection = open;
      channel = channel(actor.random().nextInt(CHANNELS));
      heard = new ArrayList<>();
      fromNanos = Long.MAX_VALUE;
      RespValue reply = open.call("SUBSCRIBE", channel);
      if (reply instanceof RespValue.Failure) {
        throw new IOException(reply.toString());
      }
      fromNanos = System.nanoTime();
      lastHeardNanos = fromNanos;
      return open;
    }

    private void hear(Actor actor, RespValue said) {
      lastHeardNanos = System.nanoTime();
      List<RespValue> words = said instanceof RespValue.Array array ? array.elements() : List.of();
      if (!words.isEmpty() && text(words.getFirst()).equals("pong")) {
        return;
      }
      if (words.size() != MESSAGE_WORDS || !text(words.getFirst()).equals("message")) {
        actor.unexpected("a subscription heard " + said);
        return;
      }
      String[] message = text(elements(said).get(2)).split(":", 2);
      heard.add(
          new Message(text(words.get(1)), Long.parseLong(message[0]), Long.parseLong(message[1])));
    }

    void end() {
      RespConnection open = connection;
      if (open == null) {
        return;
      }
      connection = null;
      if (fromNanos != Long.MAX_VALUE) {
        ended(new Subscription(channel, fromNanos, lastHeardNanos, List.copyOf(heard)));
      }
      try {
        open.close();
      } catch (IOException e) {
        throw new AssertionError("a socket that does not close", e);
      }
    }
  }

  @Override
  public boolean finish(Actor actor) {
    // All clients have stopped: what is on its way comes now.
    for (Listener listener : listeners.values()) {
      if (listener.connection != null) {
        listener.listen(actor, QUIET);
        listener.end();
      }
    }
    return true;
  }

  @Override
  public List<String> judge() {
    return PubSubDelivery.check(operations(), subscriptions());
  }

  @Override
  public String told() {
    return PubSubDelivery.statistics(operations(), subscriptions()).toString();
  }

  @Override
  public List<Operation<Message, Long>> operations() {
    return history.operations();
  }
}
