package io.flotilla.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * A load that redis-benchmark cannot make: GET and SET in turn within one pipeline.
 *
 * <p>One thread and one selector serve all connections, as in redis-benchmark: each sends a
 * pipeline, waits for all its answers, and sends the next. The latency is that of a whole pipeline.
 */
final class PipelineLoad {
  private static final Duration PATIENCE = Duration.ofMinutes(9);
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final Load load;
  private final int port;
  private final SplittableRandom random = new SplittableRandom(42);
  private final Histogram micros = new Histogram(60_000_000L, 3);
  private final String value = "x".repeat(Load.VALUE_BYTES);
  private long left;
  private int open;

  private PipelineLoad(Load load, int port, long requests) {
    this.load = load;
    this.port = port;
    this.left = requests;
  }

  static Sample run(Target target, Load load, long requests) {
    if (target.clustered()) {
      throw new BenchException("the mixed pipeline follows no slots: give it one server or shard");
    }
    try {
      return new PipelineLoad(load, target.port(), requests).run(requests);
    } catch (IOException e) {
      throw new BenchException(load + " against " + target.name() + ": " + e, e);
    }
  }

  private Sample run(long requests) throws IOException {
    long rounded = (requests + load.pipeline() - 1) / load.pipeline() * load.pipeline();
    left = rounded;
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < load.clients(); i++) {
        SocketChannel channel =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.socket().setTcpNoDelay(true);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
      }
      long began = System.nanoTime();
      for (SelectionKey key : selector.keys()) {
        ((Connection) key.attachment()).sendNext();
      }
      while (open > 0) {
        if (selector.select(SILENCE.toMillis()) == 0
            || System.nanoTime() - began > PATIENCE.toNanos()) {
          throw new IOException("no answer for " + SILENCE.toSeconds() + " s");
        }
        for (SelectionKey key : selector.selectedKeys()) {
          Connection connection = (Connection) key.attachment();
          if (key.isWritable()) {
            connection.flush(key);
          }
          if (key.isReadable()) {
            connection.receive(key);
          }
        }
        selector.selectedKeys().clear();
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      return new Sample(
          rounded / seconds,
          micros.getValueAtPercentile(50) / 1000.0,
          micros.getValueAtPercentile(99) / 1000.0,
          micros.getMaxValue() / 1000.0);
    }
  }

  private String pipeline() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < load.pipeline(); i++) {
      String key = String.format(Locale.ROOT, "key:%012d", random.nextInt(load.keys()));
      boolean get =
          switch (load.kind()) {
            case GET -> true;
            case SET -> false;
            case MIXED -> i % 2 == 0;
          };
      text.append(get ? "*2\r\n$3\r\nGET\r\n$" : "*3\r\n$3\r\nSET\r\n$")
          .append(key.length())
          .append("\r\n")
          .append(key)
          .append("\r\n");
      if (!get) {
        text.append('$').append(value.length()).append("\r\n").append(value).append("\r\n");
      }
    }
    return text.toString();
  }

  /** One connection: what is to be sent, and how much of the answers is still to come. */
  private final class Connection {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16);
    private ByteBuffer out = ByteBuffer.allocate(0);
    private int answersDue;
    private int bodyDue;
    private long sentAt;

    Connection(SocketChannel channel) {
      this.channel = channel;
      in.limit(0);
    }

    void sendNext() throws IOException {
      if (left <= 0) {
        return;
      }
      left -= load.pipeline();
      open++;
      answersDue = load.pipeline();
      out = ByteBuffer.wrap(pipeline().getBytes(StandardCharsets.ISO_8859_1));
      sentAt = System.nanoTime();
      channel.write(out);
    }

    void flush(SelectionKey key) throws IOException {
      channel.write(out);
      key.interestOps(
          out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    void receive(SelectionKey key) throws IOException {
      in.compact();
      int read = channel.read(in);
      in.flip();
      if (read < 0) {
        throw new IOException("the server closed the connection");
      }
      while (answersDue > 0 && consumeAnswer()) {
        answersDue--;
      }
      if (answersDue == 0 && open > 0 && sentAt != 0) {
        micros.recordValue(Math.min((System.nanoTime() - sentAt) / 1000, 60_000_000L));
        sentAt = 0;
        open--;
        sendNext();
      }
      if (out.hasRemaining()) {
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      }
    }

    /** Takes one whole answer from the buffer, or as much of one as is there. */
    private boolean consumeAnswer() throws IOException {
      if (bodyDue == 0) {
        int end = lineEnd();
        if (end < 0) {
          return false;
        }
        byte type = in.get(in.position());
        if (type == '-') {
          byte[] line = new byte[end - in.position()];
          in.get(line);
          throw new IOException(
              "the server answered " + new String(line, StandardCharsets.ISO_8859_1));
        }
        int length = type == '$' ? number(in.position() + 1, end) : -1;
        in.position(end + 2);
        if (length < 0) {
          return true;
        }
        bodyDue = length + 2;
      }
      int taken = Math.min(bodyDue, in.remaining());
      in.position(in.position() + taken);
      bodyDue -= taken;
      return bodyDue == 0;
    }

    /** Where the first line ends (at its CR), or -1 while it has not come whole. */
    private int lineEnd() {
      for (int i = in.position(); i < in.limit() - 1; i++) {
        if (in.get(i) == '\r') {
          return i;
        }
      }
      return -1;
    }

    private int number(int from, int to) {
      int number = 0;
      for (int i = from; i < to; i++) {
        byte digit = in.get(i);
        if (digit == '-') {
          return -1;
        }
        number = number * 10 + (digit - '0');
      }
      return number;
    }
  }
}
