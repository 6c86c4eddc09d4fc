package io.flotilla.node.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Requests as bytes, and bytes as requests, for tests. */
final class Requests {
  private Requests() {}

  static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A multibulk request as a well-behaved client sends it. */
  static byte[] multibulk(List<byte[]> arguments) {
    var out = new java.io.ByteArrayOutputStream();
    out.writeBytes(latin1("*" + arguments.size() + "\r\n"));
    for (byte[] argument : arguments) {
      out.writeBytes(latin1("$" + argument.length + "\r\n"));
      out.writeBytes(argument);
      out.writeBytes(latin1("\r\n"));
    }
    return out.toByteArray();
  }

  /**
   * Everything that a decoder makes of bytes that arrive in pieces of these sizes, the last one
   * taking the rest.
   */
  static List<List<String>> decode(RequestDecoder decoder, byte[] bytes, List<Integer> pieces)
      throws ProtocolException {
    List<List<String>> requests = new ArrayList<>();
    byte[] scratch = new byte[Math.max(1, bytes.length)];
    int at = 0;
    for (int i = 0; at < bytes.length; i++) {
      int piece =
          i < pieces.size() ? Math.min(pieces.get(i), bytes.length - at) : bytes.length - at;
      System.arraycopy(bytes, at, scratch, 0, piece);
      decoder.append(scratch, 0, piece);
      for (byte[][] request = decoder.next(); request != null; request = decoder.next()) {
        requests.add(text(request));
      }
      decoder.settle();
      Arrays.fill(scratch, 0, piece, (byte) 'X'); // whoever still reads the scratch is found out
      at += piece;
    }
    return requests;
  }

  static List<String> text(byte @Nullable [][] request) {
    return Arrays.stream(Objects.requireNonNull(request, "no request"))
        .map(a -> new String(a, StandardCharsets.ISO_8859_1))
        .toList();
  }
}
