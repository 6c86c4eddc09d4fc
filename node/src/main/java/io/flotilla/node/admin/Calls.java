package io.flotilla.node.admin;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a service's method and answers with its value or with a status. */
final class Calls {
  private static final Logger log = LoggerFactory.getLogger(Calls.class);

  private static final long TELLING_NANOS = 1_000_000_000;

  private Calls() {}

  static <R> void answer(String selfId, StreamObserver<R> observer, Callable<R> body) {
    R value;
    try {
      value = body.call();
    } catch (Exception e) {
      fail(selfId, observer, e);
      return;
    }
    observer.onNext(value);
    observer.onCompleted();
  }

  static void fail(String selfId, StreamObserver<?> observer, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    Throwable cause = Errors.unwrap(e);
    if (!(cause instanceof AdminException) && !(cause instanceof io.grpc.StatusRuntimeException)) {
      log.debug("an admin call failed", cause);
    }
    observer.onError(Errors.status(e, selfId));
  }

  /** What is left of the caller's deadline, at most this long. */
  static Duration timeout(Duration most) {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return most;
    }
    long left = Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    return left < most.toNanos() ? Duration.ofNanos(left) : most;
  }

  /**
   * The same for what this call asks of others: short of the caller's deadline by what it takes to
   * tell the caller which of them did not answer.
   */
  static Duration timeoutOfOthers(Duration most) {
    long whole = timeout(most).toNanos();
    return Duration.ofNanos(whole - Math.min(whole / 10, TELLING_NANOS));
  }
}
