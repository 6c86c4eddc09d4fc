package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** Whoever is right: commands are said ahead of their answers, which come in order. */
interface Oracle extends AutoCloseable {
  /** Forgets everything, and goes on in this frame. */
  void begin(Frame frame);

  /** Says a command without waiting. */
  void say(byte[][] argv);

  /** Sends what was said. */
  void flush();

  /** The next answer. */
  Reply hear();

  /** The key events since the last asking. */
  List<String> events();

  /** Whether PFCOUNT of one key writes what it counted into the value. */
  boolean remembersCounts();

  /** Its time, Unix milliseconds. */
  long nowMillis();

  /** Lets time pass. */
  void pass(long millis);

  /** Whether it still answers. */
  boolean isAlive();

  @Override
  void close();
}
