package io.flotilla.chaos.witness;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of a log's file, read from their bytes alone: nothing of the product is asked.
 *
 * <pre>
 *   file    := "RaftLog1" record* zeros
 *   record  := length:varint body crc:u32        body: Ratis' LogEntryProto, term = 1, index = 2, ours in 3.1
 *   ours    := 0x01 node[20] incarnation:u64 number:varint stamp:varint count:varint item*  | 0x02 …
 *   item    := argc&lt;&lt;1:varint argument*
 *            | commands&lt;&lt;1|1:varint watched:varint (block version:varint)* (argc argument*)*
 * </pre>
 */
public final class LogRecords {
  private static final int HEADER_BYTES = 8;
  private static final int CRC_BYTES = 4;
  private static final int BATCH = 1;
  private static final int NODE_AND_INCARNATION_BYTES = 20 + 8;

  private static final int TERM = 1;
  private static final int INDEX = 2;
  private static final int MACHINE_ENTRY = 3;
  private static final int LOG_DATA = 1;

  private LogRecords() {}

  /**
   * An entry.
   *
   * @param commands what clients asked, in order; those of a transaction one after another
   */
  public record Entry(long term, long index, List<List<String>> commands) {}

  /** All whole records; what stands behind the last whole one is not looked at. */
  static List<Entry> read(byte[] file) throws IOException {
    List<Entry> entries = new ArrayList<>();
    int at = HEADER_BYTES;
    while (at < file.length && file[at] != 0) {
      CodedInputStream length = CodedInputStream.newInstance(file, at, file.length - at);
      int bytes = length.readRawVarint32();
      int body = at + length.getTotalBytesRead();
      if (bytes < 0 || (long) body + bytes + CRC_BYTES > file.length) {
        break; // torn
      }
      entries.add(entry(CodedInputStream.newInstance(file, body, bytes)));
      at = body + bytes + CRC_BYTES;
    }
    return entries;
  }

  private static Entry entry(CodedInputStream in) throws IOException {
    long term = 0;
    long index = 0;
    List<List<String>> commands = List.of();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case TERM -> term = in.readUInt64();
        case INDEX -> index = in.readUInt64();
        case MACHINE_ENTRY -> {
          byte[] data = logData(in.readByteArray());
          commands = data == null ? List.of() : commands(data);
        }
        default -> in.skipField(tag);
      }
    }
    return new Entry(term, index, commands);
  }

  private static byte @Nullable [] logData(byte[] machineEntry) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(machineEntry);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == LOG_DATA) {
        return in.readByteArray();
      }
      in.skipField(tag);
    }
    return null;
  }

  private static List<List<String>> commands(byte[] data) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(data);
    if (data.length == 0 || in.get() != BATCH) {
      return List.of();
    }
    in.position(in.position() + NODE_AND_INCARNATION_BYTES);
    varint(in); // number
    varint(in); // stamp
    long count = varint(in);
    List<List<String>> commands = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      long head = varint(in);
      if ((head & 1) == 0) {
        commands.add(arguments(in, head >>> 1));
        continue;
      }
      long watched = varint(in);
      for (long w = 0; w < watched; w++) {
        block(in);
        varint(in);
      }
      for (long c = 0; c < head >>> 1; c++) {
        commands.add(arguments(in, varint(in)));
      }
    }
    if (in.hasRemaining()) {
      throw new IOException(in.remaining() + " bytes too many in an entry");
    }
    return commands;
  }

  private static List<String> arguments(ByteBuffer in, long count) {
    List<String> arguments = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      arguments.add(block(in));
    }
    return arguments;
  }

  private static String block(ByteBuffer in) {
    byte[] bytes = new byte[Math.toIntExact(varint(in))];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
