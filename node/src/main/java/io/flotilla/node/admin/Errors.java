package io.flotilla.node.admin;

import io.flotilla.node.metadata.MetadataUnavailableException;
import io.flotilla.node.metadata.NodeLinks;
import io.flotilla.proto.admin.AdminError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Failures as gRPC statuses with an {@link AdminError} in the trailers, and back. */
final class Errors {
  private Errors() {}

  static final Metadata.Key<byte[]> TRAILER =
      Metadata.Key.of("flotilla-error-bin", Metadata.BINARY_BYTE_MARSHALLER);

  static StatusRuntimeException status(Throwable thrown, String selfId) {
    Throwable e = unwrap(thrown);
    if (e instanceof StatusRuntimeException already) {
      return already;
    }
    AdminException failure =
        switch (e) {
          case AdminException a -> a;
          case NodeLinks.Refused r ->
              new AdminException(
                  AdminException.Kind.FORBIDDEN_NOW, "refused", String.valueOf(r.getMessage()));
          case MetadataUnavailableException m ->
              new AdminException(
                  m.outcomeUnknown()
                      ? AdminException.Kind.UNKNOWN_OUTCOME
                      : AdminException.Kind.UNAVAILABLE,
                  "metadata-unavailable",
                  String.valueOf(m.getMessage()));
          default -> new AdminException(AdminException.Kind.INTERNAL, "internal", e.toString());
        };
    Status status =
        switch (failure.kind()) {
          case INVALID -> Status.INVALID_ARGUMENT;
          case NOT_FOUND -> Status.NOT_FOUND;
          case FORBIDDEN_NOW -> Status.FAILED_PRECONDITION;
          case OVERTAKEN -> Status.ABORTED;
          case UNAVAILABLE -> Status.UNAVAILABLE;
          case UNKNOWN_OUTCOME -> Status.DEADLINE_EXCEEDED;
          case INTERNAL -> Status.INTERNAL;
        };
    Metadata trailers = new Metadata();
    trailers.put(
        TRAILER,
        AdminError.newBuilder()
            .setReason(failure.reason())
            .setOutcomeUnknown(failure.kind() == AdminException.Kind.UNKNOWN_OUTCOME)
            .setNodeId(selfId)
            .build()
            .toByteArray());
    return status.withDescription(failure.getMessage()).withCause(e).asRuntimeException(trailers);
  }

  static Throwable unwrap(Throwable e) {
    Throwable cause = e.getCause();
    return (e instanceof CompletionException || e instanceof ExecutionException) && cause != null
        ? unwrap(cause)
        : e;
  }

  /**
   * What a call to another node came to: only a refusal that is certain becomes {@link
   * NodeLinks.Refused}.
   */
  static Throwable ofCall(Throwable thrown) {
    Throwable e = unwrap(thrown);
    if (!(e instanceof StatusRuntimeException s)) {
      return e;
    }
    String what = describe(s.getStatus());
    return switch (s.getStatus().getCode()) {
      case INVALID_ARGUMENT,
          NOT_FOUND,
          FAILED_PRECONDITION,
          ABORTED,
          UNAUTHENTICATED,
          UNIMPLEMENTED ->
          new NodeLinks.Refused(what);
      case UNAVAILABLE ->
          s.getTrailers() != null && s.getTrailers().containsKey(TRAILER)
              ? new NodeLinks.Refused(what)
              : s;
      default -> s;
    };
  }

  static String describe(Status status) {
    @Nullable String text = status.getDescription();
    return text == null ? status.getCode().name() : text;
  }
}
