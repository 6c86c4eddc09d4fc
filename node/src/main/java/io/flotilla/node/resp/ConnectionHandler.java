package io.flotilla.node.resp;

/**
 * What a connection's bytes mean: implemented by the session. Called on the connection's event loop
 * only; must not block, and must not throw for anything that a client can send.
 */
public interface ConnectionHandler {
  /**
   * A request has arrived.
   *
   * @param argv the command's name and its arguments, at least one; the handler's to keep
   * @param cost what it counts for among the bytes in flight, until {@link Connection#settled}
   */
  void request(byte[][] argv, long cost);

  /** A request has arrived, and was dropped, for the reason that is to be told. Costs nothing. */
  void dropped(Drop why);

  /**
   * What arrived is no request; nothing more will. The answer is told in its turn, and the
   * connection is closed behind it.
   */
  void malformed(ProtocolException error);

  /** All that the socket had to say for now has been handed on. */
  void readComplete();

  /**
   * Some time has passed, about a tenth of a second: for limits and time-outs that nothing else
   * triggers.
   */
  void tick();

  /** The connection is gone, for whatever reason. Called once; nothing is called behind it. */
  void closed();

  /** Why a well-formed request was not kept. It certainly was not run. */
  enum Drop {
    /** It costs more than {@link RequestLimits#maxRequestBytes}. */
    TOO_LARGE,
    /** The requests of all connections together hold more than {@link Intake} allows. */
    OVERLOADED
  }
}
