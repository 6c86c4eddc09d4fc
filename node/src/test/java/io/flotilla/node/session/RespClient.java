package io.flotilla.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A plain client: sends requests, and shows replies as text with their types, for tests to compare.
 */
public final class RespClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  public RespClient(int port) {
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      in = new java.io.BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends bytes as they are. */
  public void raw(String bytes) {
    try {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends one request for each line, words parted by spaces, all in one write. */
  public void pipeline(String... lines) {
    StringBuilder bytes = new StringBuilder();
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      bytes.append('*').append(words.length).append("\r\n");
      for (String word : words) {
        bytes.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
      }
    }
    raw(bytes.toString());
  }

  /** Sends one request and shows its reply. */
  public String call(String line) {
    pipeline(line);
    return reply();
  }

  /** Sends one request and expects this reply. */
  public RespClient expect(String line, String reply) {
    assertThat(call(line)).as(line).isEqualTo(reply);
    return this;
  }

  /** Expects this reply next. */
  public RespClient expectNext(String reply) {
    assertThat(reply()).isEqualTo(reply);
    return this;
  }

  /**
   * The next reply: {@code OK}, {@code (error) …}, {@code 1}, {@code "bulk"}, {@code nil}, {@code
   * [a, b]}, {@code {k: v}} …
   */
  public String reply() {
    try {
      return read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the server closes without another byte. */
  public boolean isClosedByServer() {
    try {
      return in.read() == -1;
    } catch (IOException e) {
      return true;
    }
  }

  public int localPort() {
    return socket.getLocalPort();
  }

  private String read() throws IOException {
    int type = in.read();
    String head = line(type);
    return switch (type) {
      case '+' -> head;
      case '-' -> "(error) " + head;
      case ':', '(' -> head;
      case ',' -> "double " + head;
      case '#' -> head.equals("t") ? "true" : "false";
      case '_' -> "nil";
      case '$', '=' -> head.equals("-1") ? "nil" : "\"" + bytes(Integer.parseInt(head)) + "\"";
      case '*' -> head.equals("-1") ? "nil array" : "[" + elements(Integer.parseInt(head)) + "]";
      case '~' -> "set[" + elements(Integer.parseInt(head)) + "]";
      case '>' -> "push[" + elements(Integer.parseInt(head)) + "]";
      case '%' -> {
        List<String> pairs = new ArrayList<>();
        for (int i = Integer.parseInt(head); i > 0; i--) {
          pairs.add(read() + ": " + read());
        }
        yield "{" + String.join(", ", pairs) + "}";
      }
      default -> throw new IOException("no reply begins with " + (char) type);
    };
  }

  private String elements(int count) throws IOException {
    List<String> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      elements.add(read());
    }
    return String.join(", ", elements);
  }

  private String bytes(int length) throws IOException {
    String text = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    in.skipNBytes(2);
    return text;
  }

  private String line(int type) throws IOException {
    if (type < 0) {
      throw new EOFException("the server has closed");
    }
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = in.read();
    while (b != '\r') {
      if (b < 0) {
        throw new EOFException("the server has closed");
      }
      line.write(b);
      b = in.read();
    }
    in.read();
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
