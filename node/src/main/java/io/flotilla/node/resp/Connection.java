package io.flotilla.node.resp;

import io.flotilla.node.proposal.ConnectionLoop;
import io.flotilla.statemachine.reply.Reply;

/**
 * A client's socket as its session sees it: replies go in, requests come out at the {@link
 * ConnectionHandler}.
 *
 * <p>All methods belong to the connection's event loop unless they say otherwise. None blocks.
 */
public interface Connection {
  /** Encodes a reply behind those before it; it leaves with the next {@link #flush}. */
  void reply(Reply reply, Protocol protocol);

  /**
   * Sends what was encoded. The end of each {@link ConnectionHandler} call that came from the
   * socket does it by itself; whoever replies at another time calls it once when done.
   */
  void flush();

  /**
   * Tells that the reply to a request of this cost has been encoded (or needs none), so that its
   * bytes no longer count.
   */
  void settled(long cost);

  /**
   * Tells that the session keeps this many bytes more (or fewer) of requests that are settled, so
   * that they still count among what the node holds.
   */
  void retain(long deltaBytes);

  /** No further request is decoded, nor read from the socket for long, until {@link #resume}. */
  void stall();

  /** Ends {@link #stall}. May be called where nothing stalls. */
  void resume();

  /** Tells whether the client has said who it is; before, only short requests are accepted. */
  void authenticated(boolean value);

  /**
   * Sends what was encoded, then closes so that the client can still read it: the sending side at
   * once, the receiving side when the client has closed too, or soon. No further request is
   * decoded.
   */
  void closeAfterReplies();

  /** Closes at once; what has not left yet is lost. */
  void abort();

  /**
   * The event loop that the connection lives on, the same object for all its connections. Any
   * thread.
   */
  ConnectionLoop loop();

  /**
   * Bytes that were encoded and that the socket has not taken yet. Any thread; as of the last flush
   * elsewhere.
   */
  long outputBytes();

  /**
   * Bytes that were read and do not make a whole request yet. Any thread; as of the last read
   * elsewhere.
   */
  long inputBytes();

  /** Bytes received since the connection was opened. Any thread; about. */
  long bytesIn();

  /** Bytes sent since the connection was opened. Any thread; about. */
  long bytesOut();

  /** The client's end, {@code ip:port}. Any thread. */
  String remote();

  /** Our end, {@code ip:port}. Any thread. */
  String local();

  /** The socket's file descriptor where it is known, else -1. Any thread. */
  int fileDescriptor();
}
