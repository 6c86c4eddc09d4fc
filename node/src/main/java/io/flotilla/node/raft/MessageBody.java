package io.flotilla.node.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.ratis.thirdparty.com.google.protobuf.AbstractMessage;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedOutputStream;

/** One of Ratis' messages on its way to another node. */
record MessageBody(AbstractMessage message) implements RaftLinks.Body {
  @Override
  public int bytes() {
    return message.getSerializedSize();
  }

  @Override
  public void writeTo(ByteBuffer to) {
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(to);
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a message that has changed since it was measured
    }
  }
}
