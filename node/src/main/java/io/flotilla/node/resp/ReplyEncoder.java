package io.flotilla.node.resp;

import io.flotilla.statemachine.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Replies into bytes, RESP2 or RESP3.
 *
 * <p>It writes into a plain array that it borrows from its event loop with the first reply of a
 * flush and returns with the last, so idle connections own no buffer. What does not fit well leaves
 * early: the array when it is full, and a large bulk string as it is, uncopied, in its place in the
 * stream. One thread.
 *
 * <p>Source: the RESP3 specification, and what Redis really sends (a missing array is {@code _} in
 * RESP3 but {@code *-1} in RESP2; scores are {@code ,1.5} or a bulk string).
 */
final class ReplyEncoder {
  /** Where the bytes go, in order. */
  interface Sink {
    /** Takes a full array's first bytes, which it must copy before it returns. */
    void bytes(byte[] array, int length);

    /** Takes a whole array that nobody writes again. */
    void whole(byte[] array);
  }

  /** The array's size: a pipeline's worth of small replies, and what one write call takes well. */
  static final int BUFFER_BYTES = 32 << 10;

  /** From here on a bulk string is handed on instead of being copied. */
  static final int WHOLE_BYTES = 16 << 10;

  /** Enough for a type byte, the longest number and CRLF. */
  private static final int HEADER_BYTES = 24;

  /** The decimal digits of 00 to 99. */
  private static final byte[] DIGITS = twoDigits();

  private final BufferPool pool;
  private final Sink sink;
  private byte[] out = BufferPool.NONE;
  private int length;

  ReplyEncoder(BufferPool pool, Sink sink) {
    this.pool = pool;
    this.sink = sink;
  }

  /** Encodes a reply. */
  void write(Reply reply, Protocol protocol) {
    boolean resp3 = protocol == Protocol.RESP3;
    switch (reply) {
      case Reply.Simple simple -> line('+', simple.text());
      case Reply.Error error -> line('-', error.text());
      case Reply.Int number -> header(':', number.value());
      case Reply.Bulk bulk -> bulk(bulk.bytes());
      case Reply.Nil nil -> constant(resp3 ? NULL : NULL_BULK);
      case Reply.NilArray nil -> constant(resp3 ? NULL : NULL_ARRAY);
      case Reply.Array array -> aggregate('*', array.elements(), protocol);
      case Reply.Map map -> {
        header(
            resp3 ? '%' : '*', resp3 ? map.keysAndValues().size() / 2 : map.keysAndValues().size());
        elements(map.keysAndValues(), protocol);
      }
      case Reply.Set set -> aggregate(resp3 ? '~' : '*', set.elements(), protocol);
      case Reply.Pairs pairs -> pairs(pairs.firstsAndSeconds(), protocol);
      case Reply.MapOfPairs map -> {
        header(resp3 ? '%' : '*', map.keysAndValues().size() / 2);
        if (resp3) {
          elements(map.keysAndValues(), protocol);
        } else {
          twos(map.keysAndValues(), protocol);
        }
      }
      case Reply.Double number -> {
        byte[] text = latin1(number.text());
        if (resp3) {
          line(',', text);
        } else {
          bulk(text);
        }
      }
      case Reply.Bool bool ->
          constant(bool.value() ? (resp3 ? TRUE : ONE) : (resp3 ? FALSE : ZERO));
      case Reply.BigNumber number -> {
        if (resp3) {
          line('(', number.digits());
        } else {
          bulk(latin1(number.digits()));
        }
      }
      case Reply.Verbatim verbatim -> {
        if (resp3) {
          header('=', verbatim.bytes().length + 4L);
          raw(latin1(verbatim.format()));
          constant(COLON);
          raw(verbatim.bytes());
          constant(CRLF);
        } else {
          bulk(verbatim.bytes());
        }
      }
      case Reply.Push push -> aggregate(resp3 ? '>' : '*', push.elements(), protocol);
      case Reply.Elsewhere elsewhere ->
          throw new IllegalStateException(
              "slot " + elsewhere.slot() + " is elsewhere: the session must say where");
    }
  }

  /** Hands what is left to the sink and returns the array. */
  void finish() {
    if (length > 0) {
      sink.bytes(out, length);
      length = 0;
    }
    if (out.length > 0) {
      pool.put(out);
      out = BufferPool.NONE;
    }
  }

  /** Whether something waits for {@link #finish}. */
  boolean isEmpty() {
    return length == 0;
  }

  private void aggregate(char type, List<? extends Reply> elements, Protocol protocol) {
    header(type, elements.size());
    elements(elements, protocol);
  }

  private void elements(List<? extends Reply> elements, Protocol protocol) {
    for (int i = 0, n = elements.size(); i < n; i++) {
      write(elements.get(i), protocol);
    }
  }

  private void pairs(List<? extends Reply> elements, Protocol protocol) {
    if (protocol == Protocol.RESP2) {
      aggregate('*', elements, protocol);
      return;
    }
    header('*', elements.size() / 2);
    twos(elements, protocol);
  }

  private void twos(List<? extends Reply> elements, Protocol protocol) {
    for (int i = 0, n = elements.size(); i < n; i += 2) {
      header('*', 2);
      write(elements.get(i), protocol);
      write(elements.get(i + 1), protocol);
    }
  }

  private void bulk(byte[] bytes) {
    header('$', bytes.length);
    raw(bytes);
    constant(CRLF);
  }

  private void raw(byte[] bytes) {
    if (bytes.length >= WHOLE_BYTES) {
      spill();
      sink.whole(bytes);
      return;
    }
    reserve(bytes.length);
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  private void constant(byte[] bytes) {
    reserve(bytes.length);
    for (byte b : bytes) {
      out[length++] = b;
    }
  }

  /** A line of text: what would end it early becomes a space. */
  private void line(char type, String text) {
    line(type, latin1(text));
  }

  private void line(char type, byte[] text) {
    int n = Math.min(text.length, BUFFER_BYTES - HEADER_BYTES); // no line of ours is that long
    reserve(n + 3);
    out[length++] = (byte) type;
    for (int i = 0; i < n; i++) {
      byte b = text[i];
      out[length++] = b == '\r' || b == '\n' ? (byte) ' ' : b;
    }
    out[length++] = '\r';
    out[length++] = '\n';
  }

  /** A type byte, a number and CRLF. */
  private void header(char type, long value) {
    reserve(HEADER_BYTES);
    byte[] to = out;
    int at = length;
    to[at++] = (byte) type;
    if (value >= 0 && value < 10) {
      to[at++] = (byte) ('0' + value);
    } else {
      at = digits(to, at, value);
    }
    to[at++] = '\r';
    to[at++] = '\n';
    length = at;
  }

  private static int digits(byte[] to, int at, long value) {
    long rest = value; // kept negative, so that Long.MIN_VALUE needs no care
    if (value < 0) {
      to[at++] = '-';
    } else {
      rest = -value;
    }
    int size = 1;
    for (long bound = -10; size < 19 && rest <= bound; bound *= 10) {
      size++;
    }
    int i = at + size;
    while (rest <= -10) {
      int pair = (int) -(rest % 100);
      rest /= 100;
      to[--i] = DIGITS[2 * pair + 1];
      to[--i] = DIGITS[2 * pair];
    }
    if (i > at) {
      to[--i] = (byte) ('0' - rest);
    }
    return at + size;
  }

  private void reserve(int bytes) {
    if (out.length - length < bytes) {
      spill();
      if (out.length == 0) {
        out = pool.take();
      }
    }
  }

  private void spill() {
    if (length > 0) {
      sink.bytes(out, length);
      length = 0;
    }
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static final byte[] CRLF = latin1("\r\n");
  private static final byte[] COLON = latin1(":");
  private static final byte[] NULL = latin1("_\r\n");
  private static final byte[] NULL_BULK = latin1("$-1\r\n");
  private static final byte[] NULL_ARRAY = latin1("*-1\r\n");
  private static final byte[] TRUE = latin1("#t\r\n");
  private static final byte[] FALSE = latin1("#f\r\n");
  private static final byte[] ONE = latin1(":1\r\n");
  private static final byte[] ZERO = latin1(":0\r\n");

  private static byte[] twoDigits() {
    byte[] digits = new byte[200];
    for (int i = 0; i < 100; i++) {
      digits[2 * i] = (byte) ('0' + i / 10);
      digits[2 * i + 1] = (byte) ('0' + i % 10);
    }
    return digits;
  }
}
