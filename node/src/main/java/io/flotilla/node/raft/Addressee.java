package io.flotilla.node.raft;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * A Raft server that takes only messages that are meant for it.
 *
 * <p>Ratis finds a member by its address and looks at the group of a message, not at the member
 * that it is meant for. Where a node that lost its disk comes back at the same address under a new
 * id, and has opened an empty replica in order to be made a member, the group still counts the old
 * id, whose messages arrive here: the empty replica would vote and acknowledge in the name of the
 * replica that was lost, and an entry that only the lost one had kept would be voted away. (Seen:
 * the leader's appender of the old id heard answers of the new one, and the new one began an
 * election before it was a member.) So a message for another id fails, and the lost member stays as
 * silent as it is.
 *
 * <p>It stands between Ratis' gRPC and the server; {@link RaftLinks} need none, because their
 * connections begin by naming the node that is meant. Ratis' interface has some forty methods of
 * which six concern us, hence the proxy; a call costs some nanoseconds more.
 */
final class Addressee {
  private Addressee() {}

  /** The server as the transport is to see it. */
  static RaftServer only(RaftServer server) {
    return (RaftServer)
        Proxy.newProxyInstance(
            Addressee.class.getClassLoader(),
            new Class<?>[] {RaftServer.class},
            (proxy, method, arguments) -> {
              RaftRpcRequestProto message =
                  arguments != null && arguments.length == 1 ? envelope(arguments[0]) : null;
              // The server makes its transport before it knows its own id, so it is asked here.
              if (message != null && !message.getReplyId().equals(server.getId().toByteString())) {
                throw new IOException(
                    "this is node "
                        + server.getId()
                        + ", and the message is for "
                        + message.getReplyId().toStringUtf8());
              }
              try {
                return method.invoke(server, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            });
  }

  /** From whom to whom, if this is a message of one member to another. */
  private static @Nullable RaftRpcRequestProto envelope(@Nullable Object argument) {
    return switch (argument) {
      case AppendEntriesRequestProto m -> m.getServerRequest();
      case RequestVoteRequestProto m -> m.getServerRequest();
      case InstallSnapshotRequestProto m -> m.getServerRequest();
      case StartLeaderElectionRequestProto m -> m.getServerRequest();
      case ReadIndexRequestProto m -> m.getServerRequest();
      case null, default -> null;
    };
  }
}
