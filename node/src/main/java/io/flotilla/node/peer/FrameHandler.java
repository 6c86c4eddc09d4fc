package io.flotilla.node.peer;

import io.flotilla.statemachine.metadata.NodeId;
import java.nio.ByteBuffer;

/**
 * Takes frames of one kind in. Called on the mesh's loop, in the order in which one peer sent them;
 * must not block. An exception closes the connection that brought the frame.
 */
public interface FrameHandler {
  /**
   * A frame has arrived.
   *
   * @param from who sent it, by its handshake
   * @param body read only, valid during the call
   * @param back the way back over the same connection
   */
  void frame(NodeId from, ByteBuffer body, Back back);

  /** The connection that brought a frame. */
  interface Back {
    /** Sends a frame back; any thread, also later. Lost if the connection is gone or clogged. */
    void send(FrameKind kind, byte[] body);
  }
}
