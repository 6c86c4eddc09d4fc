package io.flotilla.statemachine.snapshot;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.keyspace.Walk;
import java.util.HexFormat;

/**
 * What replicas compare: a 128-bit sum over a shard's state, equal where the states are equal.
 *
 * <p>Each key, and the head, is hashed by its snapshot bytes under two fixed keys, and the hashes
 * are added up: a walk may meet ranges in any order, and a sum does not mind. It finds divergence
 * by fault, not forgery. It costs nothing until somebody asks. In how many pieces a large key comes
 * does not matter: its hash goes over all of them.
 */
public final class Digest implements Walk.Visitor {
  private static final SipHash FIRST = new SipHash(0x466c6f74696c6c61L, 0x6669727374L);
  private static final SipHash SECOND = new SipHash(0x7365636f6e64L, 0x466c6f74696c6c61L);

  private final ByteSink sink = new ByteSink(256);
  private long first;
  private long second;
  private long keys;

  /** Adds state that is no key: its bytes, as the snapshot's head has them. */
  public void head(byte[] bytes) {
    sink.clear();
    sink.raw(bytes, 0, bytes.length);
    add();
  }

  @Override
  public void range(int slot, int size) {
    keys += size;
  }

  @Override
  public int key(byte[] key, Value value, long deadlineMillis, long version) {
    sink.clear();
    KeyCodec.encode(key, value, deadlineMillis, version, sink);
    add();
    return sink.size();
  }

  @Override
  public Walk.Pieces large(int slot, byte[] key, Value value, long deadlineMillis, long version) {
    keys++;
    KeyInPieces pieces = new KeyInPieces(key, value, deadlineMillis, version);
    SipHash.Stream firstOfKey = FIRST.stream();
    SipHash.Stream secondOfKey = SECOND.stream();
    return new Walk.Pieces() {
      @Override
      public int next() {
        sink.clear();
        pieces.next(sink);
        firstOfKey.update(sink.array(), 0, sink.size());
        secondOfKey.update(sink.array(), 0, sink.size());
        if (pieces.isDone()) {
          first += firstOfKey.finish();
          second += secondOfKey.finish();
        }
        return sink.size();
      }

      @Override
      public boolean isDone() {
        return pieces.isDone();
      }

      @Override
      public void close() {
        pieces.close();
      }
    };
  }

  /** The number of keys that went in. */
  public long keys() {
    return keys;
  }

  /** The digest: 32 hexadecimal digits. */
  public String hex() {
    return HexFormat.of().toHexDigits(first) + HexFormat.of().toHexDigits(second);
  }

  private void add() {
    first += FIRST.hash(sink.array(), 0, sink.size());
    second += SECOND.hash(sink.array(), 0, sink.size());
  }
}
