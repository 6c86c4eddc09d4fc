package io.flotilla.statemachine.bytes;

/**
 * The shapes of a float that C's {@code strtod} reads, of which Redis wants the whole: a decimal or
 * hexadecimal number with an optional sign, point and exponent, or infinity by name.
 *
 * <p>{@code nan} is well-formed to C and refused by Redis wherever it reads a float, so it counts
 * as no float here. So does leading white space, which C skips and Redis does not allow.
 */
enum FloatSyntax {
  /** Not a float. */
  NONE,
  /** {@code 12}, {@code -.5}, {@code 1.}, {@code 1e-7}. */
  DECIMAL,
  /** {@code 0x1f}, {@code 0x.8p-3}: the exponent is a power of two, in decimal digits. */
  HEXADECIMAL,
  /** {@code inf} or {@code infinity} in any case. */
  INFINITY;

  /** The shape of these bytes. */
  static FloatSyntax of(byte[] bytes) {
    int start = signLength(bytes);
    int length = bytes.length - start;
    if (length == 0) {
      return NONE;
    }
    int first = Ascii.lower(bytes[start]);
    if (first == 'i') {
      return spells(bytes, start, "inf") || spells(bytes, start, "infinity") ? INFINITY : NONE;
    }
    if (first == '0' && length > 2 && Ascii.lower(bytes[start + 1]) == 'x') {
      return isNumber(bytes, start + 2, 16, 'p') ? HEXADECIMAL : NONE;
    }
    return isNumber(bytes, start, 10, 'e') ? DECIMAL : NONE;
  }

  /** One if the bytes begin with a sign. */
  static int signLength(byte[] bytes) {
    return bytes.length > 0 && (bytes[0] == '-' || bytes[0] == '+') ? 1 : 0;
  }

  /** Digits with at most one point among them, then perhaps an exponent; to the end. */
  private static boolean isNumber(byte[] bytes, int from, int radix, int exponentLetter) {
    int place = from;
    int digits = 0;
    boolean point = false;
    for (; place < bytes.length; place++) {
      if (isDigit(bytes[place], radix)) {
        digits++;
      } else if (bytes[place] == '.' && !point) {
        point = true;
      } else {
        break;
      }
    }
    if (digits == 0 || place == bytes.length) {
      return digits > 0;
    }
    if (Ascii.lower(bytes[place++]) != exponentLetter) {
      return false;
    }
    if (place < bytes.length && (bytes[place] == '-' || bytes[place] == '+')) {
      place++;
    }
    int exponent = place;
    while (place < bytes.length && isDigit(bytes[place], 10)) {
      place++;
    }
    return place == bytes.length && place > exponent;
  }

  /** Whether the byte is a digit in this radix, 10 or 16. */
  static boolean isDigit(byte b, int radix) {
    return (b >= '0' && b <= '9')
        || (radix == 16 && Ascii.lower(b) >= 'a' && Ascii.lower(b) <= 'f');
  }

  private static boolean spells(byte[] bytes, int from, String lowerCaseWord) {
    if (bytes.length - from != lowerCaseWord.length()) {
      return false;
    }
    for (int i = 0; i < lowerCaseWord.length(); i++) {
      if (Ascii.lower(bytes[from + i]) != lowerCaseWord.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
