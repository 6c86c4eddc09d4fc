package io.flotilla.statemachine.simulation;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** Replies as text that can be compared: every kind and every byte of it. */
final class Shown {
  private Shown() {}

  static List<String> replies(Reply[] replies) {
    List<String> shown = new ArrayList<>();
    for (Reply reply : replies) {
      shown.add(reply(reply));
    }
    return shown;
  }

  static String reply(Reply reply) {
    return switch (reply) {
      case Reply.Bulk bulk -> "\"" + Ascii.text(bulk.bytes()) + "\"";
      case Reply.Verbatim verbatim -> verbatim.format() + ":" + Ascii.text(verbatim.bytes());
      case Reply.Array array -> "[" + elements(array.elements()) + "]";
      case Reply.Map map -> "{" + elements(map.keysAndValues()) + "}";
      case Reply.Set set -> "~" + elements(set.elements());
      case Reply.Pairs pairs -> "%" + elements(pairs.firstsAndSeconds());
      case Reply.MapOfPairs map -> "{%" + elements(map.keysAndValues()) + "}";
      case Reply.Push push -> ">" + elements(push.elements());
      default -> reply.toString();
    };
  }

  private static String elements(List<? extends Reply> elements) {
    return String.join(" ", elements.stream().map(Shown::reply).toList());
  }
}
