package io.flotilla.node.admin;

import com.google.protobuf.ByteString;
import io.flotilla.node.admin.AdminException.Kind;
import io.flotilla.node.loading.LoadException;
import io.flotilla.node.loading.RdbImport;
import io.flotilla.proto.admin.ImportBegin;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A file that comes in messages, as a stream that an import reads on a thread of its own.
 *
 * <p>A message is asked for when one has been used up, so at most {@link #AHEAD} of them wait here,
 * and an import that is slow holds up its caller and nobody's memory.
 */
final class ImportCall {
  /** Messages on their way while one is read: of some hundred KiB each. */
  private static final int AHEAD = 4;

  /** Reads the file and loads it. */
  interface Body {
    void run(ImportBegin begin, InputStream file, RdbImport.Output output) throws IOException;
  }

  /** What comes: bytes, the end of the file, or the end of the call. */
  private record Arrival(ByteString data, boolean end, boolean broken) {}

  private final ServerCallStreamObserver<ImportProgress> out;
  private final ExecutorService executor;
  private final Body body;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private boolean begun;

  ImportCall(ServerCallStreamObserver<ImportProgress> out, ExecutorService executor, Body body) {
    this.out = out;
    this.executor = executor;
    this.body = body;
    out.disableAutoRequest();
    out.request(1);
  }

  StreamObserver<ImportRequest> observer() {
    return new StreamObserver<>() {
      @Override
      public void onNext(ImportRequest request) {
        if (!begun) {
          begun = true;
          begin(request);
        } else {
          arrivals.add(new Arrival(request.getData(), false, false));
        }
      }

      @Override
      public void onError(Throwable gone) {
        arrivals.add(new Arrival(ByteString.EMPTY, false, true));
      }

      @Override
      public void onCompleted() {
        arrivals.add(new Arrival(ByteString.EMPTY, true, false));
        if (!begun) {
          begun = true;
          begin(ImportRequest.getDefaultInstance());
        }
      }
    };
  }

  private void begin(ImportRequest first) {
    out.request(AHEAD);
    executor.execute(() -> run(first));
  }

  private void run(ImportRequest first) {
    try {
      if (!first.hasBegin()) {
        throw new AdminException(
            Kind.INVALID, "no-beginning", "an import begins with its first message");
      }
      body.run(first.getBegin(), new Inflow(), progress -> out.onNext(progress));
      out.onCompleted();
    } catch (LoadException e) {
      Calls.fail("", out, failure(e));
    } catch (IOException | RuntimeException e) {
      if (!out.isCancelled()) {
        Calls.fail("", out, e);
      }
    }
  }

  private static AdminException failure(LoadException e) {
    String sentence = String.valueOf(e.getMessage());
    return switch (e.kind()) {
      case DAMAGED -> new AdminException(Kind.INVALID, "damaged-file", sentence);
      case KEY_EXISTS -> new AdminException(Kind.FORBIDDEN_NOW, "key-exists", sentence);
      case KEY_REFUSED -> new AdminException(Kind.FORBIDDEN_NOW, "key-refused", sentence);
      case NO_PROGRESS -> new AdminException(Kind.UNAVAILABLE, "no-progress", sentence);
      case INTERRUPTED -> new AdminException(Kind.UNAVAILABLE, "stopping", sentence);
    };
  }

  /** The bytes in their order. */
  private final class Inflow extends InputStream {
    private ByteBuffer now = ByteBuffer.allocate(0);
    private boolean ended;

    @Override
    public int read() throws IOException {
      return more() ? now.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!more()) {
        return -1;
      }
      int count = Math.min(length, now.remaining());
      now.get(into, offset, count);
      return count;
    }

    /** Waits for bytes; false at the end. */
    private boolean more() throws IOException {
      while (!now.hasRemaining() && !ended) {
        Arrival next;
        try {
          next = arrivals.take();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("the node stops", e);
        }
        if (next.broken()) {
          throw new IOException("the caller has gone");
        }
        ended = next.end();
        now = next.data().asReadOnlyByteBuffer();
        if (!ended) {
          out.request(1);
        }
      }
      return now.hasRemaining();
    }
  }
}
