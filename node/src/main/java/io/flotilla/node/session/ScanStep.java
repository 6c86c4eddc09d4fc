package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.routing.Route;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.commands.keys.Scan;
import io.flotilla.statemachine.commands.keys.ScanCursor;
import io.flotilla.statemachine.reply.Reply;
import org.jspecify.annotations.Nullable;

/**
 * One call of SCAN at a node that may lead several shards: which of them it asks, for which slots,
 * and where the cursor goes then.
 *
 * <p>The order of the walk is that of the slots, whoever leads them: the cursor names a slot, so a
 * slot that moves between two calls is neither passed over nor walked twice. A call stays within
 * adjacent slots of one shard.
 *
 * @param shard the shard to ask
 * @param first the first slot of the range
 * @param last its last slot
 */
record ScanStep(Shard shard, int first, int last) {
  /** The end of a walk over no slots at all. */
  static final Reply NOTHING = Reply.array(Reply.bulk("0"), Reply.EMPTY_ARRAY);

  /**
   * Where to go with a cursor that leads on from a slot which this node does not lead (any more);
   * null if it does, or if the walk only begins. To go on with the next slots here, or to call that
   * the end, would pass over keys in silence.
   */
  static @Nullable Route elsewhere(RouteTable routes, byte[][] argv) {
    ScanCursor cursor;
    try {
      cursor = ScanCursor.at(new Arguments(argv), 1);
    } catch (CommandException noCursor) {
      return null; // whichever shard is asked will say so
    }
    if (cursor.equals(ScanCursor.of(0)) || cursor.equals(ScanCursor.END)) {
      return null;
    }
    Route route = routes.route(cursor.slot(), false);
    return route instanceof Route.Local ? null : route;
  }

  /** The step from this cursor; null if this node leads no slot from there on. */
  static @Nullable ScanStep from(RouteTable routes, byte[][] argv) {
    int slot;
    try {
      slot = ScanCursor.at(new Arguments(argv), 1).slot();
    } catch (CommandException noCursor) {
      slot = 0; // whichever shard is asked will say so
    }
    int first = nextLed(routes, slot);
    Shard shard = first == HashSlot.COUNT ? null : routes.view().shardOf(first);
    if (shard == null) {
      return null;
    }
    int last = first;
    while (last + 1 < HashSlot.COUNT) {
      Shard next = routes.view().shardOf(last + 1);
      if (next == null || !next.id().equals(shard.id())) {
        break;
      }
      last++;
    }
    return new ScanStep(shard, first, last);
  }

  /** SCAN of the step's slots. */
  Command command() {
    return Scan.within(first, last);
  }

  /** The shard's reply, its cursor led on to the next slots that this node leads. */
  Reply next(RouteTable routes, Reply reply) {
    if (!(reply instanceof Reply.Array array)
        || array.elements().size() != 2
        || !(array.elements().get(0) instanceof Reply.Bulk cursor)
        || cursor.bytes().length != 1
        || cursor.bytes()[0] != '0') {
      return reply;
    }
    long number = ScanCursor.of(nextLed(routes, last + 1)).number();
    return Reply.array(Reply.bulk(Long.toString(number)), array.elements().get(1));
  }

  private static int nextLed(RouteTable routes, int from) {
    int slot = from;
    while (slot < HashSlot.COUNT && !(routes.route(slot, false) instanceof Route.Local)) {
      slot++;
    }
    return slot;
  }
}
