package io.flotilla.statemachine.log;

import io.flotilla.statemachine.bytes.SipHash;
import java.util.List;
import java.util.Map;

/**
 * What may stand in a shard's Raft log, for ever: every release must read every kind that an older
 * one wrote.
 *
 * <p>Each entry carries the leader's time when it was made; machine time never runs back, whatever
 * the stamp says.
 */
public sealed interface Entry {
  /** The leader's time when it made the entry, Unix milliseconds. */
  long stampMillis();

  /** Commands of many connections, in order. */
  record Batch(BatchId id, long stampMillis, List<Item> items) implements Entry {}

  /**
   * Time passes: committed before a read may answer by a deadline that machine time has not
   * reached.
   */
  record Advance(long stampMillis) implements Entry {}

  /** Keys to remove if their deadline has passed by this entry's machine time. */
  record Sweep(long stampMillis, List<byte[]> keys) implements Entry {}

  /** The shard's beginning: the cluster's hash. The first one counts, later ones are no-ops. */
  record Genesis(long stampMillis, SipHash hash) implements Entry {}

  /**
   * Slots that the shard owns from here on, each range under an epoch; a range whose epoch is not
   * newer is a no-op.
   */
  record Own(long stampMillis, List<SlotRange> slots) implements Entry {}

  /** Every replica digests its state at exactly this index, and reports under this name. */
  record Check(long stampMillis, long checkId) implements Entry {}

  /**
   * Settings that affect results, under a version; an older or equal version is a no-op. Names as
   * in CONFIG.
   */
  record Settle(long stampMillis, long version, Map<String, String> settings) implements Entry {}

  /** What entries may stand in the log from here on; never lowered. */
  record Raise(long stampMillis, int featureLevel) implements Entry {}

  /**
   * Slots from {@code first} to {@code last}, inclusive, owned under an epoch of the metadata
   * group.
   */
  record SlotRange(int first, int last, long epoch) {}
}
