package io.flotilla.statemachine.transcripts;

import io.flotilla.statemachine.reply.Reply;
import java.util.List;

/** Something that a transcript can be run against: a bare machine, a node, a real Redis. */
public interface Subject {
  /** Answers one command, its name first. */
  Reply answer(byte[][] argv);

  /** Lets time pass. */
  void advance(long millis);

  /** Forgets all keys. */
  void fresh();

  /** From now on, hears of key events ({@link #events}) or not. */
  void listen(boolean on);

  /** The key events since the last asking, each as {@code event key}, in order. */
  List<String> events();

  /** Whether it can hear of key events at all; if not, it is not judged by them. */
  default boolean hearsEvents() {
    return true;
  }

  /** The reply as this subject can show it: a RESP2 connection knows no maps. */
  default Reply seen(Reply meant) {
    return meant;
  }
}
