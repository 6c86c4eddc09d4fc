package io.flotilla.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.chaos.cluster.Launcher;
import io.flotilla.chaos.cluster.ProcessCluster;
import io.flotilla.chaos.cluster.RedisServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.ClusterPipeline;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisRedirectionException;
import redis.clients.jedis.params.RestoreParams;

/**
 * What a real Redis saves arrives in a running cluster, key by key, also when a leader is killed in
 * the middle; and when the command is killed and resumed.
 *
 * <p>The judge is Redis itself: each key is dumped by the cluster, restored into another real
 * Redis, and digested there and where it came from.
 */
@Tag("cluster")
final class ImportTest {
  private static final int NODES = 3;
  private static final int REFUSED = 1;
  private static final int LEFT_OUT = 10;
  private static final int BAD_FILE = 12;
  private static final int SMALL_KEYS = 40_000;
  private static final int SOCKET_MILLIS = 120_000;
  private static final int SHOWN = 20;
  private static final int AT_ONCE = 500;
  private static final Pattern AT_BYTE = Pattern.compile("\\(at byte (\\d+)\\)");
  private static final Pattern OFFSET = Pattern.compile("\"offset\":(\\d+)");
  private static final long FAR = 4_000_000_000_000L;

  private static final String LIBRARY =
      "#!lua name=lib\nredis.register_function('f', function(keys, args) return 1 end)";

  @Test
  void whatRedisSavesArrivesWhateverIsKilled(@TempDir Path directory) throws Exception {
    assumeTrue(RedisServer.isInstalled(), "redis-server is not installed");
    long seed = Long.getLong("import.seed", System.nanoTime());
    System.out.println("import.seed=" + seed);
    Path source = Files.createDirectory(directory.resolve("source"));
    Path judge = Files.createDirectory(directory.resolve("judge"));
    try (RedisServer redis = server(source);
        RedisServer other = server(judge);
        Jedis from = jedis(redis.address());
        Jedis to = jedis(other.address());
        ProcessCluster cluster = ProcessCluster.start(NODES, "--shards", "3")) {
      cluster.run(() -> {
        fill(from, new Random(seed));
        from.save();
        Path dump = source.resolve("dump.rdb");
        cluster.awaitSettled();

        badFiles(cluster, dump, directory);

        Launcher.Ended check = cluster.flotilla("import", dump.toString(), "--check");
        assertThat(check.exitCode()).as(check.output()).isEqualTo(LEFT_OUT);
        assertThat(check.output()).contains("libraries of functions").contains("had expired");

        aLeaderIsKilled(cluster, dump);
        compare(from, to, cluster);

        try (RedisClusterClient client = client(cluster)) {
          client.flushAll();
        }
        theCommandIsKilled(cluster, dump);
        to.flushAll();
        compare(from, to, cluster);

        Launcher.Ended again = cluster.flotilla("import", dump.toString());
        assertThat(again.exitCode()).as(again.output()).isEqualTo(LEFT_OUT);
        assertThat(again.output())
            .as("every key is there with the same content")
            .contains(from.dbSize() - 1 + " keys were there already with the same content");
        cluster.assertReplicasAgree();
      });
    }
  }

  private static RedisServer server(Path directory) throws IOException {
    return RedisServer.start(
        directory,
        "--enable-debug-command",
        "yes",
        "--save",
        "",
        "--maxmemory-policy",
        "allkeys-lfu");
  }

  private static Jedis jedis(InetSocketAddress address) {
    return new Jedis(
        new HostAndPort(address.getHostString(), address.getPort()),
        DefaultJedisClientConfig.builder().socketTimeoutMillis(SOCKET_MILLIS).build());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Object ask(Jedis jedis, String command, byte[]... words) {
    ProtocolCommand name = () -> bytes(command);
    return jedis.sendCommand(name, words);
  }

  private static Object ask(Jedis jedis, String command, String... words) {
    return ask(jedis, command, Arrays.stream(words).map(ImportTest::bytes).toArray(byte[][]::new));
  }

  // ---------------------------------------------------------------- the data

  /** All types in all encodings, deadlines, large values, and what cannot be loaded. */
  private static void fill(Jedis redis, Random random) {
    redis.set("int", "12345");
    redis.set("embedded", "a short string");
    redis.set("compressible", "abc".repeat(10_000));
    byte[] noise = new byte[3_000_000];
    random.nextBytes(noise);
    redis.set(bytes("noise"), noise);
    redis.set("empty", "");
    redis.setbit("bits", 1_000_000, true);
    redis.pfadd("hll", "a", "b", "c");
    redis.rpush("list small", "a", "1", "-70000", "x".repeat(100));
    redis.rpush("list nodes", "x".repeat(20_000), "y".repeat(9_000), "z");
    redis.sadd("set ints", "1", "-5", "70000", "99999999999");
    redis.sadd("set words", "a", "b", "c");
    redis.zadd("zset small", Map.of("a", 1.5, "b", -1e300, "c", Double.POSITIVE_INFINITY));
    redis.hset("hash small", Map.of("f", "v", "g", "17"));
    redis.hset("hash long", Map.of("f", "v".repeat(1000)));
    stream(redis, "stream small", 50);
    stream(redis, "stream large", 60_000);
    redis.set("expired", "v");
    ask(redis, "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    redis.pexpire("expired", 1);
    ask(redis, "FUNCTION", "LOAD", LIBRARY);
    Pipeline pipeline = redis.pipelined();
    for (int i = 0; i < SMALL_KEYS; i++) {
      pipeline.set("key:" + i, "value:" + random.nextInt());
      if (i % 7 == 0) {
        pipeline.pexpireAt("key:" + i, FAR + i);
      }
    }
    for (int i = 0; i < 500; i++) {
      String[] many = new String[100];
      for (int j = 0; j < many.length; j++) {
        many[j] = i % 2 == 0 ? "element:" + random.nextInt() : "" + random.nextInt(100_000);
      }
      pipeline.rpush("lists:" + i, many);
      pipeline.sadd("sets:" + i, many);
      pipeline.hset("hashes:" + i, many[0], many[1]);
    }
    for (int i = 0; i < 300; i++) {
      String[] thousand = new String[1_000];
      for (int j = 0; j < thousand.length; j++) {
        thousand[j] = "e" + (i * 1_000 + j);
      }
      pipeline.rpush("list of many", thousand);
      if (i < 100) {
        pipeline.sadd("set of many", thousand);
        pipeline.hset("hash of many", "field:" + i, "v".repeat(9_000));
        for (int j = 0; j < 100; j++) {
          pipeline.zadd("zset of many", random.nextGaussian() * 1e6, "member:" + i + ":" + j);
          pipeline.hset("hash of many", "field:" + i + ":" + j, thousand[j]);
        }
      }
    }
    pipeline.sync();
    redis.pexpireAt("list of many", FAR);
  }

  private static void stream(Jedis redis, String key, int entries) {
    Pipeline pipeline = redis.pipelined();
    for (int i = 1; i <= entries; i++) {
      pipeline.sendCommand(
          () -> bytes("XADD"),
          bytes(key),
          bytes(i + "-" + i % 3),
          bytes("field"),
          bytes("value:" + i),
          bytes("filler"),
          bytes("x".repeat(80)));
    }
    pipeline.sync();
    ask(redis, "XDEL", key, "7-1");
    ask(redis, "XGROUP", "CREATE", key, "group", "0");
    ask(redis, "XREADGROUP", "GROUP", "group", "me", "COUNT", "20", "STREAMS", key, ">");
    ask(redis, "XACK", key, "group", "3-0");
    ask(redis, "XGROUP", "CREATECONSUMER", key, "group", "idle");
  }

  // ---------------------------------------------------------------- the import

  private static void badFiles(ProcessCluster cluster, Path dump, Path directory)
      throws IOException {
    byte[] whole = Files.readAllBytes(dump);
    Path bad = directory.resolve("bad.rdb");
    Files.write(bad, Arrays.copyOf(whole, whole.length / 2));
    Launcher.Ended cut = cluster.flotilla("import", bad.toString());
    assertThat(cut.exitCode()).as(cut.output()).isEqualTo(BAD_FILE);
    assertThat(cut.output()).contains("too early").contains("Nothing was loaded");
    assertThat(byteOf(cut.output()))
        .as("the byte where what is cut begins: a string that is cut begins before the end")
        .isBetween(1L, whole.length / 2L);
    byte[] flipped = whole.clone();
    flipped[whole.length - 3] ^= 1;
    Files.write(bad, flipped);
    Launcher.Ended damaged = cluster.flotilla("import", bad.toString());
    assertThat(damaged.exitCode()).as(damaged.output()).isEqualTo(BAD_FILE);
    assertThat(damaged.output()).contains("checksum");
    try (RedisClusterClient client = client(cluster)) {
      assertThat(client.exists("int")).isFalse();
    }
  }

  private static RedisClusterClient client(ProcessCluster cluster) {
    InetSocketAddress first = cluster.client(0);
    return RedisClusterClient.builder()
        .nodes(Set.of(new HostAndPort(first.getHostString(), first.getPort())))
        .clientConfig(DefaultJedisClientConfig.builder().socketTimeoutMillis(SOCKET_MILLIS).build())
        .build();
  }

  private static long byteOf(String words) {
    Matcher place = AT_BYTE.matcher(words);
    assertThat(place.find()).as(words).isTrue();
    return Long.parseLong(place.group(1));
  }

  /** An import that has begun to load, and where it stood when it was last looked at. */
  private record Running(Process process, Path output, Path checkpoint) {
    static Running begin(ProcessCluster cluster, Path dump, String... options) throws IOException {
      Path output = cluster.directory().resolve("import.out");
      Files.deleteIfExists(output);
      String[] words =
          Stream.concat(Stream.of("import", dump.toString()), Stream.of(options))
              .toArray(String[]::new);
      Process process = Launcher.start(cluster.directory(), output, Map.of(), words);
      return new Running(
          process, output, dump.resolveSibling(dump.getFileName() + ".flotilla-import"));
    }

    /** Waits until so many bytes of the file are acknowledged, and it is still at it. */
    void awaitAcknowledged(long bytes) {
      Awaitility.await("the import is in the middle")
          .atMost(ProcessCluster.PATIENCE)
          .pollInterval(20, TimeUnit.MILLISECONDS)
          .until(() -> !process.isAlive() || acknowledged() >= bytes);
      assertIsInTheMiddle();
    }

    /** As the checkpoint has it, which is replaced as a whole; -1 before there is one. */
    private long acknowledged() throws IOException {
      try {
        Matcher offset = OFFSET.matcher(Files.readString(checkpoint));
        return offset.find() ? Long.parseLong(offset.group(1)) : -1;
      } catch (NoSuchFileException none) {
        return -1;
      }
    }

    /** Else the test has hurt nothing. */
    void assertIsInTheMiddle() {
      assertThat(process.isAlive()).as("the import still runs: %s", words()).isTrue();
    }

    void awaitDone() throws InterruptedException {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("the import ends").isTrue();
      assertThat(process.exitValue()).as(words()).isEqualTo(LEFT_OUT);
      assertThat(words()).contains("Loaded and acknowledged").contains("libraries of functions");
      assertThat(checkpoint).doesNotExist();
    }

    private String words() {
      try {
        return Files.readString(output);
      } catch (IOException e) {
        return e.toString();
      }
    }
  }

  private static void aLeaderIsKilled(ProcessCluster cluster, Path dump) throws Exception {
    int victim = cluster.leaderOf(1);
    Running load = Running.begin(cluster, dump);
    load.awaitAcknowledged(0);
    cluster.kill(victim);
    load.assertIsInTheMiddle();
    System.out.println("Import: SIGKILL of " + ProcessCluster.nameOf(victim));
    load.awaitDone();
    System.out.println("Import: " + load.words());
    cluster.up();
    cluster.awaitSettled();
  }

  private static void theCommandIsKilled(ProcessCluster cluster, Path dump) throws Exception {
    Running first = Running.begin(cluster, dump);
    first.awaitAcknowledged(1);
    first.process.destroyForcibly();
    first.process.waitFor();
    System.out.println("Import: SIGKILL of the command at byte " + first.acknowledged());

    Launcher.Ended without = cluster.flotilla("import", dump.toString());
    assertThat(without.exitCode()).as(without.output()).isEqualTo(REFUSED);
    assertThat(without.output()).contains("--resume");

    Running second = Running.begin(cluster, dump, "--resume");
    second.awaitDone();
    System.out.println("Import: " + second.words());
  }

  // ---------------------------------------------------------------- the judge

  private static void compare(Jedis from, Jedis to, ProcessCluster cluster) {
    List<String> keys = new ArrayList<>(new TreeSet<>(from.keys("*")));
    keys.remove("expired");
    assertThat(keys).hasSizeGreaterThan(SMALL_KEYS);
    List<String> differences = new ArrayList<>();
    try (RedisClusterClient client = client(cluster)) {
      assertThat(client.exists("expired")).isFalse();
      for (int at = 0; at < keys.size(); at += AT_ONCE) {
        List<String> some = keys.subList(at, Math.min(keys.size(), at + AT_ONCE));
        compareSome(from, to, client, some, differences);
      }
    }
    for (String key : List.of("stream small", "stream large")) {
      for (String[] question :
          List.of(new String[] {"GROUPS", key}, new String[] {"STREAM", key})) {
        List<String> theirs = facts(ask(from, "XINFO", question));
        List<String> ours = facts(ask(to, "XINFO", question));
        if (!ours.equals(theirs)) {
          differences.add(key + ": " + ours + " instead of " + theirs);
        }
      }
      if (!text(ask(to, "XPENDING", key, "group"))
          .equals(text(ask(from, "XPENDING", key, "group")))) {
        differences.add(key + ": has other pending entries");
      }
    }
    assertThat(differences.stream().limit(SHOWN)).as("%d differ", differences.size()).isEmpty();
  }

  private static void compareSome(
      Jedis from,
      Jedis to,
      RedisClusterClient client,
      List<String> keys,
      List<String> differences) {
    List<Response<byte[]>> payloads = new ArrayList<>();
    List<Response<Long>> ourDeadlines = new ArrayList<>();
    try (ClusterPipeline pipeline = client.pipelined()) {
      for (String key : keys) {
        payloads.add(pipeline.dump(bytes(key)));
        ourDeadlines.add(pipeline.pexpireTime(key));
      }
    }
    List<Response<Long>> theirDeadlines = new ArrayList<>();
    try (Pipeline pipeline = from.pipelined()) {
      keys.forEach(key -> theirDeadlines.add(pipeline.pexpireTime(key)));
    }
    List<Response<String>> restored = new ArrayList<>();
    try (Pipeline pipeline = to.pipelined()) {
      for (int i = 0; i < keys.size(); i++) {
        String key = keys.get(i);
        byte[] payload = answer(payloads.get(i), () -> client.dump(bytes(key)));
        long deadline = answer(ourDeadlines.get(i), () -> client.pexpireTime(key));
        if (deadline != theirDeadlines.get(i).get()) {
          differences.add(key + ": has another deadline");
        }
        if (payload == null) {
          differences.add(key + ": is missing");
        } else { // a digest has in it whether there is a deadline
          RestoreParams absolute = RestoreParams.restoreParams().absTtl();
          restored.add(pipeline.restore(bytes(key), Math.max(0, deadline), payload, absolute));
        }
      }
    }
    restored.forEach(Response::get);
    String[] words = Stream.concat(Stream.of("DIGEST-VALUE"), keys.stream()).toArray(String[]::new);
    List<?> theirs = (List<?>) ask(from, "DEBUG", words);
    List<?> ours = (List<?>) ask(to, "DEBUG", words);
    assertThat(theirs).hasSameSizeAs(keys);
    for (int i = 0; i < keys.size(); i++) {
      if (!text(ours.get(i)).equals(text(theirs.get(i)))) {
        differences.add(
            keys.get(i) + ": " + text(ours.get(i)) + " instead of " + text(theirs.get(i)));
      }
    }
  }

  /** A pipeline does not follow a leader that has moved; a client that asks once does. */
  private static <T> T answer(Response<T> piped, Supplier<T> alone) {
    try {
      return piped.get();
    } catch (JedisRedirectionException moved) {
      return alone.get();
    }
  }

  /** What is said of a stream, but how its nodes lie in memory. */
  private static List<String> facts(Object reply) {
    List<String> facts = new ArrayList<>();
    List<?> cells = (List<?>) reply;
    for (int i = 0; i + 1 < cells.size(); i += 2) {
      String name = text(cells.get(i));
      if (!name.startsWith("radix-tree")) {
        facts.add(name + "=" + text(cells.get(i + 1)));
      }
    }
    return cells.size() == 1 ? List.of(text(cells)) : facts;
  }

  private static String text(Object reply) {
    return switch (reply) {
      case null -> "nil";
      case byte[] bytes -> new String(bytes, StandardCharsets.ISO_8859_1);
      case List<?> list -> list.stream().map(ImportTest::text).toList().toString();
      default -> reply.toString();
    };
  }
}
