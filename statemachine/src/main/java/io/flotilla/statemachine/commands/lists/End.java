package io.flotilla.statemachine.commands.lists;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** An end of a list: the head is left, the tail is right. */
enum End {
  LEFT("lpush", "lpop"),
  RIGHT("rpush", "rpop");

  /** The event of a push here. */
  final String pushEvent;

  /** The event of a pop here. */
  final String popEvent;

  End(String pushEvent, String popEvent) {
    this.pushEvent = pushEvent;
    this.popEvent = popEvent;
  }

  /** The end that the argument at this place names. */
  static End of(Arguments arguments, int place) {
    if (arguments.is(place, "LEFT")) {
      return LEFT;
    }
    if (arguments.is(place, "RIGHT")) {
      return RIGHT;
    }
    throw arguments.syntaxError();
  }

  void push(ListValue list, byte[] element) {
    if (this == LEFT) {
      list.pushLeft(element);
    } else {
      list.pushRight(element);
    }
  }

  byte[] pop(ListValue list, EncodingLimits limits) {
    byte[] element = this == LEFT ? list.popLeft() : list.popRight();
    list.shrunk(limits);
    return element;
  }

  /** Takes up to so many elements, and answers them in the order of popping. */
  List<Reply> pop(ListValue list, long most, EncodingLimits limits) {
    long count = Math.min(most, list.size());
    List<Reply> popped = new ArrayList<>((int) count);
    list.forEach(
        this == LEFT ? 0 : list.size() - count, count, element -> popped.add(Reply.bulk(element)));
    if (this == LEFT) {
      list.removeLeft(count);
    } else {
      Collections.reverse(popped);
      list.removeRight(count);
    }
    list.shrunk(limits);
    return popped;
  }
}
