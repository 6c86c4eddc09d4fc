package io.flotilla.node.resp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a connection into requests: arrays of bulk strings, and inline commands.
 *
 * <pre>
 *   *2 CRLF $3 CRLF GET CRLF $1 CRLF k CRLF      a multibulk request: GET k
 *   GET k LF                                     the same, inline
 * </pre>
 *
 * <p>A request may arrive in any pieces, and many may arrive in one. {@link #append} lends bytes,
 * {@link #next} takes complete requests off them, {@link #settle} keeps what is left for the next
 * time. Three things make it fast and safe at once:
 *
 * <ul>
 *   <li>It reads a plain array, not a socket's buffer. Where nothing was left over, the array is
 *       the caller's scratch, which all connections of one event loop share; so an idle connection
 *       owns no buffer.
 *   <li>An argument that is not there yet as a whole is gathered in an array of its own, which
 *       grows with the bytes that have really arrived: announcing 512 MB costs nothing, and a large
 *       value is not scanned or copied again at each read.
 *   <li>A request is refused by what it announces before it is gathered (see {@link
 *       RequestLimits}).
 * </ul>
 *
 * <p>It accepts what Redis accepts, which is a little more than the specification: any byte passes
 * for the LF behind a CR and for the CRLF behind an argument. After a {@link ProtocolException} the
 * decoder must not be used again. One thread.
 */
public final class RequestDecoder {
  /**
   * What {@link #next} answers for a well-formed request that was too large to keep. Compared by
   * identity.
   */
  static final byte[][] DROPPED = new byte[0][];

  /** What an argument costs besides its bytes: its array's header and the reference to it. */
  static final int COST_PER_ARGUMENT = 24;

  private static final byte[] EMPTY = new byte[0];
  private static final byte[][] NO_ARGUMENTS = new byte[0][];

  /**
   * An argument's array is made at once up to this size; a longer one grows as its bytes arrive.
   */
  private static final int FIRST_PIECE_BYTES = 64 << 10;

  /** The arguments' array is made at once up to this size, for the same reason. */
  private static final int FIRST_ARGUMENTS = 64;

  private final RequestLimits limits;

  private boolean authenticated;

  /** The bytes at hand: {@code window[at..end)}. Borrowed, or owned if {@link #owned}. */
  private byte[] window = EMPTY;

  private int at;
  private int end;
  private boolean owned;

  /**
   * How far, counted from {@link #at}, the line has been searched for its end, so that no byte is
   * searched twice.
   */
  private int searched;

  /** Arguments still to come; 0 between requests. */
  private int missing;

  private byte[][] argv = NO_ARGUMENTS;
  private int argc;

  /** The length of the argument being read; -1 while its length line is awaited. */
  private int bulk = -1;

  /** How much of the argument being read has been moved to {@link #piece}. */
  private int filled;

  private byte @Nullable [] piece;

  /** Why the request is read only to be dropped; null if it is kept. */
  private ConnectionHandler.@Nullable Drop dropping;

  private ConnectionHandler.Drop lastDrop = ConnectionHandler.Drop.TOO_LARGE;

  /** What the request being read costs by the lengths that it has announced. */
  private long cost;

  /** What the arguments cost that are in {@link #argv}. */
  private long gatheredArguments;

  private long lastCost;

  /**
   * @param authenticated whether the client may send long requests from the beginning, because no
   *     password is asked for
   */
  public RequestDecoder(RequestLimits limits, boolean authenticated) {
    this.limits = limits;
    this.authenticated = authenticated;
  }

  /** Tells whether the client has said who it is: before, only short requests are read. */
  public void authenticated(boolean value) {
    authenticated = value;
  }

  /**
   * Lends bytes that follow on those lent before.
   *
   * @param bytes read, never written; must stay as they are until {@link #settle}
   */
  public void append(byte[] bytes, int from, int length) {
    if (at == end) {
      window = bytes;
      at = from;
      end = from + length;
      owned = false;
      return;
    }
    int kept = end - at;
    if (!owned || window.length - end < length) {
      byte[] grown = new byte[Math.max(kept + length, 2 * kept)];
      System.arraycopy(window, at, grown, 0, kept);
      window = grown;
      at = 0;
      end = kept;
      owned = true;
    }
    System.arraycopy(bytes, from, window, end, length);
    end += length;
  }

  /** Gives back what {@link #append} lent: bytes that are not used yet are copied. */
  public void settle() {
    if (at == end) {
      window = EMPTY;
      at = 0;
      end = 0;
      owned = false;
    } else if (!owned) {
      window = Arrays.copyOfRange(window, at, end);
      end -= at;
      at = 0;
      owned = true;
    }
  }

  /** How many bytes were lent and are not used yet. */
  public int unread() {
    return end - at;
  }

  /** How many bytes of a request that is not complete are kept outside the window. */
  long gathered() {
    return gatheredArguments + (piece == null ? 0 : piece.length);
  }

  /**
   * Gives up what was gathered of the request that is being read, and reads the rest of it only to
   * drop it.
   */
  void drop(ConnectionHandler.Drop why) {
    dropping = why;
    argv = NO_ARGUMENTS;
    argc = 0;
    piece = null;
    gatheredArguments = 0;
  }

  /** Why the request was dropped for which {@link #next} answered {@link #DROPPED} last. */
  ConnectionHandler.Drop dropReason() {
    return lastDrop;
  }

  /** What the request that {@link #next} answered last costs in memory, in bytes. */
  public long cost() {
    return lastCost;
  }

  /**
   * The next request, never empty; {@link #DROPPED} in place of one that was too large to keep;
   * null if more bytes are needed.
   *
   * @throws ProtocolException if the bytes are no request
   */
  public byte @Nullable [][] next() throws ProtocolException {
    while (at < end || missing > 0) {
      if (missing == 0) {
        if (window[at] != '*') {
          byte[][] inline = inline();
          if (inline == null || inline.length > 0) {
            return inline;
          }
          continue; // an empty line asks nothing
        }
        if (!beginMultibulk()) {
          return null;
        }
        continue; // perhaps to the next request: a count of zero or less asks nothing
      }
      if (bulk < 0 && !beginBulk()) {
        return null;
      }
      if (!bulkBody()) {
        return null;
      }
      if (--missing == 0) {
        return complete();
      }
    }
    return null;
  }

  private byte[][] complete() {
    lastCost = cost;
    byte[][] request = argv;
    if (dropping != null) {
      lastDrop = dropping;
      request = DROPPED;
    }
    argv = NO_ARGUMENTS;
    argc = 0;
    dropping = null;
    gatheredArguments = 0;
    return request;
  }

  /** Reads {@code *count}; false if the line is not complete. */
  private boolean beginMultibulk() throws ProtocolException {
    int cr = lineEnd("too big mbulk count string");
    if (cr < 0) {
      return false;
    }
    long count = number(at + 1, cr);
    if (count == NOT_A_NUMBER || count > RequestLimits.MAX_ARGUMENTS) {
      throw new ProtocolException("invalid multibulk length");
    }
    if (count > RequestLimits.MAX_UNAUTHENTICATED_ARGUMENTS && !authenticated) {
      throw new ProtocolException("unauthenticated multibulk length");
    }
    at = cr + 2;
    if (count > 0) {
      missing = (int) count;
      argv = new byte[(int) Math.min(count, FIRST_ARGUMENTS)][];
      argc = 0;
      cost = 0;
      dropping = null;
    }
    return true;
  }

  /** Reads {@code $length}; false if the line is not complete. */
  private boolean beginBulk() throws ProtocolException {
    int cr = lineEnd("too big bulk count string");
    if (cr < 0) {
      return false;
    }
    if (window[at] != '$') {
      throw new ProtocolException("expected '$', got '" + (char) (window[at] & 0xff) + "'");
    }
    long length = number(at + 1, cr);
    if (length == NOT_A_NUMBER
        || length < 0
        || length > limits.maxBulkBytes()
        || length > Integer.MAX_VALUE - 64) {
      throw new ProtocolException("invalid bulk length");
    }
    if (length > RequestLimits.MAX_UNAUTHENTICATED_BULK_BYTES && !authenticated) {
      throw new ProtocolException("unauthenticated bulk length");
    }
    at = cr + 2;
    bulk = (int) length;
    filled = 0;
    piece = null;
    cost += length + COST_PER_ARGUMENT;
    if (cost > limits.maxRequestBytes() && dropping == null) {
      drop(ConnectionHandler.Drop.TOO_LARGE);
    }
    return true;
  }

  /** Reads the argument and the two bytes behind it; false if they have not all arrived. */
  private boolean bulkBody() {
    int available = end - at;
    if (piece == null && filled == 0 && available >= bulk + 2) {
      if (dropping == null) {
        put(Arrays.copyOfRange(window, at, at + bulk));
      }
      at += bulk + 2;
      bulk = -1;
      return true;
    }
    int take = Math.min(available, bulk - filled);
    if (take > 0) {
      if (dropping == null) {
        gather(take);
      }
      filled += take;
      at += take;
    }
    if (filled < bulk || end - at < 2) {
      return false;
    }
    at += 2;
    if (dropping == null) {
      byte[] whole = piece == null ? EMPTY : piece;
      put(whole.length == bulk ? whole : Arrays.copyOf(whole, bulk));
    }
    piece = null;
    bulk = -1;
    return true;
  }

  private void gather(int take) {
    byte[] into = piece;
    if (into == null) {
      into = new byte[Math.min(bulk, Math.max(take, FIRST_PIECE_BYTES))];
    } else if (into.length < filled + take) {
      into =
          Arrays.copyOf(
              into, (int) Math.min(bulk, Math.max(2L * into.length, (long) filled + take)));
    }
    System.arraycopy(window, at, into, filled, take);
    piece = into;
  }

  private void put(byte[] argument) {
    if (argc == argv.length) {
      argv = Arrays.copyOf(argv, Math.min(2 * argc, argc + missing));
    }
    argv[argc++] = argument;
    gatheredArguments += argument.length + COST_PER_ARGUMENT;
  }

  /** Reads an inline command; null if its line is not complete, an empty array if it is blank. */
  private byte @Nullable [][] inline() throws ProtocolException {
    int lf = find((byte) '\n', "too big inline request");
    if (lf < 0) {
      return null;
    }
    int to = lf > at && window[lf - 1] == '\r' ? lf - 1 : lf;
    byte[][] arguments = InlineArguments.split(window, at, to);
    if (arguments == null) {
      throw new ProtocolException("unbalanced quotes in request");
    }
    at = lf + 1;
    long sum = 0;
    for (byte[] argument : arguments) {
      sum += argument.length + COST_PER_ARGUMENT;
    }
    lastCost = sum;
    return arguments;
  }

  /** Where the CR of the line stands, once the byte behind it is there too; -1 before. */
  private int lineEnd(String tooLong) throws ProtocolException {
    int cr = find((byte) '\r', tooLong);
    if (cr < 0) {
      return -1;
    }
    if (cr + 1 >= end) {
      searched = cr - at;
      return -1;
    }
    return cr;
  }

  private int find(byte wanted, String tooLong) throws ProtocolException {
    byte[] bytes = window;
    for (int i = at + searched; i < end; i++) {
      if (bytes[i] == wanted) {
        searched = 0;
        return i;
      }
    }
    searched = end - at;
    if (searched > RequestLimits.MAX_LINE_BYTES) {
      throw new ProtocolException(tooLong);
    }
    return -1;
  }

  private static final long NOT_A_NUMBER = Long.MIN_VALUE;

  /**
   * An integer in Redis's strict notation, of at most 18 digits: what is longer is out of every
   * bound here.
   */
  private long number(int from, int to) {
    boolean negative = from < to && window[from] == '-';
    int i = negative ? from + 1 : from;
    int digits = to - i;
    if (digits < 1 || digits > 18 || (window[i] == '0' && (digits > 1 || negative))) {
      return NOT_A_NUMBER;
    }
    long value = 0;
    for (; i < to; i++) {
      int digit = window[i] - '0';
      if (digit < 0 || digit > 9) {
        return NOT_A_NUMBER;
      }
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }
}
