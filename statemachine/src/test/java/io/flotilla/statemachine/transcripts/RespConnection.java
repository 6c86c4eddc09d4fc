package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.reply.Reply;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A plain connection to a server, RESP2 or RESP3, that keeps the kinds of replies apart as no
 * client library does.
 */
public final class RespConnection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;
  private boolean anyDigits;

  /** Connects to a port of this machine. */
  public RespConnection(int port) {
    try {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
      out = new BufferedOutputStream(socket.getOutputStream());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Sends a command and reads its reply. */
  public Reply ask(String... words) {
    byte[][] argv = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      argv[i] = Ascii.bytes(words[i]);
    }
    return ask(argv);
  }

  /** Sends a command and reads its reply. */
  public Reply ask(byte[][] argv) {
    send(argv);
    flush();
    return receive();
  }

  /** Writes a command without waiting. */
  public void send(byte[][] argv) {
    try {
      out.write(Ascii.bytes("*" + argv.length + "\r\n"));
      for (byte[] argument : argv) {
        out.write(Ascii.bytes("$" + argument.length + "\r\n"));
        out.write(argument);
        out.write('\r');
        out.write('\n');
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Sends what was written. */
  public void flush() {
    try {
      out.flush();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Reads one reply, or one push. */
  public Reply receive() {
    try {
      return reply();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private Reply reply() throws IOException {
    String line = line();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+' -> new Reply.Simple(rest);
      case '-' -> new Reply.Error(rest);
      case ':' -> new Reply.Int(Long.parseLong(rest));
      case '$' -> rest.equals("-1") ? Reply.NIL : Reply.bulk(bytes(Integer.parseInt(rest)));
      case '*' ->
          rest.equals("-1") ? Reply.NIL_ARRAY : Reply.array(elements(Integer.parseInt(rest)));
      case '%' -> new Reply.Map(elements(2 * Integer.parseInt(rest)));
      case '~' -> new Reply.Set(elements(Integer.parseInt(rest)));
      case '>' -> new Reply.Push(elements(Integer.parseInt(rest)));
      case '_' -> Reply.NIL;
      case '#' -> new Reply.Bool(rest.equals("t"));
      case '(' -> new Reply.BigNumber(rest);
      case ',' -> number(rest);
      case '=' -> {
        byte[] content = bytes(Integer.parseInt(rest));
        String text = Ascii.text(content);
        yield new Reply.Verbatim(text.substring(0, 3), Ascii.bytes(text.substring(4)));
      }
      default -> throw new IOException("not RESP: " + line);
    };
  }

  /** From now on a double is its value, however many digits it is written with. */
  void anyDigits() {
    anyDigits = true;
  }

  boolean takesAnyDigits() {
    return anyDigits;
  }

  /**
   * A double; one that is written otherwise than ours is no equal of it: Redis 7.0 writes all 17
   * digits, and an exchange that shows it says {@code @since 7.2}.
   */
  private Reply number(String text) {
    double value = text.endsWith("nan") ? Double.NaN : Doubles.parse(Ascii.bytes(text));
    return anyDigits || Double.isNaN(value)
        ? new Reply.Double(value)
        : Reply.Double.written(value, text);
  }

  private List<Reply> elements(int count) throws IOException {
    List<Reply> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      elements.add(reply());
    }
    return elements;
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
      throw new EOFException("a bulk string of " + length + " bytes ends after " + bytes.length);
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int b = in.read(); b != '\r'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("closed within a reply");
      }
      text.append((char) b);
    }
    if (in.read() != '\n') {
      throw new IOException("CR without LF");
    }
    return text.toString();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
