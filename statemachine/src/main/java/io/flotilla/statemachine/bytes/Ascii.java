package io.flotilla.statemachine.bytes;

import java.nio.charset.StandardCharsets;

/** Words of the protocol as bytes: one byte a character, case without a locale. */
public final class Ascii {
  private Ascii() {}

  /** The bytes of Latin-1 text. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Text of these bytes, one char a byte, whatever they are. */
  public static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Whether the bytes spell this word, which is given in upper case, in any case. */
  public static boolean spells(byte[] bytes, String upperCaseWord) {
    if (bytes.length != upperCaseWord.length()) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (upper(bytes[i]) != upperCaseWord.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Upper case of an ASCII letter; any other byte as it is. */
  public static int upper(byte b) {
    return b >= 'a' && b <= 'z' ? b - 32 : b & 0xff;
  }

  /** Lower case of an ASCII letter; any other byte as it is. */
  public static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b & 0xff;
  }
}
