package io.flotilla.node.raft;

import java.net.InetSocketAddress;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/**
 * Raft's messages over {@link RaftLinks}: the transport that Flotilla brings along for Ratis.
 *
 * <p>An entry costs what its changes of thread cost. Over gRPC an append passes, on its way to a
 * follower's log and back, an appender's thread, a serializing executor and an event loop at the
 * leader, and a loop and an executor at the follower, and wakes each of them. Here it is written by
 * the thread that appended it ({@link LinkedAppender}), read and taken in by the follower's event
 * loop, and its answer is taken in by the leader's ({@link LinkedServerRpc}).
 *
 * <p>Found by Ratis through its name in the properties; public and with a public constructor only
 * for that.
 */
public final class LinkedTransport implements RpcType {
  private static final String LINKS = "flotilla.links";
  private static final String ADDRESS = "flotilla.address";

  /** What the factory needs, in the way in which Ratis passes objects on. */
  static Parameters parameters(RaftLinks links, InetSocketAddress address) {
    Parameters parameters = new Parameters();
    parameters.put(LINKS, links, RaftLinks.class);
    parameters.put(ADDRESS, address, InetSocketAddress.class);
    return parameters;
  }

  /** The name by which Ratis finds this class. */
  @Override
  public String name() {
    return LinkedTransport.class.getName();
  }

  @Override
  public RpcFactory newFactory(Parameters parameters) {
    return new Factory(
        parameters.getNonNull(LINKS, RaftLinks.class),
        parameters.getNonNull(ADDRESS, InetSocketAddress.class));
  }

  private final class Factory implements ServerFactory {
    private final RaftLinks links;
    private final InetSocketAddress address;

    Factory(RaftLinks links, InetSocketAddress address) {
      this.links = links;
      this.address = address;
    }

    @Override
    public RpcType getRpcType() {
      return LinkedTransport.this;
    }

    @Override
    public RaftServerRpc newRaftServerRpc(RaftServer server) {
      return new LinkedServerRpc(LinkedTransport.this, server, links, address);
    }

    @Override
    public LogAppender newLogAppender(
        RaftServer.Division server, LeaderState leader, FollowerInfo follower) {
      return new LinkedAppender(server, leader, follower, links);
    }
  }
}
