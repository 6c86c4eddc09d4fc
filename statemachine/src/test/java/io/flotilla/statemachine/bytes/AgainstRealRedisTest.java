package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.Notation;
import io.flotilla.statemachine.transcripts.RealRedis;
import io.flotilla.statemachine.transcripts.RespConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Numbers, patterns and slots by the thousand, each put to a real Redis too. A seed is in every
 * message; a pipeline makes it quick.
 */
@Tag("slow")
class AgainstRealRedisTest {
  private static final int ROUNDS = 4000;

  private static @Nullable RealRedis redis;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeAll
  static void start() {
    assumeTrue(RealRedis.isInstalled(), "redis-server is not installed");
    redis = RealRedis.start();
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.close();
    }
  }

  private static RealRedis redis() {
    return Objects.requireNonNull(redis, "the tests run only where redis-server does");
  }

  /** Sends all commands at once and takes all replies. */
  private static List<Reply> ask(List<byte[][]> commands) {
    try (RespConnection connection = redis().connect()) {
      commands.forEach(connection::send);
      connection.flush();
      List<Reply> replies = new ArrayList<>();
      commands.forEach(command -> replies.add(connection.receive()));
      return replies;
    }
  }

  private static byte[][] command(Object... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = words[i] instanceof byte[] bytes ? bytes : Ascii.bytes((String) words[i]);
    }
    return argv;
  }

  @Test
  void doublesAreReadAndWrittenAlike() {
    List<String> texts = new ArrayList<>();
    List<byte[][]> commands = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      String text = number();
      texts.add(text);
      commands.add(command("ZADD", "z" + i, text, "m"));
      commands.add(command("ZSCORE", "z" + i, "m"));
    }
    List<Reply> replies = ask(commands);
    boolean writesShortest = !redis().version().startsWith("7.0.");
    for (int i = 0; i < ROUNDS; i++) {
      double ours = Doubles.parse(Ascii.bytes(texts.get(i)));
      String what = "'" + texts.get(i) + "', seed " + seed;
      if (replies.get(2 * i + 1) instanceof Reply.Bulk score) {
        String text = Ascii.text(score.bytes());
        assertThat(Doubles.parse(score.bytes()) + 0.0).as(what).isEqualTo(ours + 0.0);
        if (writesShortest && ours != 0) { // a small sorted set keeps no sign of zero
          assertThat(Doubles.format(ours)).as(what).isEqualTo(text);
        }
      } else {
        assertThat(ours).as(what).isNaN();
      }
    }
  }

  @Test
  void longDoublesAddUpAlike() {
    List<String[]> terms = new ArrayList<>();
    List<byte[][]> commands = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      String[] pair = {number(), number()};
      terms.add(pair);
      commands.add(command("SET", "f" + i, pair[0]));
      commands.add(command("INCRBYFLOAT", "f" + i, pair[1]));
    }
    List<Reply> replies = ask(commands);
    for (int i = 0; i < ROUNDS; i++) {
      String what = terms.get(i)[0] + " + " + terms.get(i)[1] + ", seed " + seed;
      assertThat(sum(terms.get(i))).as(what).isEqualTo(Notation.show(replies.get(2 * i + 1)));
    }
  }

  private static String sum(String[] terms) {
    LongDouble one = LongDouble.parse(Ascii.bytes(terms[0]));
    LongDouble other = LongDouble.parse(Ascii.bytes(terms[1]));
    if (one == null || other == null) {
      return "-ERR value is not a valid float";
    }
    LongDouble sum = one.plus(other);
    return sum.isFinite()
        ? Notation.quoted(sum.format())
        : "-ERR increment would produce NaN or Infinity";
  }

  @Test
  void patternsMatchAlike() {
    List<byte[][]> commands = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      commands.add(command("FLUSHALL"));
      commands.add(command("SET", word("aAbB]-\\\u00e4\u0001", 6), "v"));
      commands.add(command("KEYS", word("aAbBc*?[]^-\\\u00e4\u0001", 9)));
    }
    List<Reply> replies = ask(commands);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] key = commands.get(3 * i + 1)[1];
      byte[] pattern = commands.get(3 * i + 2)[1];
      boolean matches =
          replies.get(3 * i + 2) instanceof Reply.Array found && !found.elements().isEmpty();
      Glob glob = new Glob(pattern);
      assertThat(glob.isEverything() || glob.matches(key))
          .as("%s against %s, seed %s", Notation.quoted(pattern), Notation.quoted(key), seed)
          .isEqualTo(matches);
    }
  }

  @Test
  void keysHaveTheSameSlots() {
    List<byte[][]> commands = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      commands.add(command("CLUSTER", "KEYSLOT", word("ab{}\u00ff", 12)));
    }
    List<Reply> replies = ask(commands);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] key = commands.get(i)[2];
      assertThat(replies.get(i))
          .as("%s, seed %s", Notation.quoted(key), seed)
          .isEqualTo(Reply.integer(HashSlot.of(key)));
    }
  }

  private byte[] word(String letters, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return Ascii.bytes(text.toString());
  }

  /** Mostly a number, in one of the ways in which people and C write them; sometimes broken. */
  private String number() {
    String text =
        switch (random.nextInt(9)) {
          case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
          case 1 -> random.nextInt(2000) - 1000 + "." + random.nextInt(100_000);
          case 2 -> String.valueOf(Double.longBitsToDouble(random.nextLong()));
          case 3 -> digits(1 + random.nextInt(30)) + "e" + (random.nextInt(80) - 40);
          case 4 -> "0x" + Long.toHexString(random.nextLong()) + "p" + (random.nextInt(200) - 100);
          case 5 -> "." + digits(1 + random.nextInt(40));
          case 6 -> digits(1 + random.nextInt(5)) + "e" + (random.nextInt(10_400) - 5200);
          case 7 -> random.nextBoolean() ? "inf" : "-Infinity";
          default -> Double.toHexString(random.nextGaussian());
        };
    if (random.nextInt(8) == 0) {
      int place = random.nextInt(text.length() + 1);
      String odd = "+-.eEpPx 0n\t";
      text =
          text.substring(0, place)
              + odd.charAt(random.nextInt(odd.length()))
              + text.substring(place);
    }
    return text;
  }

  private String digits(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) ('0' + random.nextInt(10)));
    }
    return text.toString();
  }
}
