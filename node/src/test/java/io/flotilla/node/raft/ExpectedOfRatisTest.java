package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.spi.FilterReply;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.apache.ratis.protocol.exceptions.GroupMismatchException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.junit.jupiter.api.Test;

/** Ratis' words about ordinary things stay out of the log, and nothing else does. */
class ExpectedOfRatisTest {
  private static final LoggerContext CONTEXT = new LoggerContext();
  private static final Logger APPENDER =
      CONTEXT.getLogger("org.apache.ratis.grpc.server.GrpcLogAppender");

  private final ExpectedOfRatis filter = new ExpectedOfRatis();

  private FilterReply decide(Logger logger, String format, Object... arguments) {
    return filter.decide(null, logger, Level.WARN, format, arguments, null);
  }

  @Test
  void anOrdinaryChangeOfLeadersIsNoWarning() {
    assertThat(decide(APPENDER, "{} is interrupted: {}", "n1->n2", "x"))
        .isEqualTo(FilterReply.DENY);
    assertThat(decide(APPENDER, "{}: received {} reply with term {}", "n1->n2", "NOT_LEADER", 4))
        .isEqualTo(FilterReply.DENY);
    assertThat(
            decide(
                CONTEXT.getLogger("org.apache.ratis.grpc.server.GrpcServerProtocolService"),
                "{}",
                "n1: APPEND_ENTRIES onError, lastRequest: null"))
        .isEqualTo(FilterReply.DENY);
  }

  @Test
  void aReplicaThatOpensIsNoErrorWhereverTheExceptionStands() {
    ServerNotReadyException opening = new ServerNotReadyException("opens");
    assertThat(filter.decide(null, APPENDER, Level.ERROR, "x", null, opening))
        .isEqualTo(FilterReply.DENY);
    assertThat(
            filter.decide(null, APPENDER, Level.ERROR, "x", null, new CompletionException(opening)))
        .isEqualTo(FilterReply.DENY);
    assertThat(decide(APPENDER, "{}: Failed appendEntries* {}", "n1", "r", opening))
        .isEqualTo(FilterReply.DENY);
  }

  @Test
  void trueTroubleAndWhatOthersSayPass() {
    assertThat(
            filter.decide(
                null, APPENDER, Level.WARN, "failed", null, new GroupMismatchException("no group")))
        .isEqualTo(FilterReply.NEUTRAL);
    assertThat(filter.decide(null, APPENDER, Level.ERROR, "x", null, new IOException("disk")))
        .isEqualTo(FilterReply.NEUTRAL);
    assertThat(decide(CONTEXT.getLogger("io.flotilla.node.Main"), "{} is interrupted", "x"))
        .isEqualTo(FilterReply.NEUTRAL);
    assertThat(filter.decide(null, APPENDER, Level.INFO, "{} is interrupted", null, null))
        .as("levels below a warning are the configuration's")
        .isEqualTo(FilterReply.NEUTRAL);
  }
}
