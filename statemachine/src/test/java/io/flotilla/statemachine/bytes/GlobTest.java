package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Patterns come from clients: they must mean what Redis means, and none may hang a shard. */
class GlobTest {
  @Example
  void oddPatternsMeanWhatTheyMeanToRedis() {
    assertMatches("*", "a", true);
    assertMatches("*", "", false); // Redis's own oddity
    assertMatches("", "", true);
    assertMatches("h?llo", "hello", true);
    assertMatches("h[ae]llo", "hallo", true);
    assertMatches("h[^e]llo", "hello", false);
    assertMatches("h[a-b]llo", "hbllo", true);
    assertMatches("[b-a]", "a", true);
    assertMatches("[a-", "a", true);
    assertMatches("[a-", "-", true);
    assertMatches("[a", "a", true);
    assertMatches("[", "[", false);
    assertMatches("[^", "x", true);
    assertMatches("[]", "]", false);
    assertMatches("[^]", "x", true);
    assertMatches("[\\]]", "]", true);
    assertMatches("[\\", "\\", true);
    assertMatches("[a-]", "b", false);
    assertMatches("[!-]]", "*]", false);
    assertMatches("[+-]]", "5", true); // from + to ], and the class ends with the pattern
    assertMatches("\\", "\\", true);
    assertMatches("a\\", "a\\", true);
    assertMatches("\\*", "*", true);
    assertMatches("\\*", "a", false);
    assertMatches("a*b*c", "axxbyyc", true);
    assertMatches("a**c", "abc", true);
    assertMatches("*a", "aaab", false);
    assertMatches("[\u0080-\u00ff]", "\u00ff", true);
    assertMatches("[a-\u00ff]", "\u00ff", true); // as signed bytes: from ff, which is -1, up to a
    assertMatches("[a-\u00ff]", "b", false);
  }

  @Example
  void caseIsIgnoredOnlyIfAsked() {
    assertThat(new Glob(Ascii.bytes("H[A-C]*"), true).matches(Ascii.bytes("hbX"))).isTrue();
    assertThat(new Glob(Ascii.bytes("H[A-C]*")).matches(Ascii.bytes("hbX"))).isFalse();
    assertThat(new Glob(Ascii.bytes("[\\A]"), true).matches(Ascii.bytes("a"))).isFalse();
  }

  /** Redis's fix of a stack that overflowed: what needs more than a thousand stars is not found. */
  @Example
  void behindAThousandStarsNothingMatches() {
    byte[] bytes = Ascii.bytes("a".repeat(1001));

    assertThat(new Glob(Ascii.bytes("*a".repeat(1000))).matches(bytes)).isTrue();
    assertThat(new Glob(Ascii.bytes("*a".repeat(1001))).matches(bytes)).isFalse();
    assertThat(new Glob(Ascii.bytes("*a".repeat(1000) + "**")).matches(bytes)).isTrue();
    assertThat(new Glob(Ascii.bytes("*".repeat(2000) + "a")).matches(bytes)).isTrue();
    assertThat(new Glob(Ascii.bytes("*?".repeat(50_000))).matches(Ascii.bytes("a".repeat(50_000))))
        .isFalse();
  }

  /** A hundred stars against a long string that nearly matches: exponential, if done by search. */
  @Example
  void manyStarsCostNoMoreThanTheProductOfTheLengths() {
    Glob hostile = new Glob(Ascii.bytes("a*".repeat(100) + "b"));
    assertThat(hostile.matches(Ascii.bytes("a".repeat(5000)))).isFalse();
    assertThat(hostile.matches(Ascii.bytes("a".repeat(5000) + "b"))).isTrue();
  }

  @Property(tries = 20_000)
  void agreesWithTheSimplestSearch(
      @ForAll("patterns") String pattern,
      @ForAll("strings") String string,
      @ForAll boolean ignoreCase) {
    boolean expected =
        string.isEmpty() ? pattern.isEmpty() : search(pattern, 0, string, 0, ignoreCase);
    assertThat(new Glob(Ascii.bytes(pattern), ignoreCase).matches(Ascii.bytes(string)))
        .isEqualTo(expected);
  }

  @Property
  void literalPatternsMatchThemselvesAlone(
      @ForAll("patterns") String pattern, @ForAll("strings") String string) {
    Glob glob = new Glob(Ascii.bytes(pattern));
    if (glob.isLiteral()) {
      assertThat(glob.matches(Ascii.bytes(string))).isEqualTo(pattern.equals(string));
    }
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.strings().withChars("aAbBc*?[]^-\\").ofMaxLength(10);
  }

  @Provide
  Arbitrary<String> strings() {
    return Arbitraries.strings().withChars("aAbBc]-\\").ofMaxLength(8);
  }

  /** The twin: every star is tried at every place. */
  private static boolean search(String p, int at, String s, int i, boolean ignoreCase) {
    if (at == p.length()) {
      return i == s.length();
    }
    if (p.charAt(at) == '*') {
      for (int from = i; from <= s.length(); from++) {
        if (search(p, at + 1, s, from, ignoreCase)) {
          return true;
        }
      }
      return false;
    }
    if (i == s.length()) {
      return false;
    }
    int width = 1;
    boolean matches;
    if (p.charAt(at) == '[') {
      int end = at + 1;
      boolean negated = end < p.length() && p.charAt(end) == '^';
      end += negated ? 1 : 0;
      boolean found = false;
      while (end < p.length() && p.charAt(end) != ']') {
        if (p.charAt(end) == '\\' && end + 1 < p.length()) {
          found |= p.charAt(end + 1) == s.charAt(i);
          end += 2;
        } else if (end + 2 < p.length() && p.charAt(end + 1) == '-') {
          char low = (char) Math.min(p.charAt(end), p.charAt(end + 2));
          char high = (char) Math.max(p.charAt(end), p.charAt(end + 2));
          char c = fold(s.charAt(i), ignoreCase);
          found |= c >= fold(low, ignoreCase) && c <= fold(high, ignoreCase);
          end += 3;
        } else {
          found |= fold(p.charAt(end), ignoreCase) == fold(s.charAt(i), ignoreCase);
          end++;
        }
      }
      matches = found != negated;
      width = Math.min(end + 1, p.length()) - at;
    } else if (p.charAt(at) == '?') {
      matches = true;
    } else {
      int letter = at;
      if (p.charAt(at) == '\\' && at + 1 < p.length()) {
        letter++;
        width = 2;
      }
      matches = fold(p.charAt(letter), ignoreCase) == fold(s.charAt(i), ignoreCase);
    }
    return matches && search(p, at + width, s, i + 1, ignoreCase);
  }

  private static char fold(char c, boolean ignoreCase) {
    return ignoreCase && c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  private static void assertMatches(String pattern, String string, boolean expected) {
    assertThat(new Glob(Ascii.bytes(pattern)).matches(Ascii.bytes(string)))
        .as("%s against %s", pattern, string)
        .isEqualTo(expected);
  }
}
