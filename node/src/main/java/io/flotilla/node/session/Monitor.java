package io.flotilla.node.session;

import io.flotilla.statemachine.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** MONITOR's lines: every command as it is run, to every monitor. */
final class Monitor {
  private static final byte[] REDACTED = "(redacted)".getBytes(StandardCharsets.ISO_8859_1);

  private Monitor() {}

  static void feed(Front front, Session source, CommandBook.Entry entry, byte[][] argv) {
    if (!entry.monitored()) {
      return;
    }
    String command = entry.command().fullName();
    boolean secret = command.equals("auth") || command.equals("hello");
    long now = front.wallMillis();
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%d.%06d", now / 1000, now % 1000 * 1000));
    line.append(" [0 ").append(source.remote()).append(']');
    for (int i = 0; i < argv.length; i++) {
      line.append(' ');
      quote(line, secret && i > 0 ? REDACTED : argv[i]);
    }
    Reply told = new Reply.Simple(line.toString());
    for (Session monitor : front.clients().monitors()) {
      monitor.connection().loop().execute(() -> monitor.push(told));
    }
  }

  /** Redis's notation of any bytes: printable ASCII in double quotes, the rest escaped. */
  private static void quote(StringBuilder line, byte[] bytes) {
    line.append('"');
    for (byte b : bytes) {
      switch (b) {
        case '\\', '"' -> line.append('\\').append((char) b);
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        case 7 -> line.append("\\a");
        case '\b' -> line.append("\\b");
        default -> {
          if (b >= ' ' && b < 127) {
            line.append((char) b);
          } else {
            line.append(String.format(Locale.ROOT, "\\x%02x", b & 0xff));
          }
        }
      }
    }
    line.append('"');
  }
}
