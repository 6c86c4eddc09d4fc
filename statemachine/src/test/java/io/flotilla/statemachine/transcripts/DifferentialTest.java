package io.flotilla.statemachine.transcripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random commands on strings, keys, hashes, lists, sets, sorted sets, places, HyperLogLogs and
 * streams, now and then many in a transaction, asked of the bare machine and of a real Redis: equal
 * replies and equal events, command by command, through growth over every encoding's limits and
 * back.
 *
 * <p>{@code -Ddifferential.seed=7 -Ddifferential.commands=1000000} repeats a run or makes it
 * longer. What goes by chance (SPOP and its kin) or by another order (cursors) is left to other
 * tests.
 */
class DifferentialTest {
  /** Enough to meet most pairs of commands, in some seconds. */
  private static final long COMMANDS = Long.getLong("differential.commands", 20_000);

  /** After so many differences, each with a fresh beginning, a run ends. */
  private static final int DIFFERENCES = 8;

  /** One read of so many is followed by a look at the whole state: it takes a snapshot. */
  private static final int WATCHED_READS = 20;

  /** The commands before a difference that are shown with it. */
  private static final int SHOWN_BEFORE = 30;

  /**
   * What may be said, a line each. h l s z x: a key of hashes, lists, sets, sorted sets, sorted
   * sets of one score; m: a member or field; v: a value; n: an index or a count; o: a bit; d: a
   * score; b: a bound of scores; B: a bound of members; g: a key of places; O and A: a longitude
   * and a latitude; R: a radius; p: a key of HyperLogLogs; r: a key of streams; G: a group; C: a
   * consumer; I: an id; J: an id for a new entry. A letter and an ellipsis: many of it. A bar: one
   * of several.
   */
  private static final List<String> LINES =
      List.of(
          "HSET h m v",
          "HSET h m v m v m v",
          "HSET h mv…",
          "HMSET h m v m v",
          "HSETNX h m v",
          "HGET h m",
          "HMGET h m m m",
          "HDEL h m",
          "HDEL h m m m",
          "HDEL h m…",
          "HEXISTS h m",
          "HSTRLEN h m",
          "HLEN h",
          "HGETALL h",
          "HKEYS h",
          "HVALS h",
          "HINCRBY h m n",
          "HINCRBYFLOAT h m d",
          "OBJECT ENCODING h",
          "HRANDFIELD h 0",
          "DEL h",
          "RPUSH l v",
          "LPUSH l v v v",
          "RPUSH l v…",
          "LPUSHX l v",
          "RPUSHX l v v",
          "LPOP l",
          "RPOP l",
          "LPOP l n",
          "RPOP l n",
          "LLEN l",
          "LINDEX l n",
          "LRANGE l n n",
          "LRANGE l 0 -1",
          "LSET l n v",
          "LTRIM l n n",
          "LREM l n v",
          "LINSERT l BEFORE|AFTER v v",
          "LPOS l v",
          "LPOS l v RANK n",
          "LPOS l v COUNT n",
          "LPOS l v RANK n COUNT n MAXLEN n",
          "LMOVE l l LEFT|RIGHT LEFT|RIGHT",
          "RPOPLPUSH l l",
          "LMPOP 2 l l LEFT|RIGHT COUNT n",
          "DEL l",
          "COPY l l REPLACE",
          "SORT l ALPHA",
          "SORT l LIMIT 0 3 DESC ALPHA",
          "SADD s m",
          "SADD s m m m",
          "SADD s n n n",
          "SADD s n…",
          "SADD s m…",
          "SREM s m",
          "SREM s m m n",
          "SREM s m…",
          "SCARD s",
          "SISMEMBER s m",
          "SMISMEMBER s m n m",
          "SMEMBERS s",
          "SMOVE s s m",
          "SINTER s s",
          "SUNION s s",
          "SDIFF s s",
          "SDIFF s s s",
          "SINTERSTORE s s s",
          "SUNIONSTORE s s s",
          "SDIFFSTORE s s s",
          "SINTERCARD 2 s s LIMIT n",
          "DEL s",
          "COPY s s REPLACE",
          "ZADD z d m",
          "ZADD z NX|XX|GT|LT|CH d m d m",
          "ZADD z GT|LT|CH XX d m d m",
          "ZADD z dm…",
          "ZADD z INCR d m",
          "ZADD z GT|LT INCR d m",
          "ZINCRBY z d m",
          "ZREM z m",
          "ZREM z m m m",
          "ZREM z m…",
          "ZCARD z",
          "ZSCORE z m",
          "ZMSCORE z m m",
          "ZRANK z m",
          "ZREVRANK z m",
          "ZRANGE z n n",
          "ZRANGE z n n REV WITHSCORES",
          "ZRANGE z 0 -1 WITHSCORES",
          "ZRANGE z b b BYSCORE",
          "ZRANGE z b b BYSCORE REV LIMIT n n WITHSCORES",
          "ZRANGEBYSCORE z b b WITHSCORES LIMIT n n",
          "ZREVRANGEBYSCORE z b b",
          "ZREVRANGE z n n",
          "ZCOUNT z b b",
          "ZREMRANGEBYRANK z n n",
          "ZREMRANGEBYSCORE z b b",
          "ZPOPMIN z",
          "ZPOPMAX z n",
          "ZMPOP 2 z z MIN|MAX COUNT n",
          "ZRANGESTORE z z n n",
          "ZUNION 2 z z WITHSCORES",
          "ZINTER 2 z s WITHSCORES",
          "ZDIFF 2 z z WITHSCORES",
          "ZUNIONSTORE z 2 z s WEIGHTS d d AGGREGATE SUM|MIN|MAX",
          "ZINTERSTORE z 2 z z AGGREGATE SUM|MIN|MAX",
          "ZDIFFSTORE z 2 z s",
          "ZINTERCARD 2 z z LIMIT n",
          "OBJECT ENCODING z",
          "DEL z",
          "COPY z z REPLACE",
          "SETBIT t o 0|1",
          "SETBIT t o 0|1",
          "GETBIT t o",
          "BITCOUNT t",
          "BITCOUNT t n n",
          "BITCOUNT t n n BIT",
          "BITPOS t 0|1",
          "BITPOS t 0|1 n",
          "BITPOS t 0|1 n n",
          "BITPOS t 0|1 n n BIT",
          "BITOP AND|OR|XOR t t t",
          "BITOP NOT t t",
          "BITFIELD t SET u5 o n GET i7 o INCRBY i6 o n GET u63 o",
          "BITFIELD t OVERFLOW SAT|FAIL INCRBY u7 o n SET i9 o 300",
          "BITFIELD_RO t GET i33 o",
          "ZADD x 0 m",
          "ZADD x 0m…",
          "ZREM x m",
          "ZRANGEBYLEX x B B",
          "ZREVRANGEBYLEX x B B",
          "ZRANGEBYLEX x B B LIMIT n n",
          "ZLEXCOUNT x B B",
          "ZREMRANGEBYLEX x B B",
          "GEOADD g O A m",
          "GEOADD g NX|XX|CH O A m O A m",
          "GEOADD g OAm…",
          "GEOPOS g m m",
          "GEOHASH g m m",
          "GEODIST g m m m|km|ft|mi",
          "GEOSEARCH g FROMLONLAT O A BYRADIUS R km|mi ASC WITHDIST WITHCOORD",
          "GEOSEARCH g FROMLONLAT O A BYRADIUS R km|mi WITHHASH",
          "GEOSEARCH g FROMLONLAT O A BYBOX R R km|mi DESC COUNT n",
          "GEOSEARCH g FROMMEMBER m BYBOX R R km|mi COUNT n ANY",
          "GEORADIUS g O A R km|mi COUNT n WITHDIST",
          "GEORADIUSBYMEMBER g m R km|mi STORE g",
          "GEOSEARCHSTORE g g FROMLONLAT O A BYRADIUS R km|mi",
          "ZCARD g",
          "ZREM g m…",
          "DEL g",
          "PFADD p v",
          "PFADD p m",
          "PFADD p m…",
          "PFADD p m…",
          "PFCOUNT p p",
          "PFCOUNT p p p",
          "PFMERGE p p p",
          "PFMERGE p",
          "PFDEBUG ENCODING|DECODE|TODENSE p",
          "GET p",
          "OBJECT ENCODING p",
          "GETRANGE p 0 20",
          "DEL p",
          "XADD r J m v",
          "XADD r J f v",
          "XADD r J f v",
          "XADD r J name v level n",
          "XADD r J mv…",
          "XADD r MAXLEN ~ 40 J f v",
          "XADD r MAXLEN ~ n LIMIT 200 J f v",
          "XADD r MINID ~ I J f v",
          "XADD r MAXLEN n NOMKSTREAM J f v",
          "XADD r I f v",
          "XDEL r I",
          "XDEL r I I I",
          "XTRIM r MAXLEN n",
          "XTRIM r MAXLEN ~ 20",
          "XTRIM r MINID I",
          "XTRIM r MINID ~ I LIMIT 150",
          "XSETID r J",
          "XSETID r J ENTRIESADDED 100000 MAXDELETEDID I",
          "XLEN r",
          "XRANGE r I I",
          "XRANGE r I + COUNT 5",
          "XREVRANGE r + I COUNT 5",
          "XREVRANGE r I -",
          "XREAD COUNT 3 STREAMS r r I I",
          "XREAD STREAMS r I",
          "XREAD STREAMS r $",
          "XGROUP CREATE r G I MKSTREAM",
          "XGROUP CREATE r G $ ENTRIESREAD n",
          "XGROUP SETID r G I",
          "XGROUP SETID r G $ ENTRIESREAD 4",
          "XGROUP CREATECONSUMER r G C",
          "XGROUP DELCONSUMER r G C",
          "XGROUP DESTROY r G",
          "XREADGROUP GROUP G C COUNT 4 STREAMS r >",
          "XREADGROUP GROUP G C COUNT 4 STREAMS r >",
          "XREADGROUP GROUP G C STREAMS r >",
          "XREADGROUP GROUP G C NOACK COUNT 2 STREAMS r >",
          "XREADGROUP GROUP G C COUNT 6 STREAMS r I",
          "XACK r G I",
          "XACK r G I I I I",
          "XCLAIM r G C 0 I I I",
          "XCLAIM r G C 0 I I JUSTID",
          "XCLAIM r G C 0 I FORCE",
          "XCLAIM r G C 0 I RETRYCOUNT n LASTID I FORCE JUSTID",
          "XAUTOCLAIM r G C 0 I COUNT 3",
          "XAUTOCLAIM r G C 0 - JUSTID",
          "XPENDING r G",
          "XPENDING r G - + 20",
          "XPENDING r G I + 5 C",
          "XINFO STREAM r",
          "XINFO GROUPS r",
          "XINFO GROUPS r",
          "DEL r",
          "COPY r r REPLACE");

  /** These make their consumer in 7.2 even if it is given nothing: it is made before. */
  private static final Set<String> OF_CONSUMERS = Set.of("XREADGROUP", "XCLAIM", "XAUTOCLAIM");

  /** The milliseconds of the last id drawn for a new entry. */
  private static long streamMillis;

  private static final Set<String> WITHOUT_ORDER =
      Set.of("HGETALL", "HKEYS", "HVALS", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "KEYS");

  private static final Set<String> OF_STRINGS = Set.of("int", "embstr", "raw");

  @Test
  @Tag("slow")
  void realRedisAnswersTheSame() {
    assumeTrue(RealRedis.isInstalled(), "redis-server is not installed");
    long seed = Long.getLong("differential.seed", System.nanoTime());
    Random random = new Random(seed);
    Deque<String> before = new ArrayDeque<>();
    List<String> differences = new ArrayList<>();
    BareMachine machine = new BareMachine(new CommandTable(Families.ALL));
    try (RealRedis redis = RealRedis.start();
        RealRedis.Session session = redis.session(3)) {
      session.fresh();
      session.anyDigits();
      session.listen(true);
      machine.listen(true);
      for (long i = 0; i < COMMANDS && differences.size() < DIFFERENCES; i++) {
        try {
          if (random.nextInt(50) == 0) {
            transaction(random, machine, session, before);
          }
          command(random, machine, session, before);
        } catch (AssertionError difference) {
          differences.add("command " + i + " " + difference.getMessage());
          machine.fresh();
          session.fresh();
          machine.events();
          before.clear();
        }
      }
    }
    assertThat(differences).as("with seed %s", seed).isEmpty();
  }

  private static void command(
      Random random, BareMachine machine, RealRedis.Session session, Deque<String> before) {
    machine.watchReads(random.nextInt(WATCHED_READS) == 0);
    for (byte[][] argv : lines(random)) {
      command(argv, machine, session, before);
    }
  }

  private static void command(
      byte[][] argv, BareMachine machine, RealRedis.Session session, Deque<String> before) {
    String text = shown(argv);
    while (before.size() >= SHOWN_BEFORE) {
      before.removeFirst();
    }
    before.addLast(text);
    Reply theirs = comparable(argv, session.answer(argv));
    Reply ours = comparable(argv, session.seen(machine.answer(argv)));
    if (WITHOUT_ORDER.contains(Ascii.text(argv[0]))) {
      theirs = Notation.sorted(theirs);
      ours = Notation.sorted(ours);
    }
    assertThat(Notation.show(ours).lines())
        .as("%s\nafter %s", text, before)
        .containsExactlyElementsOf(Notation.show(theirs).lines().toList());
    assertThat(machine.events())
        .as("events of %s\nafter %s", text, before)
        .isEqualTo(session.events());
  }

  /**
   * A reply without what 7.0 and 7.2 tell differently: compact lists and sets, and collections that
   * one command makes large at once, came with 7.2. (So did ZRANGESTORE BYSCORE that begins large,
   * which keeps the sign of a zero: it is left to the transcripts.)
   */
  private static Reply comparable(byte[][] argv, Reply reply) {
    boolean encoding =
        argv.length == 3
            && Ascii.text(argv[1]).equals("ENCODING")
            && reply instanceof Reply.Bulk bulk
            && !OF_STRINGS.contains(Ascii.text(bulk.bytes()));
    if (encoding) {
      return Reply.bulk("that of a collection");
    }
    return switch (Ascii.text(argv[0])) {
      case "XPENDING" -> withoutIdleTimes(reply);
      case "XINFO" -> withoutNodes(reply);
      default -> reply;
    };
  }

  /** Pending entries without how long they are: the clocks are others. */
  private static Reply withoutIdleTimes(Reply reply) {
    if (!(reply instanceof Reply.Array all)) {
      return reply;
    }
    List<Reply> told = new ArrayList<>();
    for (Reply each : all.elements()) {
      boolean entry = each instanceof Reply.Array of && of.elements().size() == 4;
      List<Reply> elements = new ArrayList<>(entry ? ((Reply.Array) each).elements() : List.of());
      if (entry) {
        elements.set(2, Reply.ZERO);
      }
      told.add(entry ? Reply.array(elements) : each);
    }
    return Reply.array(told);
  }

  /** XINFO STREAM without the nodes of its index, of which there is another. */
  private static Reply withoutNodes(Reply reply) {
    if (!(reply instanceof Reply.Map map)) {
      return reply;
    }
    List<Reply> told = new ArrayList<>(map.keysAndValues());
    for (int i = 0; i < told.size(); i += 2) {
      if (told.get(i) instanceof Reply.Bulk name
          && Ascii.text(name.bytes()).equals("radix-tree-nodes")) {
        told.set(i + 1, Reply.ZERO);
      }
    }
    return new Reply.Map(told);
  }

  /** The same in one EXEC; its replies in one, its events in a row. */
  private static void transaction(
      Random random, BareMachine machine, RealRedis.Session session, Deque<String> before) {
    List<byte[][]> commands = new ArrayList<>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      commands.addAll(lines(random));
    }
    List<String> texts = commands.stream().map(DifferentialTest::shown).toList();
    session.answer(new byte[][] {Ascii.bytes("MULTI")});
    commands.forEach(session::answer);
    Reply theirs = session.answer(new byte[][] {Ascii.bytes("EXEC")});
    Reply ours = session.seen(machine.transaction(commands));
    assertThat(each(ours, commands))
        .as("transaction %s\nafter %s", texts, before)
        .isEqualTo(each(theirs, commands));
    assertThat(machine.events())
        .as("events of the transaction %s\nafter %s", texts, before)
        .isEqualTo(session.events());
    before.add("EXEC" + texts);
  }

  private static List<String> each(Reply replies, List<byte[][]> commands) {
    List<String> shown = new ArrayList<>();
    if (replies instanceof Reply.Array array && array.elements().size() == commands.size()) {
      for (int i = 0; i < commands.size(); i++) {
        Reply reply = comparable(commands.get(i), array.elements().get(i));
        boolean sorted = WITHOUT_ORDER.contains(Ascii.text(commands.get(i)[0]));
        shown.add(shown.size() + " " + Notation.show(sorted ? Notation.sorted(reply) : reply));
      }
    } else {
      shown.add(Notation.show(replies));
    }
    return shown;
  }

  /** A line, behind one that makes its consumer if it names one. */
  private static List<byte[][]> lines(Random random) {
    byte[][] line = line(random);
    String name = Ascii.text(line[0]);
    if (!OF_CONSUMERS.contains(name)) {
      return List.<byte[][]>of(line);
    }
    boolean reads = name.equals("XREADGROUP");
    byte[] key = reads ? line[line.length - 2] : line[1];
    byte[][] consumer = {
      Ascii.bytes("XGROUP"), Ascii.bytes("CREATECONSUMER"), key, line[2], line[3]
    };
    return List.of(consumer, line);
  }

  private static byte[][] line(Random random) {
    String[] words = LINES.get(random.nextInt(LINES.size())).split(" ", -1);
    List<String> argv = new ArrayList<>();
    for (String word : words) {
      if (word.endsWith("…")) {
        String letters = word.substring(0, word.length() - 1);
        for (int i = 1 + random.nextInt(200); i > 0; i--) {
          letters.chars().forEach(letter -> argv.add(argument(random, (char) letter)));
        }
      } else if (word.contains("|")) {
        String[] choices = word.split("\\|", -1);
        argv.add(choices[random.nextInt(choices.length)]);
      } else if (word.length() == 1 && !argv.isEmpty()) {
        argv.add(argument(random, word.charAt(0)));
      } else {
        argv.add(word);
      }
    }
    return argv.stream().map(Ascii::bytes).toArray(byte[][]::new);
  }

  private static String argument(Random random, char letter) {
    return switch (letter) {
      case 'a' -> argument(random, "hlszxtttgp".charAt(random.nextInt(10)));
      case 'e' ->
          switch (random.nextInt(6)) {
            case 0 -> "1000";
            case 1 -> "-5";
            default -> "" + (9_999_999_990_000L + random.nextInt(5));
          };
      case 'o' -> "" + random.nextInt(120);
      case 'O' -> String.format(Locale.ROOT, "%.6f", random.nextDouble() * 360 - 180);
      case 'A' -> String.format(Locale.ROOT, "%.6f", random.nextDouble() * 150 - 75);
      case 'R' -> "" + (random.nextInt(4) == 0 ? random.nextInt(9000) : random.nextInt(900));
      case 'h', 'l', 's', 'z', 'x', 't', 'g', 'p' ->
          letter != 'x' && random.nextInt(300) == 0 ? "{k}h0" : "{k}" + letter + random.nextInt(3);
      case 'r' -> random.nextInt(300) == 0 ? "{k}h0" : "{k}r" + random.nextInt(3);
      case 'G' -> "group" + random.nextInt(2);
      case 'C' -> "consumer" + random.nextInt(3);
      case 'J' -> {
        streamMillis += random.nextInt(3);
        yield streamMillis + (random.nextInt(3) == 0 ? "-" + random.nextInt(5) : "-*");
      }
      case 'I' ->
          Math.max(0, streamMillis + 2 - random.nextInt(random.nextInt(8) == 0 ? 400 : 40))
              + (random.nextInt(3) == 0 ? "" : "-" + random.nextInt(3));
      case 'm' ->
          random.nextInt(400) == 0
              ? "long:" + "m".repeat(60 + random.nextInt(10)) + random.nextInt(3)
              : random.nextInt(4) == 0
                  ? "" + (random.nextInt(300) - 100)
                  : "member:" + random.nextInt(300);
      case 'v' ->
          switch (random.nextInt(12)) {
            case 0 -> "v".repeat(random.nextInt(80));
            case 1 -> "" + (random.nextLong() >> random.nextInt(64));
            case 2 -> random.nextInt(40) == 0 ? "w".repeat(9000) : "";
            default -> "" + random.nextInt(30);
          };
      case 'n' ->
          "" + (random.nextInt(20) == 0 ? random.nextInt(400) - 200 : random.nextInt(14) - 4);
      case 'd' -> score(random);
      case 'b' -> (random.nextInt(3) == 0 ? "(" : "") + score(random);
      case 'B' ->
          switch (random.nextInt(8)) {
            case 0 -> "-";
            case 1 -> "+";
            case 2 -> "[";
            case 3 -> "(" + argument(random, 'm');
            default -> "[" + argument(random, 'm');
          };
      default -> String.valueOf(letter);
    };
  }

  private static String score(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> random.nextInt(8) == 0 ? "inf" : "100";
      case 1 -> random.nextInt(8) == 0 ? "-inf" : "-100";
      case 2 -> String.format(Locale.ROOT, "%.3f", random.nextGaussian() * 50);
      case 3 -> String.format(Locale.ROOT, "%.5e", random.nextGaussian() * 1e20);
      default -> "" + (random.nextInt(60) - 20);
    };
  }

  private static String shown(byte[][] argv) {
    StringBuilder text = new StringBuilder();
    for (byte[] argument : argv) {
      String shown = Ascii.text(argument);
      text.append(shown.length() > 100 ? shown.substring(0, 20) + "…" + shown.length() : shown);
      text.append(' ');
    }
    return text.length() > 300 ? text.substring(0, 300) + "…" : text.toString();
  }
}
