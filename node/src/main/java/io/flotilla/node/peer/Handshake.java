package io.flotilla.node.peer;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.peer.Hello;
import io.flotilla.proto.peer.Refused;
import io.flotilla.proto.peer.Welcome;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may speak with whom: two nodes of one cluster, each meaning the other (an address may have
 * passed to another node, or to another cluster on the same machine), in a version that both know.
 *
 * @param clusterId the cluster that this node belongs to; empty while it belongs to none
 * @param incarnation this process of the node
 * @param longestEntryBytes the longest log entry that this node takes; 0 leaves it unsaid
 */
record Handshake(Supplier<String> clusterId, NodeId self, long incarnation, int longestEntryBytes) {
  /** The newest notation of frames that this release speaks. */
  static final int PROTOCOL_VERSION = 1;

  /** The oldest that it still speaks. */
  static final int OLDEST_PROTOCOL_VERSION = 1;

  /** A handshake's frame is small; more is no handshake. */
  static final int MOST_BYTES = 1024;

  byte[] hello(NodeId meant) {
    return Hello.newBuilder()
        .setProtocolVersion(PROTOCOL_VERSION)
        .setClusterId(clusterId.get())
        .setNodeId(self.hex())
        .setIncarnation(incarnation)
        .setMeantNodeId(meant.hex())
        .setLongestEntryBytes(longestEntryBytes)
        .build()
        .toByteArray();
  }

  /** What an accepting node makes of a hello: a peer, or the words of a refusal. */
  record Verdict(@Nullable NodeId peer, int version, int longestEntryBytes, String refusal) {
    static Verdict refuse(String why) {
      return new Verdict(null, 0, 0, why);
    }
  }

  Verdict judge(ByteBuffer body) {
    Hello hello;
    try {
      hello = Hello.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      return Verdict.refuse("that is no hello of a Flotilla node");
    }
    String cluster = clusterId.get();
    if (cluster.isEmpty()) {
      return Verdict.refuse("node " + self.brief() + " belongs to no cluster yet");
    }
    if (!hello.getClusterId().equals(cluster)) {
      return Verdict.refuse(
          "node "
              + self.brief()
              + " belongs to cluster "
              + cluster
              + ", not to "
              + (hello.getClusterId().isEmpty() ? "none" : hello.getClusterId()));
    }
    if (!hello.getMeantNodeId().equals(self.hex())) {
      return Verdict.refuse("this is node " + self + ", not " + hello.getMeantNodeId());
    }
    if (hello.getProtocolVersion() < OLDEST_PROTOCOL_VERSION) {
      return Verdict.refuse(
          "node "
              + self.brief()
              + " speaks versions "
              + OLDEST_PROTOCOL_VERSION
              + " to "
              + PROTOCOL_VERSION
              + " of the peer protocol, not "
              + hello.getProtocolVersion());
    }
    NodeId peer;
    try {
      peer = new NodeId(hello.getNodeId());
    } catch (IllegalArgumentException e) {
      return Verdict.refuse("\"" + hello.getNodeId() + "\" is no node id");
    }
    if (peer.equals(self)) {
      return Verdict.refuse("node " + self + " would speak with itself");
    }
    return new Verdict(
        peer,
        Math.min(PROTOCOL_VERSION, hello.getProtocolVersion()),
        hello.getLongestEntryBytes(),
        "");
  }

  byte[] welcome(int version) {
    return Welcome.newBuilder()
        .setProtocolVersion(version)
        .setNodeId(self.hex())
        .setIncarnation(incarnation)
        .setLongestEntryBytes(longestEntryBytes)
        .build()
        .toByteArray();
  }

  static byte[] refused(String why) {
    return Refused.newBuilder().setWhy(why).build().toByteArray();
  }

  /**
   * What a connecting node makes of an answer.
   *
   * @param trouble null if it is welcome, else why not
   */
  record Answer(@Nullable String trouble, int longestEntryBytes) {
    static Answer no(String trouble) {
      return new Answer(trouble, 0);
    }
  }

  Answer read(NodeId meant, int kind, ByteBuffer body) {
    try {
      if (kind == FrameKind.REFUSED.number()) {
        return Answer.no("refused: " + Refused.parseFrom(body).getWhy());
      }
      if (kind != FrameKind.WELCOME.number()) {
        return Answer.no("the answer to the greeting is a frame of kind " + kind);
      }
      Welcome welcome = Welcome.parseFrom(body);
      if (!welcome.getNodeId().equals(meant.hex())) {
        return Answer.no("node " + welcome.getNodeId() + " answers there");
      }
      int version = welcome.getProtocolVersion();
      return version < OLDEST_PROTOCOL_VERSION || version > PROTOCOL_VERSION
          ? Answer.no("it wants version " + version + " of the peer protocol")
          : new Answer(null, welcome.getLongestEntryBytes());
    } catch (InvalidProtocolBufferException e) {
      return Answer.no("the answer to the greeting cannot be read");
    }
  }
}
