package io.flotilla.node.commands;

import io.flotilla.node.session.Front;
import io.flotilla.node.session.SessionSettings;
import io.flotilla.node.session.SessionSettings.DebugCommand;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of CONFIG, by Redis's names: what each one's values are, and what a change of it
 * means here.
 *
 * <p>Four sorts. <i>Shared</i> ones decide what commands answer, so they are the whole cluster's: a
 * change is committed by the metadata group and reaches every shard as a log entry. <i>Local</i>
 * ones are this node's sessions'. <i>Fixed</i> ones tell what Flotilla always does, or what only
 * the node's file can change. <i>Kept</i> ones tune what Flotilla does not have; they are
 * remembered so that tools which set them go on, and change nothing.
 *
 * <p>Any thread.
 */
public final class Parameters {
  private static final long INT_MAX = Integer.MAX_VALUE;

  /** What a value may be; answers its normal form, or throws with Redis's words. */
  private interface Type {
    String normal(String value) throws BadValue;
  }

  static final class BadValue extends Exception {
    private static final long serialVersionUID = 1L;

    BadValue(String message) {
      super(message, null, false, false);
    }
  }

  private sealed interface Sort {
    /** Of the whole cluster. */
    record Shared(String sharedName, String initial) implements Sort {}

    /** Of this node's sessions. */
    record Local(
        Function<SessionSettings, String> read,
        BiFunction<SessionSettings, String, SessionSettings> write)
        implements Sort {}

    /** Never changed by CONFIG SET. */
    record Fixed(String value) implements Sort {}

    /** Remembered, without effect. */
    record Kept(String initial) implements Sort {}

    /** As {@link Fixed}, and refused in words of its own. */
    record Refused(String value, String why) implements Sort {}
  }

  private record Parameter(Type type, Sort sort) {}

  /** Told only to who names them, as in Redis. */
  private static final Set<String> HIDDEN = Set.of("key-load-delay");

  private final Map<String, Parameter> byName = new TreeMap<>();
  private final Map<String, String> kept = new ConcurrentHashMap<>();

  /**
   * The parameters of a node.
   *
   * @param host where it listens
   * @param port where it listens for clients
   * @param directory where it keeps its data
   * @param maxBulkBytes the longest argument that it takes
   */
  public Parameters(String host, int port, String directory, long maxBulkBytes) {
    shared(
        "hash-max-listpack-entries", "hash-max-ziplist-entries", integer(0, Long.MAX_VALUE), "128");
    shared("hash-max-listpack-value", "hash-max-ziplist-value", memory(0), "64");
    shared(
        "list-max-listpack-size",
        "list-max-ziplist-size",
        integer(Integer.MIN_VALUE, INT_MAX),
        "-2");
    shared("list-compress-depth", null, integer(0, INT_MAX), "0");
    shared("set-max-intset-entries", null, integer(0, Long.MAX_VALUE), "512");
    shared("set-max-listpack-entries", null, integer(0, Long.MAX_VALUE), "128");
    shared("set-max-listpack-value", null, memory(0), "64");
    shared(
        "zset-max-listpack-entries", "zset-max-ziplist-entries", integer(0, Long.MAX_VALUE), "128");
    shared("zset-max-listpack-value", "zset-max-ziplist-value", memory(0), "64");
    shared("stream-node-max-bytes", null, memory(0), "4096");
    shared("stream-node-max-entries", null, integer(0, Long.MAX_VALUE), "100");
    shared("hll-sparse-max-bytes", null, memory(0), "3000");
    shared("maxmemory", null, memory(0), "0");
    shared(
        "maxmemory-policy",
        null,
        choice(
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "noeviction"),
        "noeviction");

    local("requirepass", value -> value, SessionSettings::password, SessionSettings::withPassword);
    local(
        "maxclients",
        integer(1, INT_MAX),
        s -> "" + s.maxClients(),
        (s, v) -> s.withMaxClients((int) number(v)));
    local(
        "timeout",
        integer(0, INT_MAX),
        s -> "" + s.timeoutSeconds(),
        (s, v) -> s.withTimeoutSeconds(number(v)));
    local(
        "slowlog-log-slower-than",
        integer(-1, Long.MAX_VALUE),
        s -> "" + s.slowLogMicros(),
        (s, v) -> s.withSlowLogMicros(number(v)));
    local(
        "slowlog-max-len",
        integer(0, INT_MAX),
        s -> "" + s.slowLogLength(),
        (s, v) -> s.withSlowLogLength((int) number(v)));
    local(
        "client-output-buffer-limit",
        Parameters::outputLimits,
        Parameters::showOutputLimits,
        Parameters::setOutputLimits);
    local(
        "flotilla-replica-reads",
        choice("stale", "linearizable"),
        s -> s.linearizableReplicaReads() ? "linearizable" : "stale",
        (s, v) -> s.withLinearizableReplicaReads(v.equals("linearizable")));
    byName.put(
        "enable-debug-command",
        new Parameter(
            value -> value,
            new Sort.Local(s -> s.debugCommand().name().toLowerCase(Locale.ROOT), (s, v) -> s)));

    byName.put(
        "port",
        new Parameter(
            value -> value,
            new Sort.Refused(
                "" + port,
                "Unable to listen on this port: it is listen.client of the node's file")));
    fixed("bind", host);
    fixed("dir", directory);
    fixed("databases", "1");
    fixed("appendonly", "yes");
    fixed("appendfsync", "always");
    fixed("cluster-enabled", "yes");
    fixed("cluster-require-full-coverage", "no");
    fixed("proto-max-bulk-len", "" + maxBulkBytes);
    fixed("notify-keyspace-events", "");
    fixed("replicaof", "");
    fixed("slaveof", "");
    fixed("daemonize", "no");
    fixed("io-threads", "1");
    fixed("tcp-backlog", "511");

    kept("save", Parameters::savePoints, "");
    kept("repl-backlog-size", memory(1), "1048576");
    kept("maxmemory-clients", Parameters::memoryOrPercent, "0");
    kept("key-load-delay", integer(Integer.MIN_VALUE, INT_MAX), "0");
    kept("tcp-keepalive", integer(0, INT_MAX), "300");
    kept("maxmemory-samples", integer(1, INT_MAX), "5");
    kept("maxmemory-eviction-tenacity", integer(0, 100), "10");
    kept("lfu-log-factor", integer(0, INT_MAX), "10");
    kept("lfu-decay-time", integer(0, INT_MAX), "1");
    kept("hz", integer(1, 500), "10");
    kept("dynamic-hz", YES_NO, "yes");
    kept("latency-monitor-threshold", integer(0, Long.MAX_VALUE), "0");
    kept("latency-tracking", YES_NO, "yes");
    kept("lazyfree-lazy-eviction", YES_NO, "no");
    kept("lazyfree-lazy-expire", YES_NO, "no");
    kept("lazyfree-lazy-server-del", YES_NO, "no");
    kept("lazyfree-lazy-user-del", YES_NO, "no");
    kept("lazyfree-lazy-user-flush", YES_NO, "no");
    kept("active-expire-effort", integer(1, 10), "1");
    kept("activerehashing", YES_NO, "yes");
    kept("activedefrag", YES_NO, "no");
    kept("lua-time-limit", integer(0, Long.MAX_VALUE), "5000");
    kept("busy-reply-threshold", integer(0, Long.MAX_VALUE), "5000");
    kept("min-replicas-to-write", integer(0, INT_MAX), "0");
    kept("min-replicas-max-lag", integer(0, INT_MAX), "10");
    kept("min-slaves-to-write", integer(0, INT_MAX), "0");
    kept("cluster-node-timeout", integer(0, Long.MAX_VALUE), "15000");
    kept("cluster-allow-reads-when-down", YES_NO, "no");
    kept("loglevel", choice("debug", "verbose", "notice", "warning", "nothing"), "notice");
    kept("tracking-table-max-keys", integer(0, Long.MAX_VALUE), "1000000");
    kept("client-query-buffer-limit", memory(1 << 20), "1073741824");
    kept("list-max-ziplist-entries", integer(0, Long.MAX_VALUE), "512");
  }

  // ------------------------------------------------------------------ reading and changing

  /**
   * The parameters that any of the patterns names, with their values. As in Redis a name that is
   * given without wildcards is told as it was given.
   */
  Map<String, String> matching(Front front, List<String> patterns) {
    Map<String, String> found = new TreeMap<>();
    for (String pattern : patterns) {
      if (byName.containsKey(pattern.toLowerCase(Locale.ROOT))) {
        found.put(pattern, value(front, pattern.toLowerCase(Locale.ROOT)));
        continue;
      }
      for (String name : byName.keySet()) {
        if (!HIDDEN.contains(name) && Patterns.matches(pattern, name)) {
          found.put(name, value(front, name));
        }
      }
    }
    return found;
  }

  /** The value of a parameter. */
  String value(Front front, String name) {
    Parameter parameter = byName.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("no parameter " + name);
    }
    return switch (parameter.sort()) {
      case Sort.Shared shared -> {
        String value = front.router().table().view().settings().values().get(shared.sharedName());
        yield value == null ? shared.initial() : value;
      }
      case Sort.Local local -> local.read().apply(front.settings());
      case Sort.Fixed fixed -> fixed.value();
      case Sort.Refused refused -> refused.value();
      case Sort.Kept initial -> {
        String value = kept.get(name);
        yield value == null ? initial.initial() : value;
      }
    };
  }

  /** Whether there is such a parameter. */
  boolean exists(String name) {
    return byName.containsKey(name);
  }

  /**
   * Checks a change.
   *
   * @return the value's normal form
   * @throws BadValue in Redis's words
   */
  String check(Front front, String name, String value) throws BadValue {
    Parameter parameter = parameter(name);
    if (parameter.sort() instanceof Sort.Refused refused) {
      if (!value.equals(refused.value())) {
        throw new BadValue(refused.why());
      }
      return value;
    }
    boolean fixed = parameter.sort() instanceof Sort.Fixed || name.equals("enable-debug-command");
    if (fixed) {
      if (!value.equals(value(front, name))) {
        throw new BadValue("can't set immutable config");
      }
      return value;
    }
    return parameter.type().normal(value);
  }

  /** The name under which the cluster knows the parameter; null if it is no shared one. */
  @Nullable String sharedName(String name) {
    return parameter(name).sort() instanceof Sort.Shared shared ? shared.sharedName() : null;
  }

  /** Makes a change that {@link #check} has passed and that is not the cluster's. */
  void apply(Front front, String name, String value) {
    switch (parameter(name).sort()) {
      case Sort.Local local -> front.settings(settings -> local.write().apply(settings, value));
      case Sort.Kept remembered -> kept.put(name, value);
      case Sort.Fixed fixed -> {}
      case Sort.Refused refused -> {}
      case Sort.Shared shared -> throw new IllegalArgumentException(name + " is the cluster's");
    }
  }

  /**
   * The parameters that the whole cluster shares, by the names under which it keeps them, with what
   * stands if nothing is set.
   */
  public Map<String, String> shared() {
    Map<String, String> shared = new TreeMap<>();
    for (Parameter parameter : byName.values()) {
      if (parameter.sort() instanceof Sort.Shared s) {
        shared.put(s.sharedName(), s.initial());
      }
    }
    return shared;
  }

  /** What is wrong with this value for a parameter that the cluster shares; null if it is right. */
  public @Nullable String problem(String name, String value) {
    try {
      String normal = parameter(name).type().normal(value);
      return normal.equals(value) ? null : "write " + normal + " instead of " + value;
    } catch (BadValue wrong) {
      return String.valueOf(wrong.getMessage());
    }
  }

  private Parameter parameter(String name) {
    Parameter parameter = byName.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("no parameter " + name);
    }
    return parameter;
  }

  private void shared(String name, @Nullable String olderName, Type type, String initial) {
    Parameter parameter = new Parameter(type, new Sort.Shared(name, initial));
    byName.put(name, parameter);
    if (olderName != null) {
      byName.put(olderName, parameter);
    }
  }

  private void local(
      String name,
      Type type,
      Function<SessionSettings, String> read,
      BiFunction<SessionSettings, String, SessionSettings> write) {
    byName.put(name, new Parameter(type, new Sort.Local(read, write)));
  }

  private void fixed(String name, String value) {
    byName.put(name, new Parameter(text -> text, new Sort.Fixed(value)));
  }

  private void kept(String name, Type type, String initial) {
    byName.put(name, new Parameter(type, new Sort.Kept(initial)));
  }

  // ------------------------------------------------------------------ types

  private static final Type YES_NO =
      value ->
          switch (value.toLowerCase(Locale.ROOT)) {
            case "yes" -> "yes";
            case "no" -> "no";
            default -> throw new BadValue("argument must be 'yes' or 'no'");
          };

  private static long number(String normal) {
    return Long.parseLong(normal);
  }

  private static Type integer(long min, long max) {
    return value -> {
      long number;
      try {
        number = Long.parseLong(value);
      } catch (NumberFormatException e) {
        throw new BadValue("argument couldn't be parsed into an integer");
      }
      return inBounds(number, min, max);
    };
  }

  private static String inBounds(long number, long min, long max) throws BadValue {
    if (number < min || number > max) {
      throw new BadValue("argument must be between " + min + " and " + max + " inclusive");
    }
    return Long.toString(number);
  }

  private static Type memory(long min) {
    return value -> inBounds(bytes(value, "argument must be a memory value"), min, Long.MAX_VALUE);
  }

  /** Redis's notation of memory: 1k is a thousand, 1kb is 1024. */
  private static long bytes(String value, String otherwise) throws BadValue {
    int digits = 0;
    while (digits < value.length() && Character.isDigit(value.charAt(digits))) {
      digits++;
    }
    if (digits == 0 || digits > 18) {
      throw new BadValue(otherwise);
    }
    long unit =
        switch (value.substring(digits).toLowerCase(Locale.ROOT)) {
          case "", "b" -> 1;
          case "k" -> 1000;
          case "kb" -> 1L << 10;
          case "m" -> 1000_000;
          case "mb" -> 1L << 20;
          case "g" -> 1000_000_000;
          case "gb" -> 1L << 30;
          default -> throw new BadValue(otherwise);
        };
    long number = Long.parseLong(value.substring(0, digits));
    if (number > Long.MAX_VALUE / unit) {
      throw new BadValue(otherwise);
    }
    return number * unit;
  }

  /** Pairs of seconds and changes; nothing for never. */
  private static String savePoints(String value) throws BadValue {
    String points = value.trim();
    String[] words = points.isEmpty() ? new String[0] : points.split(" +", -1);
    boolean pairs = words.length % 2 == 0;
    for (int i = 0; i < words.length && pairs; i++) {
      try {
        pairs = Long.parseLong(words[i]) >= (i % 2 == 0 ? 1 : 0);
      } catch (NumberFormatException e) {
        pairs = false;
      }
    }
    if (!pairs) {
      throw new BadValue("Invalid save parameters");
    }
    return String.join(" ", words);
  }

  private static String memoryOrPercent(String value) throws BadValue {
    String wrong = "argument must be a memory or percent value";
    if (!value.endsWith("%")) {
      return inBounds(bytes(value, wrong), 0, Long.MAX_VALUE);
    }
    try {
      long percent = Long.parseLong(value.substring(0, value.length() - 1));
      if (percent > 100) {
        throw new BadValue("percentage argument must be less or equal to 100");
      }
      if (percent < 0) {
        throw new BadValue(wrong);
      }
      return percent + "%";
    } catch (NumberFormatException e) {
      throw new BadValue(wrong);
    }
  }

  private static Type choice(String... words) {
    return value -> {
      String word = value.toLowerCase(Locale.ROOT);
      if (!List.of(words).contains(word)) {
        throw new BadValue("argument(s) must be one of the following: " + String.join(", ", words));
      }
      return word;
    };
  }

  // ------------------------------------------------------------------ client-output-buffer-limit

  private static final String OTHER_LIMITS =
      " slave 268435456 67108864 60 pubsub 33554432 8388608 60";

  private static String showOutputLimits(SessionSettings settings) {
    return "normal "
        + settings.outputHardBytes()
        + " "
        + settings.outputSoftBytes()
        + " "
        + settings.outputSoftSeconds()
        + OTHER_LIMITS;
  }

  private static String outputLimits(String value) throws BadValue {
    String[] words = value.trim().split(" +", -1);
    if (words.length % 4 != 0) {
      throw new BadValue("Wrong number of arguments in buffer limit configuration.");
    }
    for (int i = 0; i < words.length; i += 4) {
      if (!List.of("normal", "slave", "replica", "pubsub")
          .contains(words[i].toLowerCase(Locale.ROOT))) {
        throw new BadValue("Invalid client class specified in buffer limit configuration.");
      }
      String wrong = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
      bytes(words[i + 1], wrong);
      bytes(words[i + 2], wrong);
      try {
        if (Long.parseLong(words[i + 3]) < 0) {
          throw new BadValue(wrong);
        }
      } catch (NumberFormatException e) {
        throw new BadValue(wrong);
      }
    }
    return value;
  }

  private static SessionSettings setOutputLimits(SessionSettings settings, String value) {
    SessionSettings changed = settings;
    String[] words = value.trim().split(" +", -1);
    for (int i = 0; i < words.length; i += 4) {
      if (words[i].equalsIgnoreCase("normal")) {
        try {
          changed =
              changed.withOutputLimit(
                  bytes(words[i + 1], ""), bytes(words[i + 2], ""), Long.parseLong(words[i + 3]));
        } catch (BadValue e) {
          throw new IllegalArgumentException(value, e);
        }
      }
    }
    return changed;
  }

  /** How DEBUG's setting is read from the node's file. */
  public static DebugCommand debugCommand(String word) {
    return DebugCommand.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
