package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.AclCategory.DANGEROUS;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.bytes.Glob;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.keyspace.Keyspace;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * KEYS and RANDOMKEY: of this shard's keys. A node that leads several shards asks each and joins
 * the answers of KEYS; for RANDOMKEY it draws the shard by its number of keys.
 */
final class Listings {
  static List<Row> rows() {
    return List.of(
        read("KEYS pattern", Listings::keys)
            .summary("Returns all keys that match a pattern.")
            .complexity("O(N) for N keys of the shard")
            .categories(DANGEROUS)
            .tips("request_policy:all_shards", "nondeterministic_output_order"),
        read("RANDOMKEY", Listings::randomkey)
            .summary("Returns a key by chance.")
            .complexity("O(1)")
            .tips(
                "request_policy:all_shards", "response_policy:special", "nondeterministic_output"));
  }

  private Listings() {}

  private static Reply keys(ReadContext context, Arguments arguments) {
    Glob pattern = new Glob(arguments.at(1));
    Keyspace keyspace = context.keyspace();
    List<Reply> keys = new ArrayList<>();
    for (int slot = keyspace.nextSlotWithKeys(0);
        slot < HashSlot.COUNT;
        slot = keyspace.nextSlotWithKeys(slot + 1)) {
      keyspace.visitSlot(
          slot,
          0,
          (key, value, deadline) -> {
            if (pattern.isEverything() || pattern.matches(key)) {
              keys.add(Reply.bulk(key));
            }
            return true;
          });
    }
    return Reply.array(keys);
  }

  /**
   * The first live key from a place by chance: a slot by its share of the keys, a hash within it.
   * Keys behind a gap of hashes are a little likelier; Redis's are behind a gap of buckets.
   */
  private static Reply randomkey(ReadContext context, Arguments arguments) {
    Keyspace keyspace = context.keyspace();
    if (keyspace.size() == 0) {
      return Reply.NIL;
    }
    int chosen = slotOfRank(keyspace, context.dice().below(keyspace.size()));
    byte[] key = firstKey(keyspace, chosen, context.dice().next());
    for (int slot = chosen; key == null; ) { // there are only expired ones behind that place
      slot = keyspace.nextSlotWithKeys(slot + 1);
      if (slot == HashSlot.COUNT) {
        slot = keyspace.nextSlotWithKeys(0);
      }
      key = firstKey(keyspace, slot, 0);
      if (slot == chosen) {
        break; // once around
      }
    }
    return key == null ? Reply.NIL : Reply.bulk(key);
  }

  private static byte @Nullable [] firstKey(Keyspace keyspace, int slot, long fromHash) {
    List<byte[]> found = new ArrayList<>(1);
    keyspace.visitSlot(
        slot,
        fromHash,
        (key, value, deadline) -> {
          found.add(key);
          return false;
        });
    return found.isEmpty() ? null : found.get(0);
  }

  private static int slotOfRank(Keyspace keyspace, long rank) {
    long left = rank;
    int slot = keyspace.nextSlotWithKeys(0);
    while (left >= keyspace.sizeOfSlot(slot)) {
      left -= keyspace.sizeOfSlot(slot);
      slot = keyspace.nextSlotWithKeys(slot + 1);
    }
    return slot;
  }
}
