package io.flotilla.node.raft;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Leaves out of the log what Ratis calls a warning or an error and what is neither: each of these
 * lines belongs to an ordinary change of leaders, or to a node's ordinary start or stop, which
 * Flotilla tells itself in one line.
 *
 * <p>Named in logback.xml; whoever wants to see all of Ratis takes a configuration without it.
 * Everything that is not listed here passes.
 */
public final class ExpectedOfRatis extends TurboFilter {
  private static final String RATIS = "org.apache.ratis.";

  /** A line: where it is said, what it says, and why that is no news. */
  private record Line(String logger, String words, String why) {}

  private static final List<Line> LINES =
      List.of(
          new Line(
              "GrpcLogAppender",
              " is interrupted",
              "a leader has stepped down: so its appenders end"),
          new Line(
              "GrpcLogAppender", " reply with term ", "a follower has voted for another leader"),
          new Line(
              "GrpcLogAppender",
              " reply with nextIndex ",
              "how a new leader finds where a follower's log ends"),
          new Line(
              "GrpcLogAppender",
              "Failed to resetClient",
              "the follower's connection closed after the leader's own server had"),
          new Line(
              "GrpcServerProtocolService",
              "onError, lastRequest",
              "the leader at the other end has stepped down or stopped"),
          new Line(
              "RaftServer$Division",
              "Failed to recognize",
              "an old leader's last words, after the next election"));

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      @Nullable Logger logger,
      @Nullable Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown) {
    if (logger == null
        || format == null
        || level == null
        || !level.isGreaterOrEqual(Level.WARN)
        || !logger.getName().startsWith(RATIS)) {
      return FilterReply.NEUTRAL;
    }
    return isExpected(logger.getName(), format, arguments, thrown)
        ? FilterReply.DENY
        : FilterReply.NEUTRAL;
  }

  private static boolean isExpected(
      String logger, String format, Object @Nullable [] arguments, @Nullable Throwable thrown) {
    if (isNotReady(thrown)) {
      return true; // A replica is being opened: who asks it is told so, and asks again.
    }
    if (arguments != null) {
      for (Object argument : arguments) {
        if (argument instanceof Throwable t && isNotReady(t)) {
          return true;
        }
      }
    }
    // Ratis gives some messages as a pattern and some as the argument of one.
    String said =
        arguments != null && arguments.length > 0 && arguments[0] instanceof String first
            ? format + ' ' + first
            : format;
    for (Line line : LINES) {
      if (logger.endsWith(line.logger) && said.contains(line.words)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNotReady(@Nullable Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof ServerNotReadyException) {
        return true;
      }
    }
    return false;
  }
}
