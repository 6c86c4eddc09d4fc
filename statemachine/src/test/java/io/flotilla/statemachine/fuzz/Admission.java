package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.CommandTable;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which lines may be said: those that the machine answers by itself, whose keys are all in one slot
 * (CROSSSLOT is the node's answer), which do not depend on the pace of two clocks, and which do not
 * ask a server for gigabytes.
 */
final class Admission {
  /** From here on an offset is out of every range, below it is memory. */
  private static final long BEYOND_MEMORY = 1L << 32;

  private static final long SMALL_OFFSET = 100_000;

  /** Nobody's run takes so many seconds. */
  private static final long LONG_SECONDS = 1_000_000;

  /** The first year whose deadlines no run meets, in seconds. */
  private static final long FAR_SECONDS = 4_000_000_000L;

  /** These make their consumer in 7.2 even if it is given nothing: it is made before. */
  private static final Set<String> OF_CONSUMERS = Set.of("XREADGROUP", "XCLAIM", "XAUTOCLAIM");

  private static final Set<String> OF_OFFSETS =
      Set.of("SETRANGE", "SETBIT", "GETBIT", "BITFIELD", "BITFIELD_RO");
  private static final Set<String> BY_CHANCE =
      Set.of("SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER", "RANDOMKEY");
  private static final Set<String> OF_CURSORS = Set.of("SCAN", "SSCAN", "HSCAN", "ZSCAN");
  private static final Set<String> OF_IDLE_TIMES = Set.of("XCLAIM", "XAUTOCLAIM", "XPENDING");

  /** What gives members scores. */
  private static final Set<String> OF_SCORES =
      Set.of(
          "ZADD",
          "ZINCRBY",
          "GEOADD",
          "GEORADIUS",
          "GEORADIUSBYMEMBER",
          "GEOSEARCHSTORE",
          "ZUNIONSTORE",
          "ZINTERSTORE",
          "ZDIFFSTORE",
          "ZRANGESTORE",
          "RESTORE");

  /** What puts a value in another place. */
  private static final Set<String> OF_PLACES = Set.of("COPY", "RENAME", "RENAMENX");

  /** What changes bytes of a string. */
  private static final Set<String> OF_BYTES =
      Set.of("SETRANGE", "SETBIT", "APPEND", "BITFIELD", "BITOP");

  /** Below it, Redis's sum of a field's greatest value and this goes over 64 bits. */
  private static final long LOWEST = -(1L << 62);

  private final CommandTable table;

  Admission(CommandTable table) {
    this.table = table;
  }

  boolean admits(Line line) {
    byte[][] argv = line.argv();
    Command command = table.find(argv);
    if (command == null
        || command.body() instanceof Body.Node
        || command.body() instanceof Body.Container
        || command.body() instanceof Body.Fixed) {
      return false;
    }
    return keysAreInOneSlot(command, argv)
        && !isByChance(line)
        && isCheap(line)
        && isTimeless(line)
        && isDefined(line);
  }

  /** Whether a whole test case may be said. */
  boolean admitsAll(List<Step> steps) {
    Line before = Line.of("");
    for (Step step : steps) {
      if (!step.isPipelined()) {
        continue;
      }
      for (Line line : step.lines()) {
        if (!admits(line) || (step.kind() == Step.Kind.TRANSACTION && !isQueued(line))) {
          return false;
        }
        if (namesConsumer(line)) {
          Line consumer = consumer(line);
          if (consumer == null || !consumer.shown().equals(before.shown())) {
            return false;
          }
        }
        before = line;
      }
    }
    return true;
  }

  /** Whether it is one of those before which their consumer is made. */
  static boolean namesConsumer(Line line) {
    return OF_CONSUMERS.contains(line.name());
  }

  /** What makes the consumer that a line names; null where its place cannot be told. */
  static @Nullable Line consumer(Line line) {
    int place = 1;
    if (line.name().equals("XREADGROUP")) {
      int streams = 1;
      while (streams < line.size() && !line.word(streams).equals("STREAMS")) {
        streams++;
      }
      if (line.size() != streams + 3 || !line.word(1).equals("GROUP")) {
        return null;
      }
      place = streams + 1;
    }
    boolean known =
        line.size() > 3
            && line.text(place).startsWith(Values.TAG)
            && line.text(2).startsWith("group")
            && line.text(3).startsWith("consumer");
    return known
        ? Line.of("XGROUP", "CREATECONSUMER", line.text(place), line.text(2), line.text(3))
        : null;
  }

  /** Whether MULTI queues it, here and in 7.0, which has no WITHSCORE. */
  boolean isQueued(Line line) {
    Command command = table.find(line.argv());
    boolean ofNewer =
        line.size() >= 4 && (line.name().equals("ZRANK") || line.name().equals("ZREVRANK"));
    return command != null
        && command.acceptsCount(line.size())
        && !ofNewer
        && namesItsKeysPlainly(line);
  }

  /**
   * Whether Redis looks for the keys where we do: it takes the number of keys as C's atoi takes it,
   * and a STORE for one wherever it stands, and answers CROSSSLOT before anything else. A single
   * command changes nothing then; a transaction is given up as a whole.
   */
  private static boolean namesItsKeysPlainly(Line line) {
    return switch (line.name()) {
      case "ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD", "SINTERCARD", "LMPOP", "ZMPOP" ->
          number(line.argv()[1]) > 0;
      case "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE" -> number(line.argv()[2]) > 0;
      case "GEORADIUS", "GEORADIUSBYMEMBER", "SORT" -> {
        for (int i = 1; i < line.size(); i++) {
          if (line.word(i).startsWith("STORE")
              && (i + 1 == line.size() || !line.text(i + 1).startsWith(Values.TAG))) {
            yield false;
          }
        }
        yield true;
      }
      default -> true;
    };
  }

  private static boolean keysAreInOneSlot(Command command, byte[][] argv) {
    if (!command.acceptsCount(argv.length)) {
      return true;
    }
    int[] places = command.keyPlaces(argv);
    if (places != null) {
      for (int place : places) {
        if (!Ascii.text(argv[place]).startsWith(Values.TAG)) {
          return false;
        }
      }
    }
    return true;
  }

  /** A count of zero goes by no chance. */
  private static boolean isByChance(Line line) {
    return OF_CURSORS.contains(line.name())
        || (BY_CHANCE.contains(line.name()) && !line.word(2).equals("0"));
  }

  private static boolean isCheap(Line line) {
    if (!OF_OFFSETS.contains(line.name())) {
      return true;
    }
    boolean fields = line.name().startsWith("BITFIELD");
    for (int i = 2; i < line.size(); i++) {
      boolean offset = fields ? isType(line.word(i - 1)) : i == 2;
      String text = line.text(i);
      long number = number(Ascii.bytes(text.startsWith("#") ? text.substring(1) : text));
      if (offset && number > SMALL_OFFSET && number < BEYOND_MEMORY) {
        return false;
      }
    }
    return true;
  }

  /**
   * Not what no documentation says the end of: ranges by member where scores differ, values of a
   * HyperLogLog that were changed as strings, and BITFIELD's SAT of a number so low that Redis
   * saturates it at the wrong end.
   */
  private static boolean isDefined(Line line) {
    String name = line.name();
    boolean byMember = name.contains("LEX");
    boolean saturates = false;
    for (int i = 1; i < line.size(); i++) {
      byMember |= line.word(i).equals("BYLEX");
      saturates |= line.word(i).equals("SAT");
    }
    for (int i = 1; i < line.size(); i++) {
      // an id of the server's own clock; 7.2 refuses ids below the greatest deleted one, 7.0 takes
      // them
      if ((name.equals("XADD") && line.text(i).equals("*")) || name.equals("XSETID")) {
        return false;
      }
      // beyond 62 bits of milliseconds between its entries a node of ours ends, where Redis's goes
      // on
      if (name.equals("XADD") && line.text(i).matches("[0-9]{19,}(-.*)?")) {
        return false;
      }
      if (name.equals("BITFIELD") && saturates && number(line.argv()[i]) < LOWEST) {
        return false;
      }
      char kind = kind(line, i);
      if (byMember && kind != 'x' && i == (name.equals("ZRANGESTORE") ? 2 : 1)) {
        return false;
      }
      if (kind == 'x' && OF_SCORES.contains(name) && (i == 1 || !name.endsWith("STORE"))) {
        return name.equals("ZADD") && hasOneScore(line);
      }
      if (kind == 'x' && i == 2 && OF_PLACES.contains(name)) {
        return false;
      }
      if (kind == 'p' && OF_BYTES.contains(name)) {
        return false;
      }
      if (kind == 't' && name.startsWith("PF")) {
        return false;
      }
      if (OF_PLACES.contains(name) && i <= 2 && (kind == 'p') != (kind(line, 3 - i) == 'p')) {
        return false;
      }
    }
    return true;
  }

  /** The letter of a key that stands here; a space where none does. */
  private static char kind(Line line, int place) {
    String text = place < line.size() ? line.text(place) : "";
    return text.startsWith(Values.TAG) && text.length() > Values.TAG.length()
        ? text.charAt(Values.TAG.length())
        : ' ';
  }

  /** Whether all scores are 0, behind the key and no options. */
  private static boolean hasOneScore(Line line) {
    for (int i = 2; i < line.size(); i += 2) {
      if (!line.text(i).equals("0")) {
        return false;
      }
    }
    return true;
  }

  private static boolean isType(String word) {
    return word.startsWith("U") || word.startsWith("I");
  }

  private static boolean isTimeless(Line line) {
    for (int i = 2; i < line.size(); i++) {
      long number = number(line.argv()[i]);
      String before = line.word(i - 1);
      boolean fine =
          switch (line.name()) {
            case "EXPIRE", "SETEX" -> i != 2 || isLong(number, 1);
            case "PEXPIRE", "PSETEX", "RESTORE" -> i != 2 || isLong(number, 1000);
            case "EXPIREAT" -> i != 2 || isNoTimeOfOurs(number, 1);
            case "PEXPIREAT" -> i != 2 || isNoTimeOfOurs(number, 1000);
            case "SET", "GETEX" ->
                switch (before) {
                  case "EX" -> isLong(number, 1);
                  case "PX" -> isLong(number, 1000);
                  case "EXAT" -> isNoTimeOfOurs(number, 1);
                  case "PXAT" -> isNoTimeOfOurs(number, 1000);
                  default -> true;
                };
            default ->
                !OF_IDLE_TIMES.contains(line.name())
                    || (i != 4 && !before.equals("IDLE") && !before.equals("TIME"))
                    || isLong(number, 1000);
          };
      if (!fine) {
        return false;
      }
    }
    return true;
  }

  /** Past, or so far ahead that a run does not meet it. */
  private static boolean isLong(long number, long unitsASecond) {
    return number <= 0 || number / unitsASecond >= LONG_SECONDS;
  }

  /** Whether it is a point in time that has been, of those that are admitted. */
  static boolean isPast(byte[] time) {
    return number(time) < LONG_SECONDS * 1000;
  }

  private static boolean isNoTimeOfOurs(long number, long unitsASecond) {
    long seconds = number / unitsASecond;
    return seconds < LONG_SECONDS || seconds > FAR_SECONDS;
  }

  /** The number that these bytes are; 0 where they are none. */
  private static long number(byte[] bytes) {
    return bytes.length <= Integers.MAX_LENGTH && Integers.isStrict(bytes)
        ? Integers.parseStrict(bytes)
        : 0;
  }
}
