package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.RealRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real Redis, asked in batches. */
final class RealOracle implements Oracle {
  private final RealRedis redis;
  private final RealRedis.Session two;
  private final RealRedis.Session three;
  private RealRedis.Session session;

  RealOracle() {
    redis = RealRedis.start();
    two = redis.session(2);
    three = redis.session(3);
    three.anyDigits();
    session = three;
    // an expired key goes when it is met, as with us, not when a cycle finds it
    three.answer(words("DEBUG", "SET-ACTIVE-EXPIRE", "0"));
  }

  /** The server's version. */
  String version() {
    return redis.version();
  }

  /** The server, for asking it otherwise. */
  RealRedis redis() {
    return redis;
  }

  @Override
  public void begin(Frame frame) {
    session = frame.protocol() == 2 ? two : three;
    List<String> settings = new ArrayList<>(List.of("CONFIG", "SET"));
    for (Map.Entry<String, String> limit : frame.limits().entrySet()) {
      settings.add(limit.getKey());
      settings.add(limit.getValue());
    }
    settings.add("notify-keyspace-events");
    settings.add(frame.listens() ? "EA" : "");
    Reply set = session.answer(words(settings.toArray(String[]::new)));
    if (!set.equals(Reply.OK)) {
      throw new IllegalStateException("the settings are refused: " + set);
    }
    session.fresh();
  }

  private static byte[][] words(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return argv;
  }

  @Override
  public void say(byte[][] argv) {
    session.say(argv);
  }

  @Override
  public void flush() {
    session.flush();
  }

  @Override
  public Reply hear() {
    return session.hear();
  }

  @Override
  public List<String> events() {
    return session.events();
  }

  @Override
  public boolean remembersCounts() {
    return true;
  }

  @Override
  public long nowMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public void pass(long millis) {
    session.advance(millis);
  }

  @Override
  public boolean isAlive() {
    return redis.isAlive();
  }

  @Override
  public void close() {
    two.close();
    three.close();
    redis.close();
  }
}
