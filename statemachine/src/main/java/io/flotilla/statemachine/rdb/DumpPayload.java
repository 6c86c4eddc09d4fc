package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.Value;

/**
 * What DUMP answers and RESTORE takes: one value, the version of the notation, a checksum.
 *
 * <pre>
 *   kind:u8 value | version:u16 | crc64 of all before      numbers little-endian
 * </pre>
 *
 * <p>The version that is written is the lowest whose readers know the value's kind: 10, that of
 * Redis 7.0, or 12, that of 7.4, for a hash whose fields have deadlines. Redis refuses a version
 * above its own, so payloads go to 7.0 and 7.2 alike. Up to {@value #NEWEST} is read.
 */
public final class DumpPayload {
  private static final int OF_REDIS_7_0 = 10;
  private static final int OF_REDIS_7_4 = 12;
  private static final int NEWEST = OF_REDIS_7_4;
  private static final int VERSION_BYTES = 2;
  private static final int FOOTER_BYTES = VERSION_BYTES + Long.BYTES;

  private DumpPayload() {}

  /** A value as a payload. */
  public static byte[] of(Value value) {
    ByteSink sink = new ByteSink(256);
    RdbWriter writer = new RdbWriter(sink);
    writer.write(value);
    boolean deadlines = value instanceof HashValue hash && hash.deadlines() > 0;
    writer.littleEndian(deadlines ? OF_REDIS_7_4 : OF_REDIS_7_0, VERSION_BYTES);
    writer.littleEndian(Crc64.update(0, sink.array(), 0, sink.size()), Long.BYTES);
    return sink.toByteArray();
  }

  /** Whether a payload has a version that is known here and the checksum that it tells. */
  public static boolean isWhole(byte[] payload) {
    int length = payload.length;
    if (length < FOOTER_BYTES) {
      return false;
    }
    int version =
        (payload[length - FOOTER_BYTES] & 0xff) | (payload[length - FOOTER_BYTES + 1] & 0xff) << 8;
    long crc = 0;
    for (int i = 1; i <= Long.BYTES; i++) {
      crc = (crc << Byte.SIZE) | (payload[length - i] & 0xff);
    }
    return version <= NEWEST && crc == Crc64.update(0, payload, 0, length - Long.BYTES);
  }

  /**
   * A value out of its payload.
   *
   * @param value the value
   * @param expandedBytes the bytes that it has and the payload had not: of compressed strings
   */
  public record Restored(Value value, long expandedBytes) {}

  /**
   * The value of a payload that {@link #isWhole}.
   *
   * @throws CorruptException if it is none, in whatever way
   */
  public static Restored restore(byte[] payload, SipHash hash, EncodingLimits limits) {
    RdbSource source = new RdbSource(payload, 0, payload.length - FOOTER_BYTES);
    Value value = new RdbReader(source, hash, limits).read(source.u8());
    return new Restored(value, source.expanded());
  }
}
