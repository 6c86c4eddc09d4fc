package io.flotilla.node.session;

import io.flotilla.node.resp.RequestLimits;
import java.util.concurrent.TimeUnit;

/**
 * What all sessions go by; operators may change most of it while they run, by CONFIG SET.
 *
 * @param password the default user's; empty: none is asked for
 * @param maxClients Redis's maxclients
 * @param timeoutSeconds Redis's timeout: closes a connection that has been idle for longer; 0 never
 * @param outputHardBytes Redis's client-output-buffer-limit for normal clients: closed at once
 *     beyond it; 0 none
 * @param outputSoftBytes closed when beyond it for {@code outputSoftSeconds}; 0 none
 * @param outputSoftSeconds see there
 * @param slowLogMicros Redis's slowlog-log-slower-than; negative: nothing is logged
 * @param slowLogLength Redis's slowlog-max-len
 * @param linearizableReplicaReads whether reads on READONLY connections are as fresh as the
 *     leader's
 * @param debugCommand whether DEBUG is answered
 * @param parkMillis how long a command waits for its shard to have a leader that serves: see {@link
 *     Parking}; from the node's file
 * @param maxTransactionBytes what a MULTI queue may hold: it is one log entry, so it is bounded as
 *     a single request is; from the node's file
 */
public record SessionSettings(
    String password,
    int maxClients,
    long timeoutSeconds,
    long outputHardBytes,
    long outputSoftBytes,
    long outputSoftSeconds,
    long slowLogMicros,
    int slowLogLength,
    boolean linearizableReplicaReads,
    DebugCommand debugCommand,
    long parkMillis,
    long maxTransactionBytes) {
  /** Whether DEBUG is answered: Redis's enable-debug-command. */
  public enum DebugCommand {
    NO,
    YES,
    /** Only to clients on this machine. */
    LOCAL
  }

  /** Redis's defaults. */
  public static final SessionSettings DEFAULTS =
      new SessionSettings(
          "",
          10_000,
          0,
          0,
          0,
          0,
          10_000,
          128,
          false,
          DebugCommand.NO,
          1_500,
          RequestLimits.DEFAULT_MAX_REQUEST_BYTES);

  long parkNanos() {
    return TimeUnit.MILLISECONDS.toNanos(parkMillis);
  }

  public SessionSettings withPassword(String value) {
    return new SessionSettings(
        value,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withMaxClients(int value) {
    return new SessionSettings(
        password,
        value,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withTimeoutSeconds(long value) {
    return new SessionSettings(
        password,
        maxClients,
        value,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withOutputLimit(long hardBytes, long softBytes, long softSeconds) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        hardBytes,
        softBytes,
        softSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withSlowLogMicros(long value) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        value,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withSlowLogLength(int value) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        value,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withLinearizableReplicaReads(boolean value) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        value,
        debugCommand,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withDebugCommand(DebugCommand value) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        value,
        parkMillis,
        maxTransactionBytes);
  }

  public SessionSettings withParkMillis(long value) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        value,
        maxTransactionBytes);
  }

  public SessionSettings withMaxTransactionBytes(long value) {
    return new SessionSettings(
        password,
        maxClients,
        timeoutSeconds,
        outputHardBytes,
        outputSoftBytes,
        outputSoftSeconds,
        slowLogMicros,
        slowLogLength,
        linearizableReplicaReads,
        debugCommand,
        parkMillis,
        value);
  }
}
