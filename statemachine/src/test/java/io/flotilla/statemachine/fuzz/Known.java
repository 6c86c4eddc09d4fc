package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.Notation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Where Redis 7.0, which is asked, and 7.2, which is meant, are known to answer differently, and
 * what no two servers answer alike. Each has its reason; nothing else may differ. {@code
 * docs/testing.md} tells them too.
 */
final class Known {
  /** What two clocks may be apart within a run. */
  private static final long TOLERANCE_MILLIS = 120_000;

  /** The order of a hash table is nobody's promise. */
  private static final Set<String> WITHOUT_ORDER =
      Set.of("HGETALL", "HKEYS", "HVALS", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "KEYS");

  private static final Set<String> OF_TIME = Set.of("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME");

  private static final Set<String> OF_STRINGS = Set.of("int", "embstr", "raw");

  /** What XINFO tells of time, of the index's nodes, and what 7.2 tells otherwise or first. */
  private static final Set<String> OF_STREAMS =
      Set.of("radix-tree-nodes", "radix-tree-keys", "idle", "inactive", "seen-time", "active-time");

  private static final Pattern SIGNED_ZERO = Pattern.compile("-0(?![0-9]|\\.[0-9]*[1-9])");

  private Known() {}

  /** Whether the replies are the same but for what is known. */
  static boolean same(Line line, Reply ours, Reply theirs, int protocol) {
    String name = line.name();
    if (WITHOUT_ORDER.contains(name)) {
      return Notation.show(Notation.sorted(seen(ours, protocol)))
          .equals(Notation.show(Notation.sorted(theirs)));
    }
    if (Sameness.same(ours, theirs, protocol)) {
      return true;
    }
    // where the keys stand is the node's question, and Redis's ways to ask it are its own
    if (isError(theirs, "CROSSSLOT") && ours instanceof Reply.Error) {
      return true;
    }
    if (OF_TIME.contains(name)) {
      return isNear(ours, theirs, name.startsWith("P") ? 1 : 1000);
    }
    return switch (name) {
      // payloads: ours are not compressed; what is in them is compared by restoring them
      case "DUMP" -> ours instanceof Reply.Bulk && theirs instanceof Reply.Bulk;
      // 7.2 has one database in a cluster, and tells another one at once; 7.0 reads on, and refuses
      // it in the end
      case "COPY" ->
          isError(ours, "ERR DB index is out of range")
              && (isError(theirs, "ERR Copying to another database")
                  || isError(theirs, "ERR syntax error"));
      case "SORT", "SORT_RO" ->
          isSortedByNothing(line, seen(ours, protocol), theirs)
              || isSpoiltByEarlierOverflow(line, ours, theirs);
      // with COUNT only a part is sorted, by a way that leaves equals in no order
      case "GEOSEARCH", "GEORADIUS", "GEORADIUS_RO", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO" ->
          hasWord(line, "COUNT")
              && Notation.show(Notation.sorted(seen(ours, protocol)))
                  .equals(Notation.show(Notation.sorted(theirs)));
      // 7.2 has WITHSCORE
      case "ZRANK", "ZREVRANK" ->
          line.size() >= 4 && isError(theirs, "ERR wrong number of arguments");
      // 7.2 names the command as it does elsewhere
      case "XREAD", "XREADGROUP" ->
          isError(theirs, "ERR Unbalanced " + name + " list")
              && isError(
                  ours, "ERR Unbalanced '" + line.text(0).toLowerCase(Locale.ROOT) + "' list");
      case "OBJECT" ->
          (isOfCollection(ours) && isOfCollection(theirs))
              // INCRBYFLOAT leaves a whole number as text, by which nobody but this can tell it
              || (isText(ours, "int") && isText(theirs, "embstr"))
              // PFADD and PFDEBUG make a short value their own, even if they change nothing
              || (isText(ours, "embstr") && isText(theirs, "raw"));
      case "XPENDING", "XINFO" ->
          Notation.show(comparable(line, seen(ours, protocol)))
              .equals(Notation.show(comparable(line, theirs)));
      default -> false;
    };
  }

  /**
   * Whether a sorted set may be large behind it that is compact with us: ZRANGESTORE of a range
   * that 7.0 does not count before, and SORT, which makes the sorted set that it reads large.
   */
  static boolean makesLarge(Line line) {
    return switch (line.name()) {
      case "ZRANGESTORE" -> hasWord(line, "BYLEX") || hasWord(line, "BYSCORE");
      case "SORT", "SORT_RO" -> true;
      default -> false;
    };
  }

  /** A compact sorted set keeps a zero as an integer, which has no sign; a large one keeps it. */
  static boolean sameButForSignOfZero(String ours, String theirs) {
    return withoutSignOfZero(ours).equals(withoutSignOfZero(theirs));
  }

  private static String withoutSignOfZero(String shown) {
    return SIGNED_ZERO.matcher(shown).replaceAll("0");
  }

  /** The same on both sides: a reply as a connection shows it. */
  static Reply seen(Reply ours, int protocol) {
    return Notation.withoutDigits(protocol == 2 ? Notation.resp2(ours) : Notation.resp3(ours));
  }

  /** Whether it is an error that begins so. */
  private static boolean isError(Reply reply, String words) {
    return reply instanceof Reply.Error error && error.text().startsWith(words);
  }

  /** A set that is sorted by nothing comes in no order; with LIMIT, only its number can be told. */
  private static boolean isSortedByNothing(Line line, Reply ours, Reply theirs) {
    if (!hasWord(line, "BY")
        || !(ours instanceof Reply.Array a)
        || !(theirs instanceof Reply.Array b)) {
      return false;
    }
    return hasWord(line, "LIMIT")
        ? a.elements().size() == b.elements().size()
        : Notation.show(Notation.sorted(a)).equals(Notation.show(Notation.sorted(b)));
  }

  /**
   * SORT takes every number for one that overflows if one did in an earlier command: C's errno is
   * still set. With STORE the two sides go apart from there on, so that is told.
   */
  private static boolean isSpoiltByEarlierOverflow(Line line, Reply ours, Reply theirs) {
    return isError(theirs, "ERR One or more scores can't be converted into double")
        && ours instanceof Reply.Array
        && !hasWord(line, "STORE");
  }

  private static boolean hasWord(Line line, String word) {
    return IntStream.range(2, line.size()).anyMatch(i -> line.word(i).equals(word));
  }

  private static boolean isNear(Reply ours, Reply theirs, long millisAUnit) {
    return ours instanceof Reply.Int a
        && theirs instanceof Reply.Int b
        && a.value() > 0
        && b.value() > 0
        && Math.abs(a.value() - b.value()) <= TOLERANCE_MILLIS / millisAUnit;
  }

  /**
   * Compact lists and sets, and collections that one command makes large at once, came with 7.2. So
   * did ZRANGESTORE BYSCORE that begins large.
   */
  private static boolean isOfCollection(Reply reply) {
    return reply instanceof Reply.Bulk bulk && !OF_STRINGS.contains(Ascii.text(bulk.bytes()));
  }

  private static boolean isText(Reply reply, String text) {
    return reply instanceof Reply.Bulk bulk && Ascii.text(bulk.bytes()).equals(text);
  }

  private static Reply comparable(Line line, Reply reply) {
    return line.name().equals("XPENDING") ? withoutIdleTimes(reply) : withoutTimes(reply);
  }

  /** Pending entries without how long they are: the clocks are others. */
  private static Reply withoutIdleTimes(Reply reply) {
    if (!(reply instanceof Reply.Array all)) {
      return reply;
    }
    List<Reply> told = new ArrayList<>();
    for (Reply each : all.elements()) {
      if (each instanceof Reply.Array entry && entry.elements().size() == 4) {
        List<Reply> elements = new ArrayList<>(entry.elements());
        elements.set(2, Reply.ZERO);
        told.add(Reply.array(elements));
      } else {
        told.add(each);
      }
    }
    return Reply.array(told);
  }

  /**
   * XINFO without what it tells of time and of its index, by the fields' names, whether they are a
   * map's or stand in an array in turn; and a pending entry's time of delivery, an integer of Unix
   * milliseconds wherever it stands.
   */
  private static Reply withoutTimes(Reply reply) {
    return switch (reply) {
      case Reply.Map map -> new Reply.Map(withoutTimes(map.keysAndValues()));
      case Reply.Array array -> Reply.array(withoutTimes(array.elements()));
      case Reply.Int number when number.value() > 1_000_000_000_000L -> Reply.ZERO;
      default -> reply;
    };
  }

  private static List<Reply> withoutTimes(List<? extends Reply> elements) {
    List<Reply> told = new ArrayList<>();
    for (int i = 0; i < elements.size(); i++) {
      if (elements.get(i) instanceof Reply.Bulk name
          && OF_STREAMS.contains(Ascii.text(name.bytes()))) {
        i++;
      } else {
        told.add(withoutTimes(elements.get(i)));
      }
    }
    return told;
  }
}
