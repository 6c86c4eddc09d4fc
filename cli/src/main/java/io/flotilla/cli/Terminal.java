package io.flotilla.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What standard output leads to: colours or not, and how many columns fit.
 *
 * <p>Java cannot tell whether standard output alone is a terminal, nor how wide it is, so a shell
 * is asked, once. Where there is none, output is plain and as wide as it likes.
 *
 * @param colours whether colours are wanted there
 * @param width how many columns fit; 0: any number
 */
record Terminal(boolean colours, int width) {
  /** No terminal: a file, a pipe, a test. */
  static final Terminal PLAIN = new Terminal(false, 0);

  private static final Pattern STTY_SIZE = Pattern.compile("\\s*(\\d+)\\s+(\\d+)\\s*");

  /** Asks what this process's standard output is; see https://no-color.org for NO_COLOR. */
  static Terminal detect(Map<String, String> environment) {
    String answer = askShell();
    if (answer == null) {
      return PLAIN;
    }
    return of(environment, answer);
  }

  /** The terminal of which {@code stty size} said this. */
  static Terminal of(Map<String, String> environment, String sttySize) {
    boolean colours =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "").equals("dumb");
    Matcher size = STTY_SIZE.matcher(sttySize);
    int width = size.matches() ? Integer.parseInt(size.group(2)) : 0;
    String columns = environment.getOrDefault("COLUMNS", "");
    if (columns.matches("[1-9]\\d{0,4}")) {
      width = Integer.parseInt(columns);
    }
    return new Terminal(colours, width);
  }

  /** The words of {@code stty size}, or null if standard output is no terminal. */
  private static @org.jspecify.annotations.Nullable String askShell() {
    try {
      Process shell =
          new ProcessBuilder("/bin/sh", "-c", "test -t 1 && { stty size <&3 || :; } 3<&1 >&2")
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .start();
      String words = new String(shell.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      return shell.waitFor(1, TimeUnit.SECONDS) && shell.exitValue() == 0 ? words : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
