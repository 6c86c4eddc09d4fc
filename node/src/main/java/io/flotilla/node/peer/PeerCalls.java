package io.flotilla.node.peer;

import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Questions to other nodes and their answers, for what is too rare to deserve a frame kind.
 *
 * <pre>
 *   ASK    := number:u64 subject:u8 body
 *   ANSWER := number:u64 outcome:u8 body       outcome 0: the answer; 1: a refusal in words
 * </pre>
 *
 * <p>A question is sent once. One that fails by time or by its connection may or may not have been
 * heard; a {@link Refused} one was heard and not done.
 */
public final class PeerCalls {
  /** Questions that this node may have open; more fail at once. */
  private static final int MOST_OPEN = 16_384;

  /** How often open questions are looked after: how late a deadline may be noticed. */
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final int ANSWERED = 0;
  private static final int REFUSED = 1;
  private static final int HEADER_BYTES = Long.BYTES + 1;

  /** What a question is about, by the number that stands in it; never given to another subject. */
  public record Subject(int number, String name) {
    public Subject {
      if (number < 1 || number > 255) {
        throw new IllegalArgumentException("a subject's number is 1 to 255, not " + number);
      }
    }
  }

  /** Answers questions of one subject; on the mesh's loop, so it must not block. */
  public interface Answerer {
    /**
     * The answer, at once or later. A failure is told to the asker as a refusal, in its words.
     *
     * @param body read only, valid during the call
     */
    CompletionStage<byte[]> answer(NodeId from, ByteBuffer body);
  }

  /** The other node heard the question and did not do it. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String why) {
      super(why);
    }
  }

  private final PeerMesh mesh;
  private final @Nullable Answerer[] answerers = new @Nullable Answerer[256];

  /** A question without an answer. */
  private record Open(
      NodeId node, Subject subject, long deadlineNanos, CompletableFuture<byte[]> answer) {}

  // Touched on the mesh's loop only.
  private final Map<Long, Open> open = new HashMap<>();
  private long lastNumber;
  private boolean ticking;

  /** Over this mesh. */
  public PeerCalls(PeerMesh mesh) {
    this.mesh = mesh;
    mesh.handle(FrameKind.ASK, this::asked);
    mesh.handle(FrameKind.ANSWER, (from, body, back) -> answered(body));
    mesh.onLinkDown(this::linkLost);
  }

  /** Answers questions of this subject from now on. */
  public void answer(Subject subject, Answerer answerer) {
    mesh.onLoop(() -> answerers[subject.number()] = answerer);
  }

  /**
   * Asks a node; any thread. The future is completed on the mesh's loop.
   *
   * @param body fills the buffer, which has so many bytes; called once at most, on the mesh's loop
   */
  public CompletableFuture<byte[]> ask(
      NodeId node, Subject subject, int bytes, Consumer<ByteBuffer> body, Duration patience) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    mesh.onLoop(() -> {
      if (open.size() >= MOST_OPEN) {
        answer.completeExceptionally(new IOException(MOST_OPEN + " questions are open"));
        return;
      }
      long number = ++lastNumber;
      boolean written;
      try {
        written =
            mesh.write(
                node,
                FrameKind.ASK,
                HEADER_BYTES + bytes,
                out -> body.accept(out.putLong(number).put((byte) subject.number())));
      } catch (RuntimeException | Error e) { // no memory for the frame, for one
        answer.completeExceptionally(e);
        return;
      }
      if (!written) {
        answer.completeExceptionally(new IOException("there is no connection to node " + node));
        return;
      }
      open.put(number, new Open(node, subject, System.nanoTime() + patience.toNanos(), answer));
      mesh.flush();
      if (!ticking) {
        ticking = true;
        mesh.schedule(this::tick, TICK_NANOS);
      }
    });
    return answer;
  }

  private void tick() {
    ticking = false;
    long now = System.nanoTime();
    fail(
        each -> now - each.deadlineNanos >= 0,
        each ->
            new TimeoutException(
                "node "
                    + each.node.brief()
                    + " did not answer "
                    + each.subject.name()
                    + " in time"));
    if (!open.isEmpty()) {
      ticking = true;
      mesh.schedule(this::tick, TICK_NANOS);
    }
  }

  /** What was asked over a lost connection will not be answered. */
  private void linkLost(NodeId node) {
    fail(
        each -> each.node.equals(node),
        each -> new IOException("the connection to node " + node.brief() + " was lost"));
  }

  private void fail(Predicate<Open> which, Function<Open, Exception> why) {
    List<Open> failed = new ArrayList<>();
    open.values()
        .removeIf(each -> {
          boolean hit = which.test(each);
          if (hit) {
            failed.add(each);
          }
          return hit;
        });
    // Told when the map is whole again: whoever hears it may ask anew.
    for (Open each : failed) {
      each.answer.completeExceptionally(why.apply(each));
    }
  }

  private void asked(NodeId from, ByteBuffer frame, FrameHandler.Back back) {
    if (frame.remaining() < HEADER_BYTES) {
      throw new MalformedFrameException("an ASK frame is cut short");
    }
    long number = frame.getLong();
    int subject = Byte.toUnsignedInt(frame.get());
    Answerer answerer = answerers[subject];
    if (answerer == null) {
      back.send(
          FrameKind.ANSWER,
          answer(number, REFUSED, words("subject " + subject + " is not known here")));
      return;
    }
    var unused =
        answerer
            .answer(from, frame)
            .whenComplete((body, failure) ->
                back.send(
                    FrameKind.ANSWER,
                    failure == null
                        ? answer(number, ANSWERED, body)
                        : answer(number, REFUSED, words(String.valueOf(failure.getMessage())))));
  }

  private static byte[] words(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static byte[] answer(long number, int outcome, byte[] body) {
    return ByteBuffer.allocate(HEADER_BYTES + body.length)
        .putLong(number)
        .put((byte) outcome)
        .put(body)
        .array();
  }

  private void answered(ByteBuffer frame) {
    if (frame.remaining() < HEADER_BYTES) {
      throw new MalformedFrameException("an ANSWER frame is cut short");
    }
    Open asker = open.remove(frame.getLong());
    int outcome = frame.get();
    byte[] body = new byte[frame.remaining()];
    frame.get(body);
    if (asker == null) {
      return; // too late
    }
    if (outcome == ANSWERED) {
      asker.answer.complete(body);
    } else {
      asker.answer.completeExceptionally(
          new Refused(new String(body, java.nio.charset.StandardCharsets.UTF_8)));
    }
  }
}
