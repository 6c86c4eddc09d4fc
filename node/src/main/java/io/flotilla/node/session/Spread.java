package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.routing.Route;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How a command without keys covers the shards that this node leads, and one reply is made of
 * theirs.
 *
 * <p>A Redis node is one keyspace; a Flotilla node may lead several shards or none. To a client the
 * node's shards together look like the one keyspace that it expects.
 */
enum Spread {
  /** All shards; the sum of their numbers. */
  SUM {
    @Override
    Reply fold(List<Reply> replies) {
      long sum = 0;
      for (Reply reply : replies) {
        if (!(reply instanceof Reply.Int number)) {
          return reply;
        }
        sum += number.value();
      }
      return Reply.integer(sum);
    }
  },
  /** All shards; OK if all say so, else the first that does not. */
  ALL {
    @Override
    Reply fold(List<Reply> replies) {
      for (Reply reply : replies) {
        if (reply instanceof Reply.Error) {
          return reply;
        }
      }
      return replies.isEmpty() ? READ_ONLY : replies.get(0);
    }
  },
  /** All shards; their arrays as one. */
  CONCATENATION {
    @Override
    Reply fold(List<Reply> replies) {
      List<Reply> all = new ArrayList<>();
      for (Reply reply : replies) {
        switch (reply) {
          case Reply.Array array -> all.addAll(array.elements());
          case Reply.Set set -> all.addAll(set.elements());
          default -> {
            return reply;
          }
        }
      }
      return Reply.array(all);
    }
  },
  /** All shards; any of what they have. */
  CHOICE {
    @Override
    Reply fold(List<Reply> replies) {
      List<Reply> some = replies.stream().filter(reply -> !(reply instanceof Reply.Nil)).toList();
      return some.isEmpty()
          ? Reply.NIL
          : some.get(ThreadLocalRandom.current().nextInt(some.size()));
    }
  },
  /** One shard after the other, in the order of slots: SCAN's cursor says which. */
  WALK {
    @Override
    Reply fold(List<Reply> replies) {
      return replies.isEmpty() ? Reply.array(Reply.bulk("0"), Reply.EMPTY_ARRAY) : replies.get(0);
    }
  },
  /** Any one shard: the answer is the same everywhere. */
  ANY {
    @Override
    Reply fold(List<Reply> replies) {
      return replies.isEmpty() ? Refusals.CLUSTER_DOWN : replies.get(0);
    }
  };

  private static final Reply READ_ONLY =
      Reply.error("READONLY You can't write against a read only replica.");

  /**
   * Where the slot stands in a cursor of SCAN: above 39 bits of the key's hash (ARCHITECTURE §2).
   */
  private static final int CURSOR_SLOT_SHIFT = 39;

  static Spread of(String fullName) {
    return switch (fullName) {
      case "dbsize" -> SUM;
      case "flushall", "flushdb" -> ALL;
      case "keys" -> CONCATENATION;
      case "randomkey" -> CHOICE;
      case "scan" -> WALK;
      default -> ANY;
    };
  }

  /**
   * One reply of the shards' replies, which are in the order of {@link #shards}; none if no shard
   * was asked.
   */
  abstract Reply fold(List<Reply> replies);

  /** The shards to ask; none where this node leads none that is concerned. */
  List<Shard> shards(RouteTable routes, byte[][] argv) {
    List<Shard> led = routes.led();
    return switch (this) {
      case ANY -> led.isEmpty() ? led : led.subList(0, 1);
      case WALK -> {
        int slot = slotOf(argv[1]);
        if (slot < 0) {
          yield led.isEmpty()
              ? led
              : led.subList(0, 1); // it will say what is wrong with the cursor
        }
        int next = nextLed(routes, slot, null);
        Shard shard = next < 0 ? null : routes.view().shardOf(next);
        yield shard == null ? List.of() : List.of(shard);
      }
      default -> led;
    };
  }

  /**
   * SCAN's reply with a cursor that goes on in the next slot that this node leads, whichever shard
   * has it. The shard's own cursor knows its own slots only; where it would pass over another
   * shard's slots, they come first. Elements behind them may then be returned twice, which SCAN
   * allows; none is left out.
   */
  static Reply nextStep(RouteTable routes, Shard asked, byte[][] argv, Reply reply) {
    if (!(reply instanceof Reply.Array array)
        || array.elements().size() != 2
        || !(array.elements().get(0) instanceof Reply.Bulk cursor)) {
      return reply;
    }
    int from = Math.max(0, slotOf(argv[1]));
    int others = nextLed(routes, from, asked);
    if (others < 0) {
      return reply;
    }
    int next = slotOf(cursor.bytes());
    boolean ended = cursor.bytes().length == 1 && cursor.bytes()[0] == '0';
    if (!ended && next >= 0 && next <= others) {
      return reply;
    }
    long goOn = 1 + ((long) others << CURSOR_SLOT_SHIFT);
    return Reply.array(Reply.bulk(Long.toString(goOn)), array.elements().get(1));
  }

  /**
   * The first slot from this one on that this node leads and that is not this shard's; −1 if none.
   */
  private static int nextLed(RouteTable routes, int from, @Nullable Shard except) {
    for (int slot = from; slot < HashSlot.COUNT; slot++) {
      Shard owner = routes.view().shardOf(slot);
      if (owner != null
          && (except == null || !owner.id().equals(except.id()))
          && routes.route(slot, false) instanceof Route.Local) {
        return slot;
      }
    }
    return -1;
  }

  /** The slot that a cursor is in: 0 for the start; −1 if the bytes are no cursor of ours. */
  private static int slotOf(byte[] cursor) {
    if (!Integers.isStrict(cursor) || Ascii.text(cursor).startsWith("-")) {
      return -1;
    }
    long value = Integers.parseStrict(cursor);
    long slot = value == 0 ? 0 : (value - 1) >>> CURSOR_SLOT_SHIFT;
    return slot < HashSlot.COUNT ? (int) slot : -1;
  }
}
