package io.flotilla.node.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting of a node: its name in the file, what its value is, what stands if the file says
 * nothing, and why.
 *
 * <p>Units are part of the name ({@code …-millis}, {@code …-bytes}, {@code …-percent}), so a value
 * is a plain number.
 *
 * @param <T> the value's type; a key whose value may be absent has an {@link
 *     java.util.Optional}-like type of its own, never null
 */
public final class Key<T> {
  private final String name;
  private final String type;
  private final @Nullable String fallback;
  private final String meaning;
  private final String reason;
  private final Function<List<String>, T> parser;
  private final boolean list;

  private Key(
      String name,
      String type,
      @Nullable String fallback,
      String meaning,
      String reason,
      boolean list,
      Function<List<String>, T> parser) {
    this.name = name;
    this.type = type;
    this.fallback = fallback;
    this.meaning = meaning;
    this.reason = reason;
    this.list = list;
    this.parser = parser;
  }

  /** The name with dots, as {@code listen.client}. */
  public String name() {
    return name;
  }

  /** What its value may be, as the reference page says it: "1 to 8", "links or grpc". */
  public String type() {
    return type;
  }

  /** The value's text if the file says nothing; null if it must say something. */
  @Nullable String fallback() {
    return fallback;
  }

  /** The value's text if the file says nothing, for people: empty where it must say something. */
  public String defaultText() {
    return fallback == null ? "" : fallback;
  }

  /** What the setting means, one sentence or two. */
  public String meaning() {
    return meaning;
  }

  String reason() {
    return reason;
  }

  boolean isList() {
    return list;
  }

  /**
   * The value of these texts: one, or for a list any number; an IllegalArgumentException says what
   * is wrong.
   */
  T parse(List<String> texts) {
    return parser.apply(texts);
  }

  T parseFallback() {
    String text = Objects.requireNonNull(fallback);
    return parser.apply(
        list ? (text.isEmpty() ? List.of() : List.of(text.split(","))) : List.of(text));
  }

  private static <T> Key<T> scalar(
      String name,
      String type,
      @Nullable String fallback,
      String meaning,
      String reason,
      Function<String, T> parser) {
    return new Key<>(
        name, type, fallback, meaning, reason, false, texts -> parser.apply(texts.getFirst()));
  }

  static Key<String> text(String name, @Nullable String fallback, String meaning, String reason) {
    return scalar(name, "text", fallback, meaning, reason, text -> text);
  }

  static Key<Path> path(String name, @Nullable String fallback, String meaning, String reason) {
    return scalar(name, "path", fallback, meaning, reason, Path::of);
  }

  static Key<HostPort> endpoint(
      String name, @Nullable String fallback, String meaning, String reason) {
    return scalar(name, "host:port", fallback, meaning, reason, HostPort::parse);
  }

  /** An endpoint that may be left out: then the list is empty. */
  static Key<List<HostPort>> maybeEndpoint(String name, String meaning, String reason) {
    return scalar(
        name,
        "host:port or nothing",
        "",
        meaning,
        reason,
        text -> text.isEmpty() ? List.of() : List.of(HostPort.parse(text)));
  }

  static Key<Boolean> bool(String name, boolean fallback, String meaning, String reason) {
    return scalar(
        name,
        "true or false",
        Boolean.toString(fallback),
        meaning,
        reason,
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default ->
                  throw new IllegalArgumentException("\"" + text + "\" is neither true nor false");
            });
  }

  static Key<Integer> integer(
      String name, int fallback, int min, int max, String meaning, String reason) {
    return scalar(
        name,
        min + " to " + max,
        Integer.toString(fallback),
        meaning,
        reason,
        text -> Math.toIntExact(number(text, min, max)));
  }

  static Key<Long> longInteger(
      String name, long fallback, long min, long max, String meaning, String reason) {
    return scalar(
        name,
        min + " to " + max,
        Long.toString(fallback),
        meaning,
        reason,
        text -> number(text, min, max));
  }

  static <E extends Enum<E>> Key<E> choice(String name, E fallback, String meaning, String reason) {
    E[] all = fallback.getDeclaringClass().getEnumConstants();
    List<String> words = new ArrayList<>();
    for (E e : all) {
      words.add(e.name().toLowerCase(Locale.ROOT));
    }
    return scalar(
        name,
        String.join(" or ", words),
        fallback.name().toLowerCase(Locale.ROOT),
        meaning,
        reason,
        text -> {
          int at = words.indexOf(text);
          if (at < 0) {
            throw new IllegalArgumentException(
                "\"" + text + "\" is not " + String.join(" or ", words));
          }
          return all[at];
        });
  }

  static <T> Key<List<T>> list(
      String name, String type, String meaning, String reason, Function<String, T> element) {
    return new Key<>(
        name,
        "list of " + type,
        "",
        meaning,
        reason,
        true,
        texts -> texts.stream().map(element).toList());
  }

  private static long number(String text, long min, long max) {
    long value;
    try {
      value = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + text + "\" is not a whole number", e);
    }
    if (value < min || value > max) {
      throw new IllegalArgumentException(text + " is not in " + min + " to " + max);
    }
    return value;
  }

  @Override
  public String toString() {
    return name;
  }
}
