package io.flotilla.chaos.witness;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.flotilla.proto.log.ControlEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of a log's file, read from their bytes alone: nothing of the product is asked.
 *
 * <pre>
 *   file    := "RaftLog1" record* zeros
 *   record  := length:varint body crc:u32        body: Ratis' LogEntryProto, term = 1, index = 2, ours in 3.1
 *   ours    := 0x01 node[20] incarnation:u64 number:varint stamp:varint count:varint item*  | 0x02 ControlEntry
 *   item    := argc&lt;&lt;1:varint argument*
 *            | commands&lt;&lt;1|1:varint watched:varint (block version:zigzag)* (argc argument*)*
 * </pre>
 */
public final class LogRecords {
  private static final int HEADER_BYTES = 8;
  private static final int CRC_BYTES = 4;
  private static final int BATCH = 1;
  private static final int CONTROL = 2;
  private static final int NODE_AND_INCARNATION_BYTES = 20 + 8;

  private static final int TERM = 1;
  private static final int INDEX = 2;
  private static final int MACHINE_ENTRY = 3;
  private static final int LOG_DATA = 1;

  private LogRecords() {}

  /**
   * An entry.
   *
   * @param stampMillis the leader's time; 0 where the entry has none
   * @param items what clients asked, in order
   */
  public record Entry(long term, long index, long stampMillis, List<Item> items) {}

  /**
   * What a client asked: a command, or a transaction.
   *
   * @param watched the keys that must not have changed, and their versions
   */
  public record Item(
      List<List<String>> commands, boolean isTransaction, Map<String, Long> watched) {
    /** A command by itself. */
    static Item of(List<String> command) {
      return new Item(List.of(command), false, Map.of());
    }
  }

  /**
   * A whole record, and where it stands in its file.
   *
   * @param from its first byte
   * @param to the byte behind it
   */
  public record Place(Entry entry, int from, int to) {}

  private record Data(long stampMillis, List<Item> items) {}

  /** All whole records; what stands behind the last whole one is not looked at. */
  static List<Entry> read(byte[] file) throws IOException {
    return places(file).stream().map(Place::entry).toList();
  }

  /** The same, with their places. */
  public static List<Place> places(byte[] file) throws IOException {
    List<Place> places = new ArrayList<>();
    int at = HEADER_BYTES;
    while (at < file.length && file[at] != 0) {
      CodedInputStream length = CodedInputStream.newInstance(file, at, file.length - at);
      int bytes = length.readRawVarint32();
      int body = at + length.getTotalBytesRead();
      if (bytes < 0 || (long) body + bytes + CRC_BYTES > file.length) {
        break; // torn
      }
      int end = body + bytes + CRC_BYTES;
      places.add(new Place(entry(CodedInputStream.newInstance(file, body, bytes)), at, end));
      at = end;
    }
    return places;
  }

  private static Entry entry(CodedInputStream in) throws IOException {
    long term = 0;
    long index = 0;
    Data data = new Data(0, List.of());
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case TERM -> term = in.readUInt64();
        case INDEX -> index = in.readUInt64();
        case MACHINE_ENTRY -> {
          byte[] bytes = logData(in.readByteArray());
          data = bytes == null || bytes.length == 0 ? data : data(bytes);
        }
        default -> in.skipField(tag);
      }
    }
    return new Entry(term, index, data.stampMillis, data.items);
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

  /** Entries of the metadata group begin with another byte: they are no concern of this. */
  private static Data data(byte[] bytes) throws IOException {
    return switch (bytes[0]) {
      case BATCH -> batch(ByteBuffer.wrap(bytes, 1, bytes.length - 1));
      case CONTROL ->
          new Data(
              ControlEntry.parseFrom(ByteBuffer.wrap(bytes, 1, bytes.length - 1)).getStampMillis(),
              List.of());
      default -> new Data(0, List.of());
    };
  }

  private static Data batch(ByteBuffer in) throws IOException {
    in.position(in.position() + NODE_AND_INCARNATION_BYTES);
    varint(in); // number
    final long stamp = varint(in);
    long count = varint(in);
    List<Item> items = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      long head = varint(in);
      if ((head & 1) == 0) {
        items.add(Item.of(arguments(in, head >>> 1)));
        continue;
      }
      Map<String, Long> watched = new LinkedHashMap<>();
      for (long w = varint(in); w > 0; w--) {
        String key = block(in);
        long zigzag = varint(in);
        watched.put(key, zigzag >>> 1 ^ -(zigzag & 1));
      }
      List<List<String>> commands = new ArrayList<>();
      for (long c = 0; c < head >>> 1; c++) {
        commands.add(arguments(in, varint(in)));
      }
      items.add(new Item(List.copyOf(commands), true, watched));
    }
    if (in.hasRemaining()) {
      throw new IOException(in.remaining() + " bytes too many in an entry");
    }
    return new Data(stamp, items);
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
