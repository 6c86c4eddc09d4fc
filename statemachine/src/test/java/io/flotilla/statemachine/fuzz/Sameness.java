package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.reply.Reply;
import java.util.Arrays;
import java.util.List;

/**
 * Whether what a server showed over RESP2 or RESP3 is what one of our replies means, compared
 * without making either of them anew. Doubles count by their value: Redis 7.0 writes 17 digits, 7.2
 * the fewest.
 */
final class Sameness {
  private Sameness() {}

  static boolean same(Reply ours, Reply theirs, int protocol) {
    boolean flat = protocol == 2;
    return switch (ours) {
      case Reply.Simple simple -> simple.equals(theirs);
      case Reply.Error error ->
          theirs instanceof Reply.Error other
              && inALine(error.text()).equals(inALine(other.text()));
      case Reply.Int integer -> integer.equals(theirs);
      case Reply.Bulk bulk ->
          theirs instanceof Reply.Bulk other && Arrays.equals(bulk.bytes(), other.bytes());
      case Reply.Nil nil -> theirs instanceof Reply.Nil;
      case Reply.NilArray nil ->
          flat ? theirs instanceof Reply.NilArray : theirs instanceof Reply.Nil;
      case Reply.Bool truth ->
          flat ? Reply.yesNo(truth.value()).equals(theirs) : truth.equals(theirs);
      case Reply.BigNumber number -> number.equals(theirs);
      case Reply.Verbatim verbatim -> verbatim.equals(theirs);
      case Reply.Double number -> sameNumber(number, theirs);
      case Reply.Array array -> sameEach(array.elements(), elements(theirs), protocol);
      case Reply.Set set ->
          flat == theirs instanceof Reply.Array
              && sameEach(set.elements(), elements(theirs), protocol);
      case Reply.Push push -> sameEach(push.elements(), elements(theirs), protocol);
      case Reply.Map map ->
          flat == theirs instanceof Reply.Array
              && sameEach(map.keysAndValues(), elements(theirs), protocol);
      case Reply.Pairs pairs ->
          flat
              ? sameEach(pairs.firstsAndSeconds(), elements(theirs), protocol)
              : samePairs(pairs.firstsAndSeconds(), elements(theirs), protocol);
      case Reply.MapOfPairs map ->
          flat
              ? samePairs(map.keysAndValues(), elements(theirs), protocol)
              : theirs instanceof Reply.Map other
                  && sameEach(map.keysAndValues(), other.keysAndValues(), protocol);
      case Reply.Elsewhere elsewhere -> false;
    };
  }

  /**
   * What an aggregate holds, flat; a reply that is none holds one thing that nothing is equal to.
   */
  static List<? extends Reply> elements(Reply reply) {
    return switch (reply) {
      case Reply.Array array -> array.elements();
      case Reply.Set set -> set.elements();
      case Reply.Map map -> map.keysAndValues();
      case Reply.Push push -> push.elements();
      default -> List.of(new Reply.Elsewhere(-1));
    };
  }

  private static boolean sameEach(
      List<? extends Reply> ours, List<? extends Reply> theirs, int protocol) {
    if (ours.size() != theirs.size()) {
      return false;
    }
    for (int i = 0; i < ours.size(); i++) {
      if (!same(ours.get(i), theirs.get(i), protocol)) {
        return false;
      }
    }
    return true;
  }

  private static boolean samePairs(
      List<? extends Reply> flat, List<? extends Reply> inTwos, int protocol) {
    if (flat.size() != 2 * inTwos.size()) {
      return false;
    }
    for (int i = 0; i < inTwos.size(); i++) {
      if (!(inTwos.get(i) instanceof Reply.Array pair)
          || !sameEach(flat.subList(2 * i, 2 * i + 2), pair.elements(), protocol)) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameNumber(Reply.Double ours, Reply theirs) {
    double value = ours.digits() == null ? ours.value() : value(ours.text());
    return switch (theirs) {
      case Reply.Double other ->
          Double.compare(value, other.digits() == null ? other.value() : value(other.text())) == 0;
      case Reply.Bulk other -> {
        String text = Ascii.text(other.bytes());
        yield isNumber(text) && Double.compare(value, value(text)) == 0;
      }
      default -> false;
    };
  }

  /** The double that a bulk string writes out; anything else as it is. */
  static Reply number(Reply reply) {
    return reply instanceof Reply.Bulk bulk && isNumber(Ascii.text(bulk.bytes()))
        ? new Reply.Double(value(Ascii.text(bulk.bytes())))
        : reply;
  }

  private static double value(String text) {
    return text.endsWith("nan") ? Double.NaN : Doubles.parse(Ascii.bytes(text));
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.matches("-?(inf|nan|[0-9][0-9.]*(e[+-]?[0-9]+)?)");
  }

  /** An error as the encoder writes it: its line ends nowhere before its end. */
  private static String inALine(String text) {
    return text.replace('\r', ' ').replace('\n', ' ');
  }
}
