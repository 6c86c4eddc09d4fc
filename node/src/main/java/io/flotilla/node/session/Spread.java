package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Shard;
import io.flotilla.node.routing.RouteTable;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

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
  /** All shards; what one of them has, drawn by how many keys each has. */
  CHOICE {
    @Override
    Reply fold(List<Reply> replies) { // each shard's choice and, behind it, its number of keys
      long all = 0;
      for (int i = 0; i < replies.size(); i += 2) {
        all += weight(replies, i);
      }
      long drawn = all == 0 ? 0 : ThreadLocalRandom.current().nextLong(all);
      for (int i = 0; i < replies.size(); i += 2) {
        drawn -= weight(replies, i);
        if (drawn < 0) {
          return replies.get(i);
        }
      }
      return replies.stream().filter(Reply.Error.class::isInstance).findFirst().orElse(Reply.NIL);
    }

    private long weight(List<Reply> replies, int at) {
      boolean some = replies.get(at) instanceof Reply.Bulk;
      return some && replies.get(at + 1) instanceof Reply.Int keys ? keys.value() : 0;
    }
  },
  /** One shard after the other, in the order of slots: see {@link ScanStep}. */
  WALK {
    @Override
    Reply fold(List<Reply> replies) {
      return replies.isEmpty() ? ScanStep.NOTHING : replies.get(0);
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

  /** One reply of the shards' replies; none if no shard was asked. */
  abstract Reply fold(List<Reply> replies);

  /** The shards to ask; none where this node leads none. */
  List<Shard> shards(RouteTable routes) {
    List<Shard> led = routes.led();
    return switch (this) {
      case ANY -> led.isEmpty() ? led : led.subList(0, 1);
      case SUM, ALL, CONCATENATION, CHOICE -> led;
      case WALK -> throw new IllegalStateException("SCAN asks one shard after the other");
    };
  }
}
