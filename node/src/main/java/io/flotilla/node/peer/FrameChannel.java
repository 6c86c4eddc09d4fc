package io.flotilla.node.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection as a row of frames, in both directions.
 *
 * <pre>
 *   frame := length:u32 kind:u8 body        length counts kind and body
 * </pre>
 *
 * <p>What is written during one read of the socket is flushed once, at its end. Outgoing bytes are
 * bounded by the channel's high watermark: beyond it frames are dropped, which every user of the
 * mesh must bear anyway.
 *
 * <p>Threads: the mesh's loop only.
 */
abstract class FrameChannel extends ByteToMessageDecoder implements FrameHandler.Back {
  private static final Logger log = LoggerFactory.getLogger(FrameChannel.class);

  private static final int HEADER_BYTES = Integer.BYTES + 1;

  private final PeerMesh mesh;
  private @Nullable Channel channel;
  private boolean reading;
  private boolean dirty;
  private long heardNanos;

  /** The longest frame that is taken in at this point of the conversation. */
  private int frameBytesMax;

  FrameChannel(PeerMesh mesh) {
    this.mesh = mesh;
    this.frameBytesMax = Handshake.MOST_BYTES;
  }

  /** The connection stands. */
  abstract void opened();

  /** A frame has arrived. */
  abstract void received(int kind, ByteBuffer body);

  /** The connection is gone. */
  abstract void closed();

  /** Every so often, while the connection stands. */
  abstract void tick(long nowNanos);

  final PeerMesh mesh() {
    return mesh;
  }

  /** The handshake is over: longer frames are taken in. */
  final void greeted() {
    frameBytesMax = mesh.frameBytesMax();
  }

  /** How long nothing has been heard. */
  final long silenceNanos(long nowNanos) {
    return nowNanos - heardNanos;
  }

  final boolean isOpen() {
    return channel != null && channel.isActive();
  }

  // ------------------------------------------------------------------------------ out

  /** Queues a frame; false if it was dropped. */
  final boolean write(FrameKind kind, byte[] body) {
    return write(kind, body.length, out -> out.put(body));
  }

  /**
   * Queues a frame whose body is written where it is sent from; false if it was dropped.
   *
   * @param body fills the buffer, which has so many bytes
   */
  final boolean write(FrameKind kind, int bytes, Consumer<ByteBuffer> body) {
    Channel to = channel;
    if (to == null || !to.isWritable()) {
      mesh.counters().dropped();
      return false;
    }
    ByteBuf out = to.alloc().ioBuffer(HEADER_BYTES + bytes);
    try {
      out.writeInt(1 + bytes).writeByte(kind.number());
      ByteBuffer room = out.nioBuffer(HEADER_BYTES, bytes);
      body.accept(room);
      if (room.hasRemaining()) {
        throw new IllegalStateException(
            "a frame's body of " + bytes + " bytes lacks " + room.remaining());
      }
    } catch (RuntimeException | Error e) {
      out.release();
      throw e;
    }
    out.writerIndex(HEADER_BYTES + bytes);
    mesh.counters().sent(HEADER_BYTES + bytes);
    var unused = to.write(out, to.voidPromise());
    dirty = true;
    return true;
  }

  /** Sends what is queued. */
  final void flush() {
    if (dirty && channel != null) {
      dirty = false;
      channel.flush();
    }
  }

  @Override
  public final void send(FrameKind kind, byte[] body) {
    mesh.onLoop(() -> {
      write(kind, body);
      if (!reading) {
        flush();
      }
    });
  }

  final void closeChannel() {
    if (channel != null) {
      var unused = channel.close();
    }
  }

  /** Sends the frame, then closes. */
  final void sendLast(FrameKind kind, byte[] body) {
    write(kind, body);
    flush();
    closeChannel();
  }

  // ------------------------------------------------------------------------------ in

  @Override
  public final void channelActive(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    heardNanos = System.nanoTime();
    opened();
    flush();
    beat(ctx);
  }

  private void beat(ChannelHandlerContext ctx) {
    var unused =
        ctx.executor()
            .schedule(
                () -> {
                  if (ctx.channel().isActive()) {
                    tick(System.nanoTime());
                    flush();
                    beat(ctx);
                  }
                },
                PeerMesh.TICK_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  @Override
  protected final void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    reading = true;
    while (in.readableBytes() >= HEADER_BYTES && ctx.channel().isActive()) {
      int length = in.getInt(in.readerIndex());
      if (length < 1 || length > frameBytesMax) {
        throw new MalformedFrameException(
            "a frame of " + length + " bytes, where at most " + frameBytesMax + " are taken in");
      }
      int missing = Integer.BYTES + length - in.readableBytes();
      if (missing > 0) {
        in.ensureWritable(missing); // once, not by doubling and copying what is there each time
        return;
      }
      in.skipBytes(Integer.BYTES);
      int kind = in.readUnsignedByte();
      ByteBuffer body = in.nioBuffer(in.readerIndex(), length - 1).asReadOnlyBuffer();
      in.skipBytes(length - 1);
      mesh.counters().received(Integer.BYTES + length);
      received(kind, body);
    }
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    reading = false;
    heardNanos = System.nanoTime();
    flush();
    super.channelReadComplete(ctx);
  }

  @Override
  public final void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    channel = null;
    closed();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Throwable root = cause.getCause() != null ? cause.getCause() : cause;
    if (root instanceof IOException) {
      trouble("the connection broke: " + root.getMessage());
    } else if (root instanceof MalformedFrameException) {
      trouble(String.valueOf(root.getMessage()));
    } else {
      log.error("a frame from {} could not be taken in; the connection is closed", this, root);
      trouble("a frame could not be taken in: " + root);
    }
    var unused = ctx.close();
  }

  /** Why the connection is about to close. */
  abstract void trouble(String why);
}
