package io.flotilla.cli;

import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.admin.ImportBegin;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One conversation with one node: a file goes there as fast as the node takes it, and comes back as
 * places up to which it is loaded.
 *
 * <p>For one caller; gRPC's thread only notes what it hears.
 */
final class ImportCall implements ClientResponseObserver<ImportRequest, ImportProgress> {
  /** A message: some milliseconds of work for a cluster. */
  private static final int CHUNK_BYTES = 256 * 1024;

  /** A node gives up itself after less; one that says nothing at all for so long hangs. */
  private static final Duration SILENCE = Duration.ofSeconds(90);

  private static final long LOOK_MILLIS = 200;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable ClientCallStreamObserver<ImportRequest> requests;
  private @Nullable ImportProgress latest;
  private @Nullable StatusRuntimeException failure;
  private boolean ended;
  private long heardNanos = System.nanoTime();

  /**
   * Sends the file from the beginning's place on, and returns what the node said last.
   *
   * @param heard hears each place, on the caller's thread
   * @throws CliException as the node's failure has it
   */
  ImportProgress run(
      AdminSession session, ImportBegin begin, DumpFile file, Consumer<ImportProgress> heard) {
    session.stream().importFile(this);
    ClientCallStreamObserver<ImportRequest> out = Objects.requireNonNull(requests);
    try {
      out.onNext(ImportRequest.newBuilder().setBegin(begin).build());
      long offset = begin.getFrom().getOffset();
      while (await(out, heard)) {
        ByteBuffer bytes = file.read(offset, CHUNK_BYTES);
        if (!bytes.hasRemaining()) {
          out.onCompleted();
          break;
        }
        offset += bytes.remaining();
        out.onNext(
            ImportRequest.newBuilder().setData(UnsafeByteOperations.unsafeWrap(bytes)).build());
      }
      awaitEnd(heard);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      out.cancel("interrupted", e);
      throw new CliException(ExitCode.PART_WAY, "interrupted", "The import was interrupted.", e);
    }
    return result(session);
  }

  private void awaitEnd(Consumer<ImportProgress> heard) throws InterruptedException {
    if (await(null, heard)) {
      throw new AssertionError("nothing is left to be sent");
    }
  }

  private ImportProgress result(AdminSession session) {
    lock.lock();
    try {
      if (failure != null) {
        throw session.failure(failure, true);
      }
      if (latest == null || !latest.getDone()) {
        throw session.failure(
            Status.UNAVAILABLE.withDescription("The node ended early").asRuntimeException(), true);
      }
      return latest;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until more can be sent, or all is over; tells what was heard. False when it is over. */
  private boolean await(
      @Nullable ClientCallStreamObserver<ImportRequest> out, Consumer<ImportProgress> heard)
      throws InterruptedException {
    ImportProgress told = null;
    while (true) {
      ImportProgress next;
      boolean over;
      lock.lock();
      try {
        next = latest;
        over = ended;
        if (Objects.equals(next, told) && !over && (out == null || !out.isReady())) {
          changed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
          next = latest;
          over = ended;
          if (System.nanoTime() - heardNanos > SILENCE.toNanos() && !over) {
            failure =
                Status.DEADLINE_EXCEEDED.withDescription("The node is silent").asRuntimeException();
            ended = true;
            over = true;
            Objects.requireNonNull(requests).cancel("silence", null);
          }
        }
      } finally {
        lock.unlock();
      }
      if (next != null && !next.equals(told)) {
        told = next;
        heard.accept(next);
      }
      if (over) {
        return false;
      }
      if (out != null && out.isReady()) {
        return true;
      }
    }
  }

  private void note(Runnable change) {
    lock.lock();
    try {
      heardNanos = System.nanoTime();
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<ImportRequest> stream) {
    requests = stream;
    stream.setOnReadyHandler(() -> note(() -> {}));
  }

  @Override
  public void onNext(ImportProgress progress) {
    note(() -> latest = progress);
  }

  @Override
  public void onError(Throwable thrown) {
    note(() -> {
      ended = true;
      if (failure == null) {
        Status status = Status.fromThrowable(thrown);
        failure =
            thrown instanceof StatusRuntimeException known ? known : status.asRuntimeException();
      }
    });
  }

  @Override
  public void onCompleted() {
    note(() -> ended = true);
  }
}
