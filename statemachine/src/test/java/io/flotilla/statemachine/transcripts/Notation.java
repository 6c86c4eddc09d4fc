package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.reply.Reply;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The notation of replies in transcripts: one line for most, read and written without loss.
 *
 * <pre>
 *   OK                    a status of one word             +"two words"   any other status
 *   -ERR syntax error     an error, to the end of line     -"ERR …"       an error within an array
 *   12                    an integer                       1.5  2.0  inf  a double: never without point, e or inf
 *   "bytes\r\n\x00"       a bulk string                    "ab"*500       500 times the same bytes
 *   nil  nil[]            the missing value, array         true  false    truth values
 *   ["a", 1]  {"k": "v"}  array, map                       ~["a"]         a set
 *   [("a", 1.0)]          pairs: nested in RESP3, flat in RESP2
 *   {("k", "v")}          a map in RESP3, an array of pairs in RESP2
 *   #"123"  ="txt:…"      big number, verbatim string      >["a"]         a push
 * </pre>
 *
 * <p>The full description is in {@code README.md} beside the transcripts.
 */
public final class Notation {
  /** Replies longer than this in one line are shown with an element a line. */
  private static final int LINE = 96;

  /** Runs of one byte from this length on are shown as a product. */
  private static final int LONG_RUN = 48;

  private Notation() {}

  // ---------------------------------------------------------------- writing

  /** A reply as it stands in a file; more lines than one where it is long. */
  public static String show(Reply reply) {
    if (reply instanceof Reply.Error error
        && error.text().indexOf('\n') < 0
        && !error.text().endsWith(" ")) {
      return "-" + error.text();
    }
    String line = inline(reply);
    if (line.length() <= LINE) {
      return line;
    }
    return switch (reply) {
      case Reply.Array array when !array.elements().isEmpty() -> tall("[", array.elements(), "]");
      case Reply.Set set when !set.elements().isEmpty() -> tall("~[", set.elements(), "]");
      case Reply.Map map -> {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < map.keysAndValues().size(); i += 2) {
          text.append(i == 0 ? "\n  " : ",\n  ")
              .append(inline(map.keysAndValues().get(i)))
              .append(": ")
              .append(inline(map.keysAndValues().get(i + 1)));
        }
        yield text.append('}').toString();
      }
      case Reply.Pairs pairs -> "[" + tallPairs(pairs.firstsAndSeconds()) + "]";
      case Reply.MapOfPairs map -> "{" + tallPairs(map.keysAndValues()) + "}";
      default -> line;
    };
  }

  private static String tall(String open, List<? extends Reply> elements, String close) {
    StringBuilder text = new StringBuilder(open);
    for (int i = 0; i < elements.size(); i++) {
      text.append(i == 0 ? "\n  " : ",\n  ").append(inline(elements.get(i)));
    }
    return text.append(close).toString();
  }

  private static String tallPairs(List<? extends Reply> flat) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < flat.size(); i += 2) {
      text.append(i == 0 ? "\n  " : ",\n  ").append(pair(flat, i));
    }
    return text.toString();
  }

  /** A reply in one line. */
  public static String inline(Reply reply) {
    return switch (reply) {
      case Reply.Simple simple ->
          isWord(simple.text()) ? simple.text() : "+" + quoted(Ascii.bytes(simple.text()));
      case Reply.Error error -> "-" + quoted(Ascii.bytes(error.text()));
      case Reply.Int integer -> Long.toString(integer.value());
      case Reply.Bulk bulk -> quoted(bulk.bytes());
      case Reply.Nil nil -> "nil";
      case Reply.NilArray nilArray -> "nil[]";
      case Reply.Array array -> list("[", array.elements());
      case Reply.Set set -> list("~[", set.elements());
      case Reply.Push push -> list(">[", push.elements());
      case Reply.Map map -> {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < map.keysAndValues().size(); i += 2) {
          parts.add(
              inline(map.keysAndValues().get(i)) + ": " + inline(map.keysAndValues().get(i + 1)));
        }
        yield "{" + String.join(", ", parts) + "}";
      }
      case Reply.Pairs pairs -> "[" + inlinePairs(pairs.firstsAndSeconds()) + "]";
      case Reply.MapOfPairs map -> "{" + inlinePairs(map.keysAndValues()) + "}";
      case Reply.Double number -> {
        String text = number.text();
        yield text.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9')) ? text + ".0" : text;
      }
      case Reply.Bool truth -> truth.value() ? "true" : "false";
      case Reply.BigNumber number -> "#" + quoted(Ascii.bytes(number.digits()));
      case Reply.Verbatim verbatim ->
          "=" + quoted(Ascii.bytes(verbatim.format() + ":" + Ascii.text(verbatim.bytes())));
      case Reply.Elsewhere elsewhere -> "elsewhere " + elsewhere.slot();
    };
  }

  private static String inlinePairs(List<? extends Reply> flat) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < flat.size(); i += 2) {
      parts.add(pair(flat, i));
    }
    return String.join(", ", parts);
  }

  private static String pair(List<? extends Reply> flat, int i) {
    return "(" + inline(flat.get(i)) + ", " + inline(flat.get(i + 1)) + ")";
  }

  private static String list(String open, List<? extends Reply> elements) {
    return open + String.join(", ", elements.stream().map(Notation::inline).toList()) + "]";
  }

  private static boolean isWord(String text) {
    return !text.isEmpty()
        && text.chars().allMatch(c -> (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        && !List.of("nil", "true", "false", "inf", "nan").contains(text);
  }

  /** Bytes between quotes, with escapes where they are not printable. */
  public static String quoted(byte[] bytes) {
    if (bytes.length >= LONG_RUN) {
      boolean same = true;
      for (byte b : bytes) {
        same &= b == bytes[0];
      }
      if (same) {
        return quoted(new byte[] {bytes[0]}) + "*" + bytes.length;
      }
    }
    StringBuilder text = new StringBuilder("\"");
    for (byte b : bytes) {
      switch (b) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (b >= ' ' && b < 127) {
            text.append((char) b);
          } else {
            text.append("\\x")
                .append(Character.forDigit((b >> 4) & 15, 16))
                .append(Character.forDigit(b & 15, 16));
          }
        }
      }
    }
    return text.append('"').toString();
  }

  // ---------------------------------------------------------------- what RESP2 makes of it

  /** The reply as RESP2 shows it: flat, without the types that it has not. */
  public static Reply resp2(Reply reply) {
    return switch (reply) {
      case Reply.Double number -> Reply.bulk(number.text());
      case Reply.Bool truth -> Reply.yesNo(truth.value());
      case Reply.BigNumber number -> Reply.bulk(number.digits());
      case Reply.Verbatim verbatim -> Reply.bulk(verbatim.bytes());
      case Reply.Array array -> resp2(array.elements());
      case Reply.Set set -> resp2(set.elements());
      case Reply.Push push -> resp2(push.elements());
      case Reply.Map map -> resp2(map.keysAndValues());
      case Reply.Pairs pairs -> resp2(pairs.firstsAndSeconds());
      case Reply.MapOfPairs map -> Reply.array(inTwos(resp2Each(map.keysAndValues())));
      case Reply.Simple simple -> simple;
      case Reply.Error error -> error;
      case Reply.Int integer -> integer;
      case Reply.Bulk bulk -> bulk;
      case Reply.Nil nil -> nil;
      case Reply.NilArray nilArray -> nilArray;
      case Reply.Elsewhere elsewhere -> elsewhere;
    };
  }

  private static Reply resp2(List<? extends Reply> elements) {
    return Reply.array(resp2Each(elements));
  }

  private static List<Reply> resp2Each(List<? extends Reply> elements) {
    return elements.stream().map(Notation::resp2).toList();
  }

  private static List<Reply> inTwos(List<Reply> flat) {
    List<Reply> arrays = new ArrayList<>();
    for (int i = 0; i < flat.size(); i += 2) {
      arrays.add(Reply.array(flat.get(i), flat.get(i + 1)));
    }
    return arrays;
  }

  /** The reply as RESP3 shows it: pairs are arrays of two, and there is one nil. */
  public static Reply resp3(Reply reply) {
    return switch (reply) {
      case Reply.Pairs pairs -> Reply.array(inTwos(resp3(pairs.firstsAndSeconds())));
      case Reply.MapOfPairs map -> new Reply.Map(resp3(map.keysAndValues()));
      case Reply.NilArray nilArray -> Reply.NIL;
      case Reply.Array array -> Reply.array(resp3(array.elements()));
      case Reply.Set set -> new Reply.Set(resp3(set.elements()));
      case Reply.Push push -> new Reply.Push(resp3(push.elements()));
      case Reply.Map map -> new Reply.Map(resp3(map.keysAndValues()));
      case Reply.Simple simple -> simple;
      case Reply.Error error -> error;
      case Reply.Int integer -> integer;
      case Reply.Bulk bulk -> bulk;
      case Reply.Nil nil -> nil;
      case Reply.Double number -> number;
      case Reply.Bool truth -> truth;
      case Reply.BigNumber number -> number;
      case Reply.Verbatim verbatim -> verbatim;
      case Reply.Elsewhere elsewhere -> elsewhere;
    };
  }

  private static List<Reply> resp3(List<? extends Reply> elements) {
    return elements.stream().map(Notation::resp3).toList();
  }

  /**
   * The reply with the doubles of its arrays as who reads them knows them: seventeen decimals of a
   * small one are not all of it.
   */
  public static Reply withoutDigits(Reply reply) {
    return switch (reply) {
      case Reply.Double number when number.digits() != null ->
          new Reply.Double(Doubles.parse(Ascii.bytes(number.text())));
      case Reply.Array array ->
          Reply.array(array.elements().stream().map(Notation::withoutDigits).toList());
      default -> reply;
    };
  }

  /**
   * What was meant, told by what RESP3 and RESP2 showed of it: pairs are nested in the one and flat
   * in the other, a map of pairs the other way round, and only RESP2 knows the missing array.
   */
  public static Reply merged(Reply three, Reply two) {
    if (three instanceof Reply.Nil && two instanceof Reply.NilArray) {
      return Reply.NIL_ARRAY;
    }
    if (three instanceof Reply.Map map && two instanceof Reply.Array array) {
      return merged(map.keysAndValues(), array.elements());
    }
    if (three instanceof Reply.Array outer && two instanceof Reply.Array flat) {
      boolean paired =
          !outer.elements().isEmpty()
              && flat.elements().size() == 2 * outer.elements().size()
              && outer.elements().stream()
                  .allMatch(e -> e instanceof Reply.Array pair && pair.elements().size() == 2);
      if (paired) {
        List<Reply> both = new ArrayList<>();
        outer.elements().forEach(e -> both.addAll(((Reply.Array) e).elements()));
        return new Reply.Pairs(both);
      }
      if (outer.elements().size() == flat.elements().size()) {
        List<Reply> elements = new ArrayList<>();
        for (int i = 0; i < flat.elements().size(); i++) {
          elements.add(merged(outer.elements().get(i), flat.elements().get(i)));
        }
        return Reply.array(elements);
      }
    }
    return three;
  }

  private static Reply merged(List<? extends Reply> map, List<? extends Reply> array) {
    boolean flat = map.size() == array.size();
    boolean nested = 2 * array.size() == map.size();
    List<Reply> meant = new ArrayList<>();
    for (int i = 0; i < map.size(); i++) {
      Reply two =
          flat
              ? array.get(i)
              : nested
                      && array.get(i / 2) instanceof Reply.Array pair
                      && pair.elements().size() == 2
                  ? pair.elements().get(i % 2)
                  : map.get(i);
      meant.add(merged(map.get(i), two));
    }
    return nested && !flat ? new Reply.MapOfPairs(meant) : new Reply.Map(meant);
  }

  /** The reply with the elements of its sets, maps and arrays of plain things in order. */
  public static Reply sorted(Reply reply) {
    Comparator<Reply> order = Comparator.comparing(Notation::inline);
    return switch (reply) {
      case Reply.Array array -> {
        List<Reply> elements =
            new ArrayList<>(array.elements().stream().map(Notation::sorted).toList());
        if (elements.stream().noneMatch(Notation::isNested)) {
          elements.sort(order);
        }
        yield Reply.array(elements);
      }
      case Reply.Set set -> new Reply.Set(set.elements().stream().sorted(order).toList());
      case Reply.Map map -> new Reply.Map(sortedPairs(map.keysAndValues()));
      case Reply.Pairs pairs -> new Reply.Pairs(sortedPairs(pairs.firstsAndSeconds()));
      default -> reply;
    };
  }

  private static boolean isNested(Reply reply) {
    return reply instanceof Reply.Array
        || reply instanceof Reply.Set
        || reply instanceof Reply.Map
        || reply instanceof Reply.Pairs
        || reply instanceof Reply.MapOfPairs;
  }

  private static List<Reply> sortedPairs(List<? extends Reply> flat) {
    List<List<Reply>> pairs = new ArrayList<>();
    for (int i = 0; i < flat.size(); i += 2) {
      pairs.add(Arrays.asList(flat.get(i), flat.get(i + 1)));
    }
    pairs.sort(Comparator.comparing(pair -> inline(pair.get(0))));
    List<Reply> sorted = new ArrayList<>();
    pairs.forEach(sorted::addAll);
    return sorted;
  }

  // ---------------------------------------------------------------- reading

  /** The reply that this text shows. */
  public static Reply parse(String text) {
    String trimmed = text.strip();
    if (trimmed.startsWith("-")
        && trimmed.length() > 1
        && Character.isLetter(trimmed.charAt(1))
        && !trimmed.equals("-inf")) {
      return new Reply.Error(trimmed.substring(1));
    }
    Parser parser = new Parser(trimmed);
    Reply reply = parser.reply();
    if (parser.place != trimmed.length()) {
      throw new IllegalArgumentException(
          "not a reply from column " + (parser.place + 1) + " on: " + text);
    }
    return reply;
  }

  /** Splits a command line into arguments: words, quoted strings and products. */
  public static byte[][] arguments(String line) {
    List<byte[]> arguments = new ArrayList<>();
    Parser parser = new Parser(line);
    parser.skipSpace();
    while (parser.place < line.length()) {
      arguments.add(parser.peek() == '"' ? parser.bytes() : parser.word());
      parser.skipSpace();
    }
    return arguments.toArray(byte[][]::new);
  }

  private static final class Parser {
    private final String text;
    private int place;

    Parser(String text) {
      this.text = text;
    }

    Reply reply() {
      skipSpace();
      char c = peek();
      return switch (c) {
        case '"' -> Reply.bulk(bytes());
        case '[' -> {
          place++;
          yield arrayOrPairs();
        }
        case '{' -> {
          place++;
          skipSpace();
          yield peek() == '(' ? new Reply.MapOfPairs(pairs("}")) : new Reply.Map(pairsTo('}', ':'));
        }
        case '~' -> {
          expect("~[");
          yield new Reply.Set(elements());
        }
        case '>' -> {
          expect(">[");
          yield new Reply.Push(elements());
        }
        case '+' -> {
          place++;
          yield new Reply.Simple(Ascii.text(bytes()));
        }
        case '#' -> {
          place++;
          yield new Reply.BigNumber(Ascii.text(bytes()));
        }
        case '=' -> {
          place++;
          String content = Ascii.text(bytes());
          yield new Reply.Verbatim(content.substring(0, 3), Ascii.bytes(content.substring(4)));
        }
        case '-' -> {
          if (place + 1 < text.length() && text.charAt(place + 1) == '"') {
            place++;
            yield new Reply.Error(Ascii.text(bytes()));
          }
          yield wordReply(token());
        }
        default -> wordReply(token());
      };
    }

    private Reply wordReply(String token) {
      return switch (token) {
        case "nil" -> {
          if (text.startsWith("[]", place)) {
            place += 2;
            yield Reply.NIL_ARRAY;
          }
          yield Reply.NIL;
        }
        case "true" -> new Reply.Bool(true);
        case "false" -> new Reply.Bool(false);
        case "inf" -> new Reply.Double(Double.POSITIVE_INFINITY);
        case "-inf" -> new Reply.Double(Double.NEGATIVE_INFINITY);
        case "nan" -> new Reply.Double(Double.NaN);
        default -> {
          if (token.matches("-?[0-9]+")) {
            yield new Reply.Int(Long.parseLong(token));
          }
          if (token.matches("-?[0-9].*")) {
            String number = token.endsWith(".0") ? token.substring(0, token.length() - 2) : token;
            double value = Doubles.parse(Ascii.bytes(number));
            yield Reply.Double.written(value, number);
          }
          if (isWord(token)) {
            yield new Reply.Simple(token);
          }
          throw new IllegalArgumentException("no reply is written '" + token + "' in: " + text);
        }
      };
    }

    private Reply arrayOrPairs() {
      skipSpace();
      return peek() == '(' ? new Reply.Pairs(pairs("]")) : Reply.array(elements());
    }

    private List<Reply> pairs(String close) {
      List<Reply> flat = new ArrayList<>();
      do {
        skipSpace();
        expect("(");
        flat.add(reply());
        skipSpace();
        expect(",");
        flat.add(reply());
        skipSpace();
        expect(")");
        skipSpace();
      } while (maybe(','));
      expect(close);
      return flat;
    }

    private List<Reply> elements() {
      List<Reply> elements = new ArrayList<>();
      skipSpace();
      if (maybe(']')) {
        return elements;
      }
      do {
        elements.add(reply());
        skipSpace();
      } while (maybe(','));
      expect("]");
      return elements;
    }

    private List<Reply> pairsTo(char close, char between) {
      List<Reply> flat = new ArrayList<>();
      skipSpace();
      if (maybe(close)) {
        return flat;
      }
      do {
        flat.add(reply());
        skipSpace();
        expect(String.valueOf(between));
        flat.add(reply());
        skipSpace();
      } while (maybe(','));
      expect(String.valueOf(close));
      return flat;
    }

    /** A quoted string, perhaps times a number. */
    byte[] bytes() {
      expect("\"");
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      while (peek() != '"') {
        char c = text.charAt(place++);
        if (c != '\\') {
          out.writeBytes(String.valueOf(c).getBytes(java.nio.charset.StandardCharsets.UTF_8));
          continue;
        }
        char escape = text.charAt(place++);
        switch (escape) {
          case 'n' -> out.write('\n');
          case 'r' -> out.write('\r');
          case 't' -> out.write('\t');
          case 'x' -> {
            out.write(Integer.parseInt(text.substring(place, place + 2), 16));
            place += 2;
          }
          case '"', '\\' -> out.write(escape);
          default -> throw new IllegalArgumentException("no escape \\" + escape + " in: " + text);
        }
      }
      place++;
      byte[] once = out.toByteArray();
      if (!maybe('*')) {
        return once;
      }
      int times = Integer.parseInt(token());
      byte[] all = new byte[once.length * times];
      for (int i = 0; i < times; i++) {
        System.arraycopy(once, 0, all, i * once.length, once.length);
      }
      return all;
    }

    byte[] word() {
      int from = place;
      while (place < text.length() && text.charAt(place) != ' ') {
        place++;
      }
      return text.substring(from, place).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private String token() {
      int from = place;
      while (place < text.length() && " \n,:)]}[".indexOf(text.charAt(place)) < 0) {
        place++;
      }
      return text.substring(from, place);
    }

    void skipSpace() {
      while (place < text.length() && Character.isWhitespace(text.charAt(place))) {
        place++;
      }
    }

    char peek() {
      if (place >= text.length()) {
        throw new IllegalArgumentException("ends too early: " + text);
      }
      return text.charAt(place);
    }

    private boolean maybe(char c) {
      if (place < text.length() && text.charAt(place) == c) {
        place++;
        return true;
      }
      return false;
    }

    private void expect(String wanted) {
      if (!text.startsWith(wanted, place)) {
        throw new IllegalArgumentException(
            "'" + wanted + "' is missing at column " + (place + 1) + " of: " + text);
      }
      place += wanted.length();
    }
  }
}
