package io.flotilla.node.resp;

import io.flotilla.node.proposal.ConnectionLoop;
import io.flotilla.statemachine.reply.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's socket: bytes in, requests to the handler, replies out, and the taps in between.
 *
 * <pre>
 *   socket ─ read ─▶ decoder ─▶ handler ─▶ … the node …
 *   socket ◀─ flush ─ encoder ◀─ reply ─ handler
 * </pre>
 *
 * <p>Requests are decoded only while {@link #mayDecode}: the session does not stall, the socket
 * takes replies, and neither this connection nor the node holds too many bytes of requests. While
 * they are not decoded the socket is not read either, so that TCP tells the client to wait.
 * Everything that could open a tap ends in {@link #pump}.
 */
final class NettyConnection extends ChannelInboundHandlerAdapter implements Connection {
  private static final Logger log = LoggerFactory.getLogger(NettyConnection.class);

  /**
   * How long a closed connection waits for the client to close too, so that no reset overtakes the
   * last reply.
   */
  private static final long LINGER_MILLIS = 1000;

  /** How a connection ends: by one of these, and never back. */
  private enum State {
    /** Requests are decoded and answered. */
    OPEN,
    /**
     * No further request; the last replies leave, then the sending side closes, and what still
     * arrives is dropped.
     */
    CLOSING,
    /** The socket is gone and the handler knows. */
    CLOSED
  }

  private final NettyLoop loop;
  private final Intake intake;
  private final RequestDecoder decoder;
  private final ReplyEncoder encoder;
  private @Nullable ConnectionHandler handler;
  private @Nullable Channel channel;

  private State state = State.OPEN;
  private boolean stalled;
  private boolean pumping;

  /** What the requests cost that were handed on and are not settled. */
  private long inFlight;

  /** What the session keeps of requests that are settled. */
  private long retained;

  /** What {@link Intake} was told last. */
  private long reported;

  private volatile long bytesIn;
  private volatile long bytesOut;
  private volatile long inputBytes;
  private volatile long outputBytes;

  NettyConnection(NettyLoop loop, Intake intake, RequestLimits limits, boolean authenticated) {
    this.loop = loop;
    this.intake = intake;
    this.decoder = new RequestDecoder(limits, authenticated);
    this.encoder = new ReplyEncoder(loop.buffers(), new Outlet());
  }

  /** Binds the connection to its socket and to what its requests mean. */
  void open(Channel socket, RespServer.Sessions sessions) {
    channel = socket;
    handler = sessions.open(this);
    loop.add(this);
    flush();
  }

  // What comes from the socket.

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (state != State.OPEN) {
        return;
      }
      bytesIn += bytes.readableBytes();
      byte[] scratch = loop.scratch();
      while (bytes.isReadable() && state == State.OPEN) {
        int length = Math.min(scratch.length, bytes.readableBytes());
        bytes.readBytes(scratch, 0, length);
        decoder.append(scratch, 0, length);
        pump();
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (state == State.OPEN) {
      handler().readComplete();
    }
    flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      pump();
      flush();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof java.io.IOException) {
      log.debug("client {}: {}", remote(), cause.toString());
    } else {
      log.error("client {}: the session failed, and its connection is closed", remote(), cause);
    }
    var unused = ctx.close();
  }

  /** Some time has passed. */
  void tick() {
    if (state == State.OPEN) {
      outputBytes = pendingOutput();
      handler().tick();
      pump();
      flush();
    }
  }

  private void end() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    loop.remove(this);
    encoder.finish();
    inFlight = 0;
    intake.add(-reported);
    reported = 0;
    handler().closed();
  }

  // The taps.

  /**
   * Decodes what may be decoded, and opens or closes the socket's tap accordingly. Not reentrant:
   * the outer call goes on.
   */
  @SuppressWarnings("ReferenceEquality") // DROPPED is a mark
  private void pump() {
    if (pumping || state == State.CLOSED) {
      return;
    }
    pumping = true;
    try {
      while (mayDecode()) {
        byte[][] request = decoder.next();
        if (request == null) {
          break;
        }
        if (request == RequestDecoder.DROPPED) {
          handler().dropped(decoder.dropReason());
        } else {
          inFlight += decoder.cost();
          handler().request(request, decoder.cost());
        }
      }
    } catch (ProtocolException e) {
      state = State.CLOSING;
      handler().malformed(e);
    } finally {
      pumping = false;
    }
    if (state == State.OPEN
        && intake.isFull()
        && decoder.gathered() > Intake.ALWAYS_WELCOME_BYTES) {
      decoder.drop(ConnectionHandler.Drop.OVERLOADED);
    }
    decoder.settle();
    report();
    tap();
  }

  private boolean mayDecode() {
    return state == State.OPEN
        && !stalled
        && socket().isWritable()
        && inFlight < intake.maxPerConnectionBytes()
        && (inFlight == 0 || !intake.isFull());
  }

  private void report() {
    inputBytes = decoder.unread() + decoder.gathered();
    long held = inFlight + retained + inputBytes;
    if (held != reported) {
      intake.add(held - reported);
      reported = held;
    }
  }

  private void tap() {
    boolean read = state != State.OPEN || mayDecode();
    if (socket().config().isAutoRead() != read) {
      socket().config().setAutoRead(read);
    }
  }

  // What the session asks for.

  @Override
  public void reply(Reply reply, Protocol protocol) {
    if (state != State.CLOSED) {
      encoder.write(reply, protocol);
    }
  }

  @Override
  public void flush() {
    if (state == State.CLOSED) {
      return;
    }
    encoder.finish();
    socket().flush();
    outputBytes = pendingOutput();
  }

  @Override
  public void settled(long cost) {
    inFlight -= cost;
    if (!pumping && state == State.OPEN && (!socket().config().isAutoRead() || inFlight == 0)) {
      report();
      if (!socket().config().isAutoRead() && mayDecode()) {
        loop.execute(this::pumpAndFlush);
      }
    }
  }

  @Override
  public void retain(long deltaBytes) {
    retained += deltaBytes;
    if (!pumping && state == State.OPEN) {
      report();
    }
  }

  private void pumpAndFlush() {
    pump();
    if (state == State.OPEN) {
      handler().readComplete();
    }
    flush();
  }

  @Override
  public void stall() {
    stalled = true;
  }

  @Override
  public void resume() {
    if (stalled) {
      stalled = false;
      if (!pumping) {
        loop.execute(this::pumpAndFlush);
      }
    }
  }

  @Override
  public void authenticated(boolean value) {
    decoder.authenticated(value);
  }

  @Override
  public void closeAfterReplies() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSING;
    encoder.finish();
    Channel socket = socket();
    socket
        .config()
        .setAutoRead(
            true); // what still arrives is dropped, so that closing does not reset the connection
    var unused =
        socket
            .writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(written -> shutDown(socket, written.isSuccess()));
  }

  private void shutDown(Channel socket, boolean written) {
    if (written && socket instanceof DuplexChannel duplex) {
      var unused = duplex.shutdownOutput();
      loop.schedule(() -> shutDown(socket, false), TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS));
    } else {
      var unused = socket.close();
    }
  }

  @Override
  public void abort() {
    if (state != State.CLOSED) {
      state = State.CLOSING;
      var unused = socket().close();
    }
  }

  @Override
  public ConnectionLoop loop() {
    return loop;
  }

  @Override
  public long outputBytes() {
    return outputBytes;
  }

  @Override
  public long inputBytes() {
    return inputBytes;
  }

  @Override
  public long bytesIn() {
    return bytesIn;
  }

  @Override
  public long bytesOut() {
    return bytesOut;
  }

  @Override
  public String remote() {
    return text(socket().remoteAddress());
  }

  @Override
  public String local() {
    return text(socket().localAddress());
  }

  @Override
  public int fileDescriptor() {
    return channel instanceof EpollSocketChannel epoll ? epoll.fd().intValue() : -1;
  }

  private long pendingOutput() {
    ChannelOutboundBuffer pending = socket().unsafe().outboundBuffer();
    return pending == null ? 0 : pending.totalPendingWriteBytes();
  }

  private Channel socket() {
    Channel open = channel;
    if (open == null) {
      throw new IllegalStateException("the connection has no socket yet");
    }
    return open;
  }

  private ConnectionHandler handler() {
    ConnectionHandler open = handler;
    if (open == null) {
      throw new IllegalStateException("the connection has no session yet");
    }
    return open;
  }

  private static String text(@Nullable SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) {
      return "?:0";
    }
    String host = inet.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
  }

  /** The encoder's way to the socket. */
  private final class Outlet implements ReplyEncoder.Sink {
    @Override
    public void bytes(byte[] array, int length) {
      ByteBuf buffer = socket().alloc().directBuffer(length);
      buffer.writeBytes(array, 0, length);
      send(buffer, length);
    }

    @Override
    public void whole(byte[] array) {
      send(Unpooled.wrappedBuffer(array), array.length);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void send(ByteBuf buffer, int length) {
      bytesOut += length;
      var unused = socket().write(buffer, socket().voidPromise());
    }
  }
}
