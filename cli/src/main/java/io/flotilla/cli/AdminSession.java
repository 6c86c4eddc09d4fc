package io.flotilla.cli;

import io.flotilla.proto.admin.AdminError;
import io.flotilla.proto.admin.AdminGrpc;
import io.flotilla.proto.admin.AdminGrpc.AdminBlockingStub;
import io.flotilla.proto.admin.AdminGrpc.AdminStub;
import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.NodePhase;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with one node of a cluster: the first of the given ones to answer.
 *
 * <p>All endpoints are asked at once who they are, so that a node that is stopped costs no wait; a
 * node that serves is preferred to one that has not come so far. From then on everything is said to
 * that node. Nothing is sent twice: a call that changes something and is not answered has an
 * unknown outcome, and only the operator may decide to try again.
 *
 * <p>For one thread.
 */
final class AdminSession implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<AdminError> ERROR =
      Metadata.Key.of(
          "flotilla-error-bin", ProtoUtils.metadataMarshaller(AdminError.getDefaultInstance()));

  /** How long a node that does not serve yet waits for a better one to answer. */
  private static final Duration PREFERENCE = Duration.ofMillis(500);

  /**
   * How much longer than the node a caller waits, so that the node's own words arrive and not the
   * bare deadline.
   */
  private static final Duration SLACK = Duration.ofSeconds(2);

  private final HostPort endpoint;
  private final ManagedChannel channel;
  private final AdminBlockingStub stub;
  private final Duration timeout;

  private AdminSession(
      HostPort endpoint, ManagedChannel channel, AdminBlockingStub stub, Duration timeout) {
    this.endpoint = endpoint;
    this.channel = channel;
    this.stub = stub;
    this.timeout = timeout;
  }

  private record Candidate(
      HostPort endpoint,
      ManagedChannel channel,
      @Nullable Identity identity,
      @Nullable StatusRuntimeException failure) {}

  /**
   * Finds a node that answers.
   *
   * @param endpoints where to look, not empty
   * @param token what a configured cluster wants to see; empty: none
   * @param timeout how long this, and then each call, may take
   * @throws CliException if none answers, or the token is refused
   */
  static AdminSession open(
      List<HostPort> endpoints,
      String token,
      Duration timeout,
      Function<HostPort, ManagedChannel> channels) {
    List<ManagedChannel> opened = new ArrayList<>();
    BlockingQueue<Candidate> answers = new LinkedBlockingQueue<>();
    for (HostPort endpoint : endpoints) {
      ManagedChannel channel = channels.apply(endpoint);
      opened.add(channel);
      AdminGrpc.newStub(authorized(channel, token))
          .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .identify(
              IdentifyRequest.getDefaultInstance(), new Introduction(endpoint, channel, answers));
    }
    @Nullable ManagedChannel kept = null;
    try {
      Candidate best = best(endpoints, answers, timeout);
      kept = best.channel;
      return new AdminSession(
          best.endpoint,
          best.channel,
          AdminGrpc.newBlockingStub(authorized(best.channel, token)),
          timeout);
    } finally {
      for (ManagedChannel channel : opened) {
        if (!channel.equals(kept)) {
          channel.shutdownNow();
        }
      }
    }
  }

  private static Candidate best(
      List<HostPort> endpoints, BlockingQueue<Candidate> answers, Duration timeout) {
    @Nullable Candidate best = null;
    List<Candidate> failures = new ArrayList<>();
    try {
      long waitMillis = timeout.plus(SLACK).toMillis();
      for (int heard = 0; heard < endpoints.size(); heard++) {
        Candidate next = answers.poll(waitMillis, TimeUnit.MILLISECONDS);
        if (next == null) {
          break;
        }
        if (next.identity == null) {
          failures.add(next);
        } else if (next.identity.getPhase() == NodePhase.NODE_PHASE_SERVING) {
          return next;
        } else {
          best = best == null ? next : best;
          waitMillis = PREFERENCE.toMillis();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (best != null) {
      return best;
    }
    for (Candidate failure : failures) {
      Status status = statusOf(failure);
      if (status.getCode() == Status.Code.UNAUTHENTICATED) {
        throw new CliException(
            ExitCode.REFUSED,
            "unauthenticated",
            failure.endpoint
                + " wants another token: "
                + words(status)
                + ". Give it by --token or FLOTILLA_TOKEN; it is in the file that admin.token-file names.");
      }
    }
    String reasons =
        String.join(
            "; ", failures.stream().map(f -> f.endpoint + ": " + connectionWords(f)).toList());
    throw new CliException(
        ExitCode.UNREACHABLE,
        "unreachable",
        "No node answers ("
            + (reasons.isEmpty() ? endpoints + ": nothing heard in time" : reasons)
            + "). Is the cluster running? Name admin endpoints by --endpoint or FLOTILLA_ENDPOINTS.");
  }

  private static Status statusOf(Candidate candidate) {
    StatusRuntimeException failure = candidate.failure;
    return failure == null ? Status.UNKNOWN : failure.getStatus();
  }

  private static String connectionWords(Candidate candidate) {
    Status status = statusOf(candidate);
    Throwable root = status.getCause();
    while (root != null && root.getCause() != null) {
      root = root.getCause();
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return "no answer in time";
    }
    String words = root != null && root.getMessage() != null ? root.getMessage() : words(status);
    return words.contains("First received frame was not SETTINGS")
        ? "what listens there is no admin service; is it the port for clients?"
        : words;
  }

  private static String words(Status status) {
    String description = status.getDescription();
    return description == null || description.isBlank() ? status.getCode().toString() : description;
  }

  private static Channel authorized(Channel channel, String token) {
    if (token.isEmpty()) {
      return channel;
    }
    return ClientInterceptors.intercept(
        channel,
        new ClientInterceptor() {
          @Override
          public <Q, A> ClientCall<Q, A> interceptCall(
              MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<Q, A>(next.newCall(method, options)) {
              @Override
              public void start(Listener<A> listener, Metadata headers) {
                headers.put(AUTHORIZATION, "Bearer " + token);
                super.start(listener, headers);
              }
            };
          }
        });
  }

  /** Passes on how a node introduced itself, or why it did not. */
  private record Introduction(
      HostPort endpoint, ManagedChannel channel, BlockingQueue<Candidate> answers)
      implements StreamObserver<Identity> {
    @Override
    public void onNext(Identity identity) {
      answers.add(new Candidate(endpoint, channel, identity, null));
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      answers.add(new Candidate(endpoint, channel, null, status.asRuntimeException()));
    }

    @Override
    public void onCompleted() {}
  }

  /** The endpoint that is spoken to. */
  HostPort endpoint() {
    return endpoint;
  }

  /** How long a call may take, as the node is to be told. */
  int timeoutMillis() {
    return Math.toIntExact(timeout.toMillis());
  }

  /** Asks something that changes nothing. */
  <T> T ask(Function<AdminBlockingStub, T> call) {
    return call(call, false);
  }

  /** Asks for a change: without an answer its outcome is unknown. */
  <T> T change(Function<AdminBlockingStub, T> call) {
    return call(call, true);
  }

  /** For a conversation that goes both ways and takes as long as it takes. */
  AdminStub stream() {
    return AdminGrpc.newStub(stub.getChannel());
  }

  private <T> T call(Function<AdminBlockingStub, T> call, boolean change) {
    try {
      return call.apply(
          stub.withDeadlineAfter(timeout.plus(SLACK).toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException e) {
      throw failure(e, change);
    }
  }

  /**
   * What a failed call lets the caller conclude; the codes' meanings are admin.proto's. A node that
   * refuses says so with an AdminError; UNAVAILABLE without one is the connection, which may have
   * broken after the request was read.
   */
  CliException failure(StatusRuntimeException e, boolean change) {
    Status status = e.getStatus();
    Metadata trailers = e.getTrailers();
    AdminError error = trailers == null ? null : trailers.get(ERROR);
    boolean told = error != null;
    ExitCode exitCode =
        switch (status.getCode()) {
          case INVALID_ARGUMENT -> ExitCode.USAGE;
          case NOT_FOUND, FAILED_PRECONDITION, ABORTED, UNAUTHENTICATED, UNIMPLEMENTED ->
              ExitCode.REFUSED;
          case UNAVAILABLE -> change && !told ? ExitCode.UNKNOWN_OUTCOME : ExitCode.UNREACHABLE;
          case DEADLINE_EXCEEDED, CANCELLED ->
              change ? ExitCode.UNKNOWN_OUTCOME : ExitCode.UNREACHABLE;
          default -> change && !told ? ExitCode.UNKNOWN_OUTCOME : ExitCode.REFUSED;
        };
    if (error != null && error.getOutcomeUnknown()) {
      exitCode = ExitCode.UNKNOWN_OUTCOME;
    }
    String reason =
        error != null && !error.getReason().isEmpty()
            ? error.getReason()
            : status.getCode().toString().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    StringBuilder sentence = new StringBuilder(words(status));
    if (!sentence.toString().endsWith(".")) {
      sentence.append('.');
    }
    if (error != null && !error.getNodeId().isEmpty()) {
      sentence.append(" (It failed at node ").append(error.getNodeId()).append(".)");
    }
    if (exitCode == ExitCode.UNKNOWN_OUTCOME) {
      sentence.append(" It may have been done, or may be done later: look before trying again.");
    }
    if (status.getCode() == Status.Code.UNAUTHENTICATED) {
      sentence.append(" Give the token by --token or FLOTILLA_TOKEN.");
    }
    if (status.getCode() == Status.Code.INTERNAL) {
      sentence.append(" The log of ").append(endpoint).append(" says more.");
    }
    return new CliException(exitCode, reason, sentence.toString(), e);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
