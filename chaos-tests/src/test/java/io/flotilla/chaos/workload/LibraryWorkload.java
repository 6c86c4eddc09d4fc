package io.flotilla.chaos.workload;

import io.flotilla.chaos.check.GrowingSet;
import io.flotilla.chaos.check.GrowingSet.Members;
import io.flotilla.chaos.check.SetDurability;
import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.History;
import io.flotilla.chaos.history.Operation;
import io.flotilla.chaos.resp.RespValue;
import io.flotilla.chaos.witness.Spoken;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Sets as {@link SetWorkload}'s, by a real client library that follows redirects and says a command
 * again as it likes. So an addition may be done twice, and its answer tells little; but what it
 * acknowledged is in every later read, and an exception leaves the outcome open.
 */
public final class LibraryWorkload implements Workload {
  private static final int LIVE = 2;
  private static final int USES_PER_KEY = 150;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** It logs each connection that it does not get, which is all the time here. */
  private static final Logger LETTUCE = Logger.getLogger("io.lettuce");

  static {
    LETTUCE.setLevel(Level.OFF);
  }

  /** A client library. */
  interface Library extends AutoCloseable {
    long add(String key, String member);

    Set<String> members(String key);

    @Override
    void close();
  }

  /** Makes one; fails where no node answers. */
  interface Maker {
    Library connect(List<InetSocketAddress> nodes);
  }

  private final String name;
  private final Maker maker;
  private final Keys keys;
  private final AtomicLong values = new AtomicLong();
  private final Set<String> used = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Library> open = new ConcurrentHashMap<>();
  private final History<GrowingSet.Action, Members> history;

  private LibraryWorkload(String name, Maker maker, String run, AtomicInteger processes) {
    this.name = name;
    this.maker = maker;
    this.keys = new Keys(run + ":" + name, LIVE, USES_PER_KEY);
    this.history = new History<>(processes);
  }

  /** By Jedis. */
  public static LibraryWorkload jedis(String run, AtomicInteger processes) {
    return new LibraryWorkload("jedis", ByJedis::new, run, processes);
  }

  /** By Lettuce. */
  public static LibraryWorkload lettuce(String run, AtomicInteger processes) {
    return new LibraryWorkload("lettuce", ByLettuce::new, run, processes);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void step(Actor actor) {
    Random random = actor.random();
    String key = keys.next(random);
    used.add(key);
    if (random.nextInt(4) == 0) {
      read(actor, key);
    } else {
      add(actor, key, values.incrementAndGet());
    }
  }

  private void add(Actor actor, String key, long element) {
    String member = Long.toString(element);
    actor.perform(
        history,
        new GrowingSet.Add(key, element),
        () ->
            say(
                actor,
                List.of("SADD", key, member),
                library -> new RespValue.Number(library.add(key, member))),
        reply -> Members.of(element));
  }

  private Ending<Members> read(Actor actor, String key) {
    return actor.perform(
        history,
        new GrowingSet.Read(key),
        () ->
            say(
                actor,
                List.of("SMEMBERS", key),
                library -> {
                  List<RespValue> members = new ArrayList<>();
                  library.members(key).forEach(m -> members.add(new RespValue.Bulk(m)));
                  return new RespValue.Array(members);
                }),
        reply ->
            Members.of(
                RespValue.elements(reply).stream()
                    .map(RespValue::text)
                    .mapToLong(Long::parseLong)
                    .toArray()));
  }

  private interface Talk {
    RespValue with(Library library);
  }

  private Ending<RespValue> say(Actor actor, List<String> command, Talk talk) {
    long invoked = System.nanoTime();
    Ending<RespValue> ending;
    try {
      Library library = open.get(actor.number());
      if (library == null) {
        library = maker.connect(actor.client().nodes());
        open.put(actor.number(), library);
      }
      ending = new Ending.Ok<>(talk.with(library));
    } catch (JedisException | RedisException e) {
      ending = new Ending.Info<>(String.valueOf(e.getMessage()));
    }
    actor
        .client()
        .transcript()
        .add(Spoken.of(List.of(command), false, ending, true, invoked, System.nanoTime()));
    return ending;
  }

  @Override
  public boolean finish(Actor actor) {
    boolean all =
        used.stream()
            .allMatch(key -> Endings.untilDone((Supplier<Ending<Members>>) () -> read(actor, key)));
    open.values().forEach(Library::close);
    return all;
  }

  @Override
  public List<String> judge() {
    return SetDurability.check(operations());
  }

  @Override
  public List<Operation<GrowingSet.Action, Members>> operations() {
    return history.operations();
  }

  private static final class ByJedis implements Library {
    private final redis.clients.jedis.RedisClusterClient client;

    private ByJedis(List<InetSocketAddress> nodes) {
      client =
          redis.clients.jedis.RedisClusterClient.builder()
              .nodes(
                  nodes.stream()
                      .map(a -> new HostAndPort(a.getHostString(), a.getPort()))
                      .collect(Collectors.toSet()))
              .clientConfig(
                  DefaultJedisClientConfig.builder()
                      .socketTimeoutMillis(Math.toIntExact(PATIENCE.toMillis()))
                      .connectionTimeoutMillis(Math.toIntExact(PATIENCE.toMillis()))
                      .build())
              .build();
    }

    @Override
    public long add(String key, String member) {
      return client.sadd(key, member);
    }

    @Override
    public Set<String> members(String key) {
      return client.smembers(key);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  private static final class ByLettuce implements Library {
    private final io.lettuce.core.cluster.RedisClusterClient client;
    private final StatefulRedisClusterConnection<String, String> connection;

    private ByLettuce(List<InetSocketAddress> nodes) {
      client =
          io.lettuce.core.cluster.RedisClusterClient.create(
              nodes.stream()
                  .map(a ->
                      RedisURI.builder()
                          .withHost(a.getHostString())
                          .withPort(a.getPort())
                          .withTimeout(PATIENCE)
                          .build())
                  .toList());
      client.setOptions(
          ClusterClientOptions.builder()
              .topologyRefreshOptions(
                  ClusterTopologyRefreshOptions.builder()
                      .adaptiveRefreshTriggersTimeout(Duration.ofMillis(500))
                      .enablePeriodicRefresh(Duration.ofSeconds(2))
                      .build())
              .build());
      try {
        connection = client.connect();
      } catch (RedisException e) {
        client.shutdown(Duration.ZERO, PATIENCE);
        throw e;
      }
    }

    @Override
    public long add(String key, String member) {
      return connection.sync().sadd(key, member);
    }

    @Override
    public Set<String> members(String key) {
      return connection.sync().smembers(key);
    }

    @Override
    public void close() {
      connection.close();
      client.shutdown(Duration.ZERO, PATIENCE);
    }
  }
}
