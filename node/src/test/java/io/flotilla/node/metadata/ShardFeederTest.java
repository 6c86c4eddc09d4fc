package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Migration;
import io.flotilla.proto.metadata.OwnedSlots;
import io.flotilla.proto.metadata.Shard;
import io.flotilla.proto.metadata.SlotRange;
import io.flotilla.statemachine.log.Entry;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Why: a slot that a shard does not own in its log is served by nobody; one too many by two. */
final class ShardFeederTest {
  private static final Shard SHARD = Shard.newBuilder().setId("s").setNumber(1).build();

  private static OwnedSlots owned(int first, int last, int shard, long epoch) {
    return OwnedSlots.newBuilder()
        .setRange(range(first, last))
        .setShardNumber(shard)
        .setEpoch(epoch)
        .build();
  }

  private static SlotRange range(int first, int last) {
    return SlotRange.newBuilder().setFirst(first).setLast(last).build();
  }

  @Test
  void onlyWhatTheMachineDoesNotHaveAtThatEpochIsFed() {
    MetadataState state =
        MetadataState.newBuilder()
            .addSlots(owned(0, 9, 0, 1))
            .addSlots(owned(10, 19, 1, 1))
            .addSlots(owned(20, 29, 1, 4))
            .build();
    assertThat(ShardFeeder.missing(state, SHARD, List.of()))
        .containsExactly(new Entry.SlotRange(10, 19, 1), new Entry.SlotRange(20, 29, 4));
    assertThat(ShardFeeder.missing(state, SHARD, List.of(new Entry.SlotRange(5, 24, 1))))
        .containsExactly(new Entry.SlotRange(20, 29, 4));
    assertThat(
            ShardFeeder.missing(
                state,
                SHARD,
                List.of(new Entry.SlotRange(10, 19, 1), new Entry.SlotRange(20, 29, 4))))
        .isEmpty();
  }

  @Test
  void slotsOnTheMoveComeByTheirOwnEntries() {
    MetadataState state =
        MetadataState.newBuilder()
            .addSlots(owned(10, 19, 1, 7))
            .addMigrations(Migration.newBuilder().setId("m").addSlots(range(12, 14)))
            .build();
    assertThat(ShardFeeder.missing(state, SHARD, List.of()))
        .containsExactly(new Entry.SlotRange(10, 11, 7), new Entry.SlotRange(15, 19, 7));
  }
}
