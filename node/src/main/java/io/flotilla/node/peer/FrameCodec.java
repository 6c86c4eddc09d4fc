package io.flotilla.node.peer;

import io.flotilla.node.proposal.Confirm;
import io.flotilla.node.proposal.Confirmed;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.GroupTerm;
import io.flotilla.node.proposal.IndexAnswer;
import io.flotilla.node.proposal.IndexAsk;
import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * The bodies of the hot frames, by hand: a round is paid for in microseconds, and these are fixed
 * rows of numbers. All numbers are big-endian.
 *
 * <pre>
 *   CONFIRM, CONFIRMED := incarnation:u64 round:u64 count:u16 (group:16 bytes, term:u64)*
 *   INDEX_ASK          := incarnation:u64 number:u64 group:16 bytes
 *   INDEX_ANSWER       := incarnation:u64 number:u64 index:i64
 *   LEADER_HINT        := group:16 bytes term:u64 node:20 bytes
 * </pre>
 *
 * <p>Golden bytes in the tests keep them as they are: during a rolling upgrade two releases speak.
 */
final class FrameCodec {
  private static final int GROUP_TERM_BYTES = 24;
  private static final int NODE_BYTES = 20;

  private FrameCodec() {}

  static byte[] confirm(Confirm frame) {
    return round(frame.incarnation(), frame.round(), frame.groups());
  }

  static byte[] confirmed(Confirmed frame) {
    return round(frame.incarnation(), frame.round(), frame.groups());
  }

  private static byte[] round(long incarnation, long round, List<GroupTerm> groups) {
    ByteBuffer out =
        ByteBuffer.allocate(Long.BYTES * 2 + Short.BYTES + groups.size() * GROUP_TERM_BYTES);
    out.putLong(incarnation).putLong(round).putShort((short) groups.size());
    for (int i = 0; i < groups.size(); i++) {
      GroupTerm each = groups.get(i);
      put(out, each.group()).putLong(each.term());
    }
    return out.array();
  }

  static Confirm confirm(ByteBuffer in) {
    try {
      Confirm frame = new Confirm(in.getLong(), in.getLong(), groups(in));
      end(in);
      return frame;
    } catch (BufferUnderflowException e) {
      throw cutShort(FrameKind.CONFIRM);
    }
  }

  static Confirmed confirmed(ByteBuffer in) {
    try {
      Confirmed frame = new Confirmed(in.getLong(), in.getLong(), groups(in));
      end(in);
      return frame;
    } catch (BufferUnderflowException e) {
      throw cutShort(FrameKind.CONFIRMED);
    }
  }

  private static List<GroupTerm> groups(ByteBuffer in) {
    int count = Short.toUnsignedInt(in.getShort());
    if (count * GROUP_TERM_BYTES > in.remaining()) {
      throw new BufferUnderflowException();
    }
    List<GroupTerm> groups = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      groups.add(new GroupTerm(group(in), in.getLong()));
    }
    return groups;
  }

  static byte[] indexAsk(IndexAsk frame) {
    ByteBuffer out = ByteBuffer.allocate(Long.BYTES * 4);
    out.putLong(frame.incarnation()).putLong(frame.number());
    return put(out, frame.group()).array();
  }

  static IndexAsk indexAsk(ByteBuffer in) {
    try {
      IndexAsk frame = new IndexAsk(in.getLong(), in.getLong(), group(in));
      end(in);
      return frame;
    } catch (BufferUnderflowException e) {
      throw cutShort(FrameKind.INDEX_ASK);
    }
  }

  static byte[] indexAnswer(IndexAnswer frame) {
    return ByteBuffer.allocate(Long.BYTES * 3)
        .putLong(frame.incarnation())
        .putLong(frame.number())
        .putLong(frame.index())
        .array();
  }

  static IndexAnswer indexAnswer(ByteBuffer in) {
    try {
      IndexAnswer frame = new IndexAnswer(in.getLong(), in.getLong(), in.getLong());
      end(in);
      return frame;
    } catch (BufferUnderflowException e) {
      throw cutShort(FrameKind.INDEX_ANSWER);
    }
  }

  static byte[] leaderHint(GroupId group, LeaderHint hint) {
    ByteBuffer out = ByteBuffer.allocate(Long.BYTES * 3 + NODE_BYTES);
    return put(out, group)
        .putLong(hint.term())
        .put(HexFormat.of().parseHex(hint.node().hex()))
        .array();
  }

  /** A group's leader as another node knows it. */
  record Hint(GroupId group, LeaderHint hint) {}

  static Hint leaderHint(ByteBuffer in) {
    try {
      GroupId group = group(in);
      long term = in.getLong();
      byte[] node = new byte[NODE_BYTES];
      in.get(node);
      end(in);
      return new Hint(group, new LeaderHint(term, new NodeId(HexFormat.of().formatHex(node))));
    } catch (BufferUnderflowException e) {
      throw cutShort(FrameKind.LEADER_HINT);
    }
  }

  private static ByteBuffer put(ByteBuffer out, GroupId group) {
    return out.putLong(group.uuid().getMostSignificantBits())
        .putLong(group.uuid().getLeastSignificantBits());
  }

  private static GroupId group(ByteBuffer in) {
    return new GroupId(new UUID(in.getLong(), in.getLong()));
  }

  private static void end(ByteBuffer in) {
    if (in.hasRemaining()) {
      throw new MalformedFrameException(in.remaining() + " bytes too many in a frame");
    }
  }

  private static MalformedFrameException cutShort(FrameKind kind) {
    return new MalformedFrameException("a " + kind.name() + " frame is cut short");
  }
}
