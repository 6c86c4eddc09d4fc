package io.flotilla.node.resp;

/**
 * What one request may cost. Beyond the protocol's limits the connection is closed, as Redis does;
 * a request that is well formed and only too large is read to its end without being kept, and
 * answered by an error.
 *
 * @param maxBulkBytes Redis's proto-max-bulk-len: the longest single argument
 * @param maxRequestBytes the largest request, by {@link RequestDecoder#cost}: at least what fits a
 *     log entry, and not much more, so that little is gathered that cannot be proposed
 */
public record RequestLimits(long maxBulkBytes, long maxRequestBytes) {
  /** Redis's default for proto-max-bulk-len. */
  public static final long DEFAULT_MAX_BULK_BYTES = 512L << 20;

  /**
   * What one request may hold in memory, its arguments' headers included, so that a million short
   * arguments fit; what fits a log entry is asked when it is proposed.
   */
  public static final long DEFAULT_MAX_REQUEST_BYTES = 32L << 20;

  /** The most arguments of one request, Redis's number. */
  public static final int MAX_ARGUMENTS = 1 << 20;

  /**
   * The longest line: an inline command, or the line that tells a count or a length. Redis's
   * number.
   */
  public static final int MAX_LINE_BYTES = 64 << 10;

  /** The most arguments that a client may send before it has said who it is. Redis's number. */
  public static final int MAX_UNAUTHENTICATED_ARGUMENTS = 10;

  /** The longest argument that a client may send before it has said who it is. Redis's number. */
  public static final int MAX_UNAUTHENTICATED_BULK_BYTES = 16 << 10;

  /** Redis's limits where Redis has them. */
  public static final RequestLimits DEFAULTS =
      new RequestLimits(DEFAULT_MAX_BULK_BYTES, DEFAULT_MAX_REQUEST_BYTES);
}
