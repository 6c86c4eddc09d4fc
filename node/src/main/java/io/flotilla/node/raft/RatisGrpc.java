package io.flotilla.node.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/**
 * Ratis' gRPC transport, where a server takes only what is meant for it ({@link Addressee}), and
 * with log appenders that sleep while they have nothing to send.
 *
 * <p>Ratis wakes the appender of every follower for each change of any commit index: some four
 * times for each entry, of which one has an entry to send. The others look, find nothing (a commit
 * index travels with the next entry or heartbeat anyway), and sleep again: on a small machine six
 * of some forty changes of thread that an entry costs on three nodes. Here a wake-up passes only if
 * there is something to send. Whatever makes that true is followed by a wake-up, as before: an
 * appended entry, an answer of the follower, an error, a requested heartbeat.
 *
 * <p>Found by Ratis through its name in the properties; public and with a public constructor only
 * for that.
 */
public final class RatisGrpc implements RpcType {
  /** The name by which Ratis finds this class. */
  @Override
  public String name() {
    return RatisGrpc.class.getName();
  }

  @Override
  public RpcFactory newFactory(Parameters parameters) {
    return new GrpcFactory(parameters) {
      @Override
      public GrpcServices newRaftServerRpc(RaftServer server) {
        return super.newRaftServerRpc(Addressee.only(server));
      }

      @Override
      public LogAppender newLogAppender(
          RaftServer.Division server, LeaderState leader, FollowerInfo follower) {
        return new QuietAppender(server, leader, follower);
      }
    };
  }

  private static final class QuietAppender extends GrpcLogAppender {
    QuietAppender(RaftServer.Division server, LeaderState leader, FollowerInfo follower) {
      super(server, leader, follower);
    }

    @Override
    public void notifyLogAppender() {
      if (shouldSendAppendEntries()) {
        super.notifyLogAppender();
      }
    }
  }
}
