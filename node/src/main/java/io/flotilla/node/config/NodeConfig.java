package io.flotilla.node.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * A node's settings, read once at its start and never changed.
 *
 * <p>The file is YAML of two levels. It is read as text only (no YAML numbers, dates or yes/no), so
 * a value means what its key says and nothing else. All problems are told at once. What the cluster
 * shares is not here: the metadata group keeps it.
 *
 * <p>Where a file is not at hand, as in containers, environment variables do: {@code
 * FLOTILLA_SET_LISTEN_CLIENT} is {@code listen.client}. They are as strict as the file, and win
 * over it. The prefix is theirs alone, so that a misspelt one is seen.
 */
public final class NodeConfig {
  private static final String VARIABLE_PREFIX = "FLOTILLA_SET_";

  private final String source;
  private final Map<Key<?>, Object> values;

  private NodeConfig(String source, Map<Key<?>, Object> values) {
    this.source = source;
    this.values = values;
  }

  /** What the settings were read from, for people. */
  public String source() {
    return source;
  }

  /** Reads a file, and nothing else. */
  public static NodeConfig read(Path file) throws ConfigException {
    return read(file, Map.of());
  }

  /**
   * Reads a file, where there is one, and the environment's variables, which win.
   *
   * @param environment all of it; what is not about settings is not looked at
   */
  public static NodeConfig read(@Nullable Path file, Map<String, String> environment)
      throws ConfigException {
    if (file == null) {
      return parse("the environment", "", environment);
    }
    try {
      String source = file + (isIn(environment) ? " with the environment" : "");
      return parse(source, Files.readString(file, StandardCharsets.UTF_8), environment);
    } catch (NoSuchFileException e) {
      throw new ConfigException(file.toString(), List.of("there is no such file"));
    } catch (IOException e) {
      throw new ConfigException(file.toString(), List.of("cannot be read: " + e));
    }
  }

  /** Whether an environment has any settings. */
  public static boolean isIn(Map<String, String> environment) {
    return environment.keySet().stream().anyMatch(name -> name.startsWith(VARIABLE_PREFIX));
  }

  /** Reads the text of a file; the source is named in messages. */
  public static NodeConfig parse(String source, String text) throws ConfigException {
    return parse(source, text, Map.of());
  }

  static NodeConfig parse(String source, String text, Map<String, String> environment)
      throws ConfigException {
    Object root;
    try {
      // The schema knows no null, but a text without any document, as one of comments, is one: no
      // settings.
      LoadSettings settings =
          LoadSettings.builder()
              .setLabel(source)
              .setSchema(new FailsafeSchema())
              .setTagConstructors(Map.of(Tag.NULL, nothing -> Map.of()))
              .build();
      root = new Load(settings).loadFromString(text);
    } catch (YamlEngineException e) {
      throw new ConfigException(source, List.of("is not YAML: " + e.getMessage()));
    }
    List<String> problems = new ArrayList<>();
    Map<String, List<String>> found = new LinkedHashMap<>();
    if (root instanceof Map<?, ?> map) {
      flatten("", map, found, problems);
    } else if (root != null) {
      problems.add("is not a map of settings");
    }
    addVariables(environment, found, problems);
    return of(source, found, problems);
  }

  /** The environment variable that stands for a key. */
  static String variable(Key<?> key) {
    return VARIABLE_PREFIX
        + key.name().replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private static void addVariables(
      Map<String, String> environment, Map<String, List<String>> found, List<String> problems) {
    Map<String, Key<?>> known = new HashMap<>();
    Keys.all().forEach(k -> known.put(variable(k), k));
    new TreeMap<>(environment)
        .forEach((name, value) -> {
          if (!name.startsWith(VARIABLE_PREFIX)) {
            return;
          }
          Key<?> key = known.get(name);
          if (key == null) {
            problems.add(
                "unknown variable "
                    + name
                    + "; the nearest known one is "
                    + nearest(name, known.keySet()));
          } else if (key.isList()) {
            found.put(
                key.name(),
                value.isBlank() ? List.of() : List.of(value.strip().split("\\s*,\\s*")));
          } else {
            found.put(key.name(), List.of(value));
          }
        });
  }

  private static void flatten(
      String prefix, Map<?, ?> map, Map<String, List<String>> found, List<String> problems) {
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String name = prefix + entry.getKey();
      switch (entry.getValue()) {
        case Map<?, ?> inner -> flatten(name + ".", inner, found, problems);
        case List<?> list -> {
          if (list.stream().allMatch(String.class::isInstance)) {
            found.put(name, list.stream().map(String.class::cast).toList());
          } else {
            problems.add(name + ": a list holds plain texts only");
          }
        }
        case null -> found.put(name, List.of(""));
        case Object scalar -> found.put(name, List.of(scalar.toString()));
      }
    }
  }

  private static NodeConfig of(
      String source, Map<String, List<String>> found, List<String> problems)
      throws ConfigException {
    Map<String, Key<?>> known = new HashMap<>();
    Keys.all().forEach(k -> known.put(k.name(), k));
    for (String name : found.keySet()) {
      if (!known.containsKey(name)) {
        problems.add(
            "unknown key " + name + "; the nearest known one is " + nearest(name, known.keySet()));
      }
    }
    Map<Key<?>, Object> values = new HashMap<>();
    for (Key<?> key : Keys.all()) {
      List<String> texts = found.get(key.name());
      if (texts == null && key.fallback() == null) {
        problems.add(key + " is missing and has no default");
      } else if (texts != null && texts.size() != 1 && !key.isList()) {
        problems.add(key + " is one value, not a list");
      } else {
        try {
          values.put(
              key, Objects.requireNonNull(texts == null ? key.parseFallback() : key.parse(texts)));
        } catch (IllegalArgumentException e) {
          problems.add(key + ": " + e.getMessage());
        }
      }
    }
    NodeConfig config = new NodeConfig(source, values);
    if (problems.isEmpty()) {
      config.contradictions(problems);
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return config;
  }

  /** The value of a setting. */
  @SuppressWarnings("unchecked") // put by key.parse, which gives a T
  public <T> T of(Key<T> key) {
    return (T) Objects.requireNonNull(values.get(key));
  }

  /** What others are told to connect to, given what is listened on. */
  public HostPort advertised(Key<HostPort> listen, Key<List<HostPort>> advertise) {
    List<HostPort> said = of(advertise);
    return said.isEmpty() ? of(listen) : said.getFirst();
  }

  private void contradictions(List<String> problems) {
    if (of(Keys.NODE_NAME).isBlank()) {
      problems.add(Keys.NODE_NAME + " is blank");
    }
    endpoint(Keys.LISTEN_CLIENT, Keys.ADVERTISE_CLIENT, problems);
    endpoint(Keys.LISTEN_RAFT, Keys.ADVERTISE_RAFT, problems);
    endpoint(Keys.LISTEN_PEER, Keys.ADVERTISE_PEER, problems);
    endpoint(Keys.LISTEN_ADMIN, Keys.ADVERTISE_ADMIN, problems);
    endpoint(Keys.LISTEN_HTTP, Keys.ADVERTISE_HTTP, problems);

    List<Key<HostPort>> listeners =
        List.of(
            Keys.LISTEN_CLIENT,
            Keys.LISTEN_RAFT,
            Keys.LISTEN_PEER,
            Keys.LISTEN_ADMIN,
            Keys.LISTEN_HTTP);
    Map<Integer, Key<HostPort>> ports = new HashMap<>();
    for (Key<HostPort> key : listeners) {
      Key<HostPort> other = ports.putIfAbsent(of(key).port(), key);
      if (other != null) {
        problems.add(other + " and " + key + " have the same port " + of(key).port());
      }
    }
    if (of(Keys.DISK_REFUSE_WRITES_PERCENT) > of(Keys.DISK_GIVE_UP_LEADERSHIP_PERCENT)) {
      problems.add(
          contradiction(
              Keys.DISK_REFUSE_WRITES_PERCENT, "is above", Keys.DISK_GIVE_UP_LEADERSHIP_PERCENT));
    }
    if (of(Keys.RAFT_ELECTION_MIN_MILLIS) >= of(Keys.RAFT_ELECTION_MAX_MILLIS)) {
      problems.add(
          contradiction(
              Keys.RAFT_ELECTION_MIN_MILLIS, "is not below", Keys.RAFT_ELECTION_MAX_MILLIS));
    }
    if (of(Keys.WRITE_DEADLINE_MILLIS) < of(Keys.RAFT_ELECTION_MAX_MILLIS)) {
      problems.add(
          contradiction(Keys.WRITE_DEADLINE_MILLIS, "is below", Keys.RAFT_ELECTION_MAX_MILLIS)
              + ": every failover would be an unknown outcome");
    }
    if (!of(Keys.LISTEN_ADMIN).isLoopback() && of(Keys.ADMIN_TOKEN_FILE).isEmpty()) {
      problems.add(
          contradiction(
                  Keys.LISTEN_ADMIN,
                  "is not loopback, but nothing stands in",
                  Keys.ADMIN_TOKEN_FILE)
              + ": anybody could stop the node");
    }
    members(problems);
  }

  private void members(List<String> problems) {
    List<Member> members = of(Keys.CLUSTER_MEMBERS);
    if (members.isEmpty()) {
      return;
    }
    Set<String> names = new HashSet<>();
    Set<HostPort> admins = new HashSet<>();
    for (Member member : members) {
      if (!names.add(member.name()) || !admins.add(member.admin())) {
        problems.add(Keys.CLUSTER_MEMBERS + " names " + member + " twice");
      }
    }
    String self = of(Keys.NODE_NAME);
    HostPort admin = advertised(Keys.LISTEN_ADMIN, Keys.ADVERTISE_ADMIN);
    if (!names.contains(self)) {
      problems.add(
          Keys.NODE_NAME + " " + self + " is not in " + Keys.CLUSTER_MEMBERS + " " + members);
    } else if (!members.contains(new Member(self, admin))) {
      problems.add(
          Keys.CLUSTER_MEMBERS
              + " gives "
              + self
              + " another admin endpoint than "
              + (of(Keys.ADVERTISE_ADMIN).isEmpty() ? Keys.LISTEN_ADMIN : Keys.ADVERTISE_ADMIN)
              + " "
              + admin);
    }
    if (of(Keys.CLUSTER_REPLICAS) > members.size()) {
      problems.add(
          Keys.CLUSTER_REPLICAS
              + " "
              + of(Keys.CLUSTER_REPLICAS)
              + " is above the number of "
              + Keys.CLUSTER_MEMBERS
              + ", "
              + members.size());
    }
    boolean remote = members.stream().anyMatch(m -> !m.admin().isLoopback());
    if (remote && of(Keys.LISTEN_ADMIN).isLoopback()) {
      problems.add(
          Keys.LISTEN_ADMIN
              + " "
              + of(Keys.LISTEN_ADMIN)
              + " is loopback, but "
              + Keys.CLUSTER_MEMBERS
              + " are on other machines and form the cluster over it");
    }
  }

  private void endpoint(
      Key<HostPort> listen, Key<List<HostPort>> advertise, List<String> problems) {
    List<HostPort> said = of(advertise);
    if (said.isEmpty() && of(listen).isWildcard()) {
      problems.add(
          listen
              + " "
              + of(listen)
              + " is all addresses, and "
              + advertise
              + " does not say which one to connect to");
    } else if (!said.isEmpty() && said.getFirst().isWildcard()) {
      problems.add(advertise + " " + said.getFirst() + " is no address to connect to");
    }
  }

  private String contradiction(Key<?> a, String relation, Key<?> b) {
    return a + " " + of(a) + " " + relation + " " + b + " " + of(b);
  }

  private static String nearest(String name, Set<String> known) {
    String best = "";
    int bestDistance = Integer.MAX_VALUE;
    for (String each : new TreeSet<>(known)) {
      int d = distance(name, each);
      if (d < bestDistance) {
        bestDistance = d;
        best = each;
      }
    }
    return best;
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, Math.min(row[j - 1], above) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /** The first line of a file that a setting names; null if the setting names none. */
  public @Nullable String secret(Key<String> key) throws ConfigException {
    String file = of(key);
    if (file.isEmpty()) {
      return null;
    }
    try {
      String line =
          Files.readString(Path.of(file), StandardCharsets.UTF_8)
              .lines()
              .findFirst()
              .orElse("")
              .strip();
      if (line.isEmpty()) {
        throw new ConfigException(file, List.of(key + " names a file whose first line is empty"));
      }
      return line;
    } catch (IOException e) {
      throw new ConfigException(file, List.of(key + " names a file that cannot be read: " + e));
    }
  }
}
