package io.flotilla.chaos.resp;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One connection to one server, in RESP2: no retries, no redirects, no pool.
 *
 * <p>An exception from {@link #read} leaves the outcome of what was sent open, and the connection
 * unusable. For one thread.
 */
public final class RespConnection implements Closeable {
  /** Answers in tests are far below; more is a fault of ours or the server's. */
  private static final int MAX_BULK_BYTES = 256 << 20;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  private RespConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    this.out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
  }

  /**
   * Connects; an exception means that nothing was sent.
   *
   * @param patience for connecting, and for every later read
   */
  public static RespConnection open(String host, int port, Duration patience) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
      socket.connect(
          new InetSocketAddress(host, port), // tests name addresses, never hosts
          Math.toIntExact(patience.toMillis()));
      return new RespConnection(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sends a command and reads its answer. */
  public RespValue call(String... words) throws IOException {
    write(words);
    flush();
    return read();
  }

  /** Puts a command behind what is to be sent. */
  public void write(String... words) throws IOException {
    raw("*" + words.length + "\r\n");
    for (String word : words) {
      byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
      raw("$" + bytes.length + "\r\n");
      out.write(bytes);
      raw("\r\n");
    }
  }

  /** Puts bytes behind what is to be sent, as they are. */
  public void raw(String bytes) throws IOException {
    out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  public void flush() throws IOException {
    out.flush();
  }

  /** Whether some of an answer is there, or the end, so that {@link #read} need not wait for it. */
  public boolean hasMore() throws IOException {
    return in.available() > 0;
  }

  /** Reads one answer. */
  public RespValue read() throws IOException {
    String line = line();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+' -> new RespValue.Simple(rest);
      case '-' -> new RespValue.Failure(rest);
      case ':' -> new RespValue.Number(Long.parseLong(rest));
      case '$' -> bulk(Integer.parseInt(rest));
      case '*' -> array(Integer.parseInt(rest));
      default -> throw new IOException("not RESP2: " + line);
    };
  }

  private RespValue bulk(int length) throws IOException {
    if (length < 0) {
      return new RespValue.Null();
    }
    if (length > MAX_BULK_BYTES) {
      throw new IOException("a bulk of " + length + " bytes");
    }
    byte[] bytes = in.readNBytes(length + 2);
    if (bytes.length < length + 2) {
      throw new EOFException("the connection ended within a bulk");
    }
    return new RespValue.Bulk(new String(bytes, 0, length, StandardCharsets.UTF_8));
  }

  private RespValue array(int length) throws IOException {
    if (length < 0) {
      return new RespValue.Null();
    }
    List<RespValue> elements = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      elements.add(read());
    }
    return new RespValue.Array(elements);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (c == '\r') {
        if (in.read() != '\n') {
          throw new IOException("a line that does not end: " + line);
        }
        if (line.isEmpty()) {
          throw new IOException("an empty line where an answer begins");
        }
        return line.toString();
      }
      line.append((char) c);
    }
  }

  /** Whether the server has closed the connection, or does so within the patience. */
  public boolean isClosedByServer() {
    try {
      while (in.read() >= 0) {
        // what was still under way
      }
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // reset
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
