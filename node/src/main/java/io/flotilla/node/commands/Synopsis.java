package io.flotilla.node.commands;

import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A command's reference line taken apart, as COMMAND DOCS tells it: redis-cli makes its hints of
 * it.
 *
 * <pre>
 *   ZADD key [NX | XX] [INCR] score member [score member ...]
 *        │    │         │      └ block, multiple: score, member
 *        │    │         └ pure-token, optional
 *        │    └ oneof, optional: pure-tokens NX and XX
 *        └ key
 * </pre>
 *
 * <p>The line is the only source, so the two cannot differ; that nothing is lost on the way is
 * tested by putting each line together again. What the line cannot say, the types of plain words,
 * is told by their names.
 */
final class Synopsis {
  /** What an argument is, in Redis's words. */
  enum Type {
    STRING,
    INTEGER,
    DOUBLE,
    KEY,
    PATTERN,
    UNIX_TIME,
    PURE_TOKEN,
    ONEOF,
    BLOCK;

    private String redisName() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * An argument.
   *
   * @param token the word before it; empty if there is none
   * @param isTokenRepeated whether the word is said again with each of several
   * @param parts of a block or a oneof; else empty
   */
  record Argument(
      String name,
      Type type,
      String token,
      boolean isOptional,
      boolean isMultiple,
      boolean isTokenRepeated,
      List<Argument> parts) {
    private Argument optional() {
      return new Argument(name, type, token, true, isMultiple, isTokenRepeated, parts);
    }

    private Argument multiple(boolean tokenToo) {
      return new Argument(name, type, token, isOptional, true, tokenToo, parts);
    }

    private Argument behind(String word) {
      return new Argument(name, type, word, isOptional, isMultiple, isTokenRepeated, parts);
    }

    /** The argument as it stands in the line. */
    String line() {
      String once = once(true);
      String all =
          isMultiple ? once + " [" + (isTokenRepeated ? once : once(false)) + " ...]" : once;
      return isOptional ? "[" + all + "]" : all;
    }

    private String once(boolean withToken) {
      String before = withToken && !token.isEmpty() ? token + " " : "";
      return switch (type) {
        case PURE_TOKEN -> token;
        case ONEOF -> {
          String choice = String.join(" | ", parts.stream().map(Argument::line).toList());
          yield before + (isOptional && token.isEmpty() ? choice : "<" + choice + ">");
        }
        case BLOCK -> before + Synopsis.line(parts);
        case STRING, INTEGER, DOUBLE, KEY, PATTERN, UNIX_TIME -> before + name;
      };
    }
  }

  private static final String MORE = "...";

  private static final Set<String> KEYS =
      Set.of("key", "newkey", "source", "destination", "key1", "key2", "destkey");

  private static final Set<String> INTEGERS =
      Set.of(
          "numkeys",
          "count",
          "cursor",
          "index",
          "start",
          "stop",
          "end",
          "offset",
          "limit",
          "rank",
          "len",
          "length",
          "seconds",
          "milliseconds",
          "decrement",
          "bit",
          "num-matches",
          "slot",
          "numreplicas",
          "numlocal",
          "timeout",
          "protover",
          "destination-db",
          "db",
          "ttl",
          "client-id");

  private static final Set<String> DOUBLES =
      Set.of("score", "weight", "longitude", "latitude", "radius", "width", "height");

  private final List<String> words;
  private int at;

  private Synopsis(List<String> words) {
    this.words = words;
  }

  /** The arguments behind the command's name, which is so many words long. */
  static List<Argument> of(String reference, int nameWords) {
    List<String> words = new ArrayList<>();
    for (String word : reference.replaceAll("([\\[\\]<>])", " $1 ").trim().split(" +", -1)) {
      words.add(word);
    }
    return new Synopsis(words.subList(nameWords, words.size())).sequence();
  }

  /** The line of these arguments. */
  static String line(List<Argument> arguments) {
    return String.join(" ", arguments.stream().map(Argument::line).toList());
  }

  private boolean isAt(String word) {
    return at < words.size() && words.get(at).equals(word);
  }

  private static boolean isToken(String word) {
    return word.equals(word.toUpperCase(Locale.ROOT));
  }

  private static boolean isWord(String word) {
    return !Set.of("[", "]", "<", ">", "|").contains(word);
  }

  /** Up to a closing bracket, a bar or the end. */
  private List<Argument> sequence() {
    List<Argument> all = new ArrayList<>();
    while (at < words.size() && !isAt("]") && !isAt(">") && !isAt("|")) {
      if (isAt("[")) {
        bracket(all);
      } else if (isAt("<")) {
        all.add(choice(">"));
      } else if (isToken(words.get(at))) {
        all.add(behindToken(words.get(at++)));
      } else {
        all.add(plain(words.get(at++)));
      }
    }
    return all;
  }

  /** A token and what belongs to it: plain words, choices, and their repetitions. */
  private Argument behindToken(String token) {
    List<Argument> own = new ArrayList<>();
    while (at < words.size()) {
      if (isAt("<")) {
        own.add(choice(">"));
      } else if (isWord(words.get(at)) && !isToken(words.get(at))) {
        own.add(plain(words.get(at++)));
      } else if (own.isEmpty() || !isAt("[") || !isRepetition() || !repeat(own)) {
        break; // what is said again without the token is marked; else the token is said again too
      }
    }
    return switch (own.size()) {
      case 0 ->
          new Argument(
              token.toLowerCase(Locale.ROOT),
              Type.PURE_TOKEN,
              token,
              false,
              false,
              false,
              List.of());
      case 1 -> own.get(0).behind(token);
      default ->
          new Argument(token.toLowerCase(Locale.ROOT), Type.BLOCK, token, false, false, false, own);
    };
  }

  /** Whether the bracket that begins here ends in "...", before another one does. */
  private boolean isRepetition() {
    int depth = 0;
    for (int i = at; i < words.size(); i++) {
      String word = words.get(i);
      if (word.equals("[")) {
        depth++;
      } else if (word.equals("]") && --depth == 0) {
        return words.get(i - 1).equals(MORE);
      }
    }
    return false;
  }

  private void bracket(List<Argument> before) {
    if (isRepetition() && repeat(before)) {
      return;
    }
    at++;
    Argument inside = alternatives();
    at++; // the bracket
    before.add(inside.optional());
  }

  /** Marks what is said again as multiple; false if nothing before the bracket is what it holds. */
  private boolean repeat(List<Argument> before) {
    StringBuilder text = new StringBuilder();
    int depth = 1;
    int end = at + 1;
    for (; depth > 0; end++) {
      String word = words.get(end);
      depth += word.equals("[") ? 1 : word.equals("]") ? -1 : 0;
      if (depth > 0 && !word.equals(MORE)) {
        text.append(' ').append(word);
      }
    }
    String again =
        text.toString().replaceAll("([\\[<]) ", "$1").replaceAll(" ([\\]>])", "$1").trim();
    for (int from = before.size() - 1; from >= 0; from--) {
      List<Argument> tail = before.subList(from, before.size());
      if (line(tail).equals(again)) {
        Argument one =
            tail.size() == 1
                ? tail.get(0)
                : new Argument("data", Type.BLOCK, "", false, false, false, List.copyOf(tail));
        boolean tokenToo = !one.token.isEmpty();
        tail.clear();
        before.add(one.multiple(tokenToo));
        at = end;
        return true;
      }
    }
    Argument last = before.isEmpty() ? null : before.get(before.size() - 1);
    if (last != null && !last.token.isEmpty() && last.once(false).equals(again)) {
      before.set(before.size() - 1, last.multiple(false));
      at = end;
      return true;
    }
    return false;
  }

  /**
   * What stands between brackets of the one kind or the other: a sequence, or a choice of several.
   */
  private Argument alternatives() {
    List<Argument> choices = new ArrayList<>();
    choices.add(one(sequence()));
    while (isAt("|")) {
      at++;
      choices.add(one(sequence()));
    }
    return choices.size() == 1
        ? choices.get(0)
        : new Argument(nameOf(choices), Type.ONEOF, "", false, false, false, choices);
  }

  private Argument choice(String close) {
    at++;
    Argument inside = alternatives();
    if (!isAt(close)) {
      throw new IllegalStateException("a choice does not end in " + close + ": " + words);
    }
    at++;
    return inside.type == Type.ONEOF
        ? inside
        : new Argument(inside.name, Type.ONEOF, "", false, false, false, List.of(inside));
  }

  private static Argument one(List<Argument> sequence) {
    return sequence.size() == 1
        ? sequence.get(0)
        : new Argument(nameOf(sequence), Type.BLOCK, "", false, false, false, sequence);
  }

  private static String nameOf(List<Argument> parts) {
    return String.join("-", parts.stream().limit(2).map(Argument::name).toList());
  }

  private static Argument plain(String name) {
    return new Argument(name, typeOf(name), "", false, false, false, List.of());
  }

  private static Type typeOf(String name) {
    if (KEYS.contains(name)) {
      return Type.KEY;
    }
    if (name.equals("pattern")) {
      return Type.PATTERN;
    }
    if (name.startsWith("unix-time")) {
      return Type.UNIX_TIME;
    }
    return INTEGERS.contains(name)
        ? Type.INTEGER
        : DOUBLES.contains(name) ? Type.DOUBLE : Type.STRING;
  }

  /** The arguments in the shape of COMMAND DOCS; keys are numbered by their order. */
  static Reply told(List<Argument> arguments, int keySpecs) {
    return told(arguments, new int[] {0}, keySpecs);
  }

  private static Reply told(List<Argument> arguments, int[] nextKey, int keySpecs) {
    return Reply.array(arguments.stream().map(each -> told(each, nextKey, keySpecs)).toList());
  }

  private static Reply told(Argument argument, int[] nextKey, int keySpecs) {
    List<Reply> doc = new ArrayList<>();
    add(doc, "name", Reply.bulk(argument.name));
    add(doc, "type", Reply.bulk(argument.type.redisName()));
    boolean isContainer = argument.type == Type.ONEOF || argument.type == Type.BLOCK;
    if (!isContainer) {
      add(doc, "display_text", Reply.bulk(argument.name));
    }
    if (argument.type == Type.KEY && keySpecs > 0) {
      add(doc, "key_spec_index", Reply.integer(Math.min(nextKey[0]++, keySpecs - 1)));
    }
    if (!argument.token.isEmpty()) {
      add(doc, "token", Reply.bulk(argument.token));
    }
    List<Reply> flags = new ArrayList<>();
    if (argument.isOptional) {
      flags.add(new Reply.Simple("optional"));
    }
    if (argument.isMultiple) {
      flags.add(new Reply.Simple("multiple"));
    }
    if (argument.isTokenRepeated) {
      flags.add(new Reply.Simple("multiple_token"));
    }
    if (!flags.isEmpty()) {
      add(doc, "flags", new Reply.Set(flags));
    }
    if (isContainer) {
      add(doc, "arguments", told(argument.parts, nextKey, keySpecs));
    }
    return new Reply.Map(doc);
  }

  private static void add(List<Reply> doc, String name, Reply value) {
    doc.add(Reply.bulk(name));
    doc.add(value);
  }
}
