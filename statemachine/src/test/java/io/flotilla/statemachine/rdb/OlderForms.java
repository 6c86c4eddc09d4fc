package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSink;
import java.util.ArrayList;
import java.util.List;

/** Payloads of the kinds that no Redis of today writes, put together by hand. */
final class OlderForms {
  private OlderForms() {}

  /** A payload of these bytes, with the version of Redis 2.6 and its checksum. */
  static byte[] payload(byte[] value) {
    ByteSink sink = new ByteSink(value.length + 10);
    sink.raw(value, 0, value.length);
    RdbWriter writer = new RdbWriter(sink);
    writer.littleEndian(6, 2);
    writer.littleEndian(Crc64.update(0, sink.array(), 0, sink.size()), 8);
    return sink.toByteArray();
  }

  private static byte[] payload(int type, String... parts) {
    return payload(Ascii.bytes((char) type + String.join("", parts)));
  }

  private static String string(String text) {
    ByteSink sink = new ByteSink(16);
    new RdbWriter(sink).length(text.length());
    return Ascii.text(sink.toByteArray()) + text;
  }

  private static String little(long value, int bytes) {
    ByteSink sink = new ByteSink(8);
    new RdbWriter(sink).littleEndian(value, bytes);
    return Ascii.text(sink.toByteArray());
  }

  /** A ziplist of these entries, each without the length of the one before it. */
  private static String ziplist(String... entries) {
    StringBuilder body = new StringBuilder();
    int before = 0;
    int last = 10;
    for (String entry : entries) {
      last = 10 + body.length();
      body.append((char) before).append(entry);
      before = 1 + entry.length();
    }
    return little(body.length() + 11, 4)
        + little(last, 4)
        + little(entries.length, 2)
        + body
        + "\u00ff";
  }

  private static String listpack(String... entries) {
    StringBuilder body = new StringBuilder();
    for (String entry : entries) {
      body.append(entry).append((char) entry.length());
    }
    return little(body.length() + 7, 4) + little(entries.length, 2) + body + "\u00ff";
  }

  static List<byte[]> payloads() {
    List<byte[]> payloads = new ArrayList<>();
    payloads.add(payload(RdbType.STRING, "\u00c0\u00f9"));
    payloads.add(payload(RdbType.STRING, "\u00c1" + little(-30000, 2)));
    payloads.add(payload(RdbType.STRING, "\u00c2" + little(70000, 4)));
    // one a as it is; 2 + 7 + 13 more, one back; a b
    payloads.add(
        payload(RdbType.STRING, "\u00c3\u0007\u0018", "\u0000a", "\u00e0\r\u0000", "\u0000b"));
    payloads.add(payload(RdbType.LIST, "\u0003", string("a"), string(""), "\u00c0\u000c"));
    payloads.add(payload(RdbType.SET, "\u0002", string("b"), string("a")));
    payloads.add(
        payload(RdbType.SORTED_SET, "\u0002", string("a"), "\u00031.5", string("b"), "\u00ff"));
    payloads.add(payload(RdbType.HASH, "\u0001", string("f"), string("v")));
    payloads.add(
        payload(
            RdbType.HASH_ZIPMAP, string("\u0002\u0001f\u0001\u0002v..\u0001g\u0000\u0000\u00ff")));
    payloads.add(
        payload(
            RdbType.LIST_ZIPLIST,
            string(
                ziplist(
                    "\u0001a",
                    "\u00fd",
                    "\u00fe\r",
                    "\u00fe\u00ff",
                    "\u00c0" + little(300, 2),
                    "\u00f0" + little(70000, 3),
                    "\u00d0" + little(-70_000_000, 4),
                    "\u00e0" + little(99_999_999_999L, 8),
                    "@F" + "x".repeat(70)))));
    payloads.add(
        payload(
            RdbType.SET_INTSET,
            string(little(4, 4) + little(3, 4) + little(-5, 4) + little(1, 4) + little(70000, 4))));
    payloads.add(
        payload(
            RdbType.SORTED_SET_ZIPLIST,
            string(ziplist("\u0001a", "\u00032.5", "\u0001b", "\u00f4"))));
    payloads.add(payload(RdbType.HASH_ZIPLIST, string(ziplist("\u0001f", "\u0001v"))));
    payloads.add(
        payload(
            RdbType.LIST_QUICKLIST,
            "\u0002",
            string(ziplist("\u0001a", "\u0001b")),
            string(ziplist("\u0001c"))));
    payloads.add(payload(RdbType.SET_LISTPACK, string(listpack("\u0081m", "\u0001"))));
    payloads.add(
        payload(
            RdbType.HASH_LISTPACK_DEADLINES,
            little(5000, 8),
            string(
                listpack(
                    "\u0081f",
                    "\u0081v",
                    "\u00f1" + little(5000, 2),
                    "\u0081g",
                    "\u0081w",
                    "\u0000"))));
    return payloads;
  }
}
