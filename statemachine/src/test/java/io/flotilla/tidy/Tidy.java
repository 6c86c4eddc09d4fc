package io.flotilla.tidy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The hygiene of one text file: a function from its path and content to the complaints about it.
 *
 * <p>The words that are looked for are written here in pieces, so that this file passes its own
 * check.
 */
final class Tidy {
  /** A line that must not be, in the files whose paths match. */
  private record Ban(Pattern where, Pattern what, String complaint) {}

  private static final String ANYWHERE = ".*";
  private static final String TESTS = ".*/src/test/.*|chaos-tests/.*";

  private static final List<Ban> BANS =
      List.of(
          ban(ANYWHERE, "\\t", "has a tab"),
          ban(ANYWHERE, "[ \\u00a0]+$", "ends in a space"),
          ban(ANYWHERE, "\\r", "has a carriage return"),
          ban(
              ANYWHERE,
              "\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b",
              "parks a debt: do it, or say in the open what is missing"),
          ban(ANYWHERE, "@Dis" + "abled\\b", "parks a test: mend it, or delete it"),
          ban(
              TESTS,
              "\\bThread\\s*\\.\\s*sl" + "eep\\b",
              "sleeps: advance time, or await a condition"),
          ban(
              TESTS,
              "\\bTimeUnit\\s*\\.\\s*\\w+\\s*\\.\\s*sl" + "eep\\b",
              "sleeps: advance time, or await a condition"),
          ban(
              ANYWHERE,
              "(^|[\\s\"'=(`:])/(ro" + "ot|ho" + "me|wo" + "rk|Us" + "ers)/[A-Za-z0-9]",
              "names a path of one machine"));

  private Tidy() {}

  /**
   * Says what is wrong with a file.
   *
   * @param path relative to the repository's root, with slashes
   * @param text the whole content
   * @return one line for each complaint, beginning with {@code path:line}
   */
  static List<String> complaints(String path, String text) {
    List<String> complaints = new ArrayList<>();
    String[] lines = text.split("\n", -1);
    for (Ban ban : BANS) {
      if (!ban.where().matcher(path).matches()) {
        continue;
      }
      for (int i = 0; i < lines.length; i++) {
        if (ban.what().matcher(lines[i]).find()) {
          complaints.add(path + ":" + (i + 1) + " " + ban.complaint());
        }
      }
    }
    if (!text.isEmpty() && !text.endsWith("\n")) {
      complaints.add(path + ":" + lines.length + " does not end in a newline");
    }
    if (text.endsWith("\n\n")) {
      complaints.add(path + ":" + (lines.length - 1) + " ends in an empty line");
    }
    return complaints;
  }

  private static Ban ban(String where, String what, String complaint) {
    return new Ban(Pattern.compile(where), Pattern.compile(what), complaint);
  }
}
