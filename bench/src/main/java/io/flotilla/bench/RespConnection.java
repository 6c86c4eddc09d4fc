package io.flotilla.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** One connection in RESP2 for probes and for filling; answers are told as their first line. */
final class RespConnection implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  RespConnection(int port, Duration patience) throws IOException {
    socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
          Math.toIntExact(patience.toMillis()));
      in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  void write(String... words) throws IOException {
    StringBuilder text = new StringBuilder(64).append('*').append(words.length).append("\r\n");
    for (String word : words) {
      text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  void flush() throws IOException {
    out.flush();
  }

  /**
   * The first line of one answer that is no array; the body of a bulk is read, and is the answer.
   */
  String read() throws IOException {
    String line = line();
    if (line.charAt(0) != '$' || line.equals("$-1")) {
      return line;
    }
    int length = Integer.parseInt(line.substring(1));
    byte[] body = in.readNBytes(length + 2);
    if (body.length < length + 2) {
      throw new EOFException("the connection ended within a bulk");
    }
    return new String(body, 0, length, StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    while (c != '\r') {
      if (c < 0) {
        throw new EOFException("the connection ended");
      }
      line.append((char) c);
      c = in.read();
    }
    if (in.read() != '\n' || line.isEmpty()) {
      throw new IOException("not RESP2: " + line);
    }
    return line.toString();
  }

  String call(String... words) throws IOException {
    write(words);
    flush();
    return read();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
