package io.flotilla.node.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.metadata.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Why: a node that leads twice its share is the cluster's bottleneck. */
final class PreferredLeadersTest {
  private static List<Shard> shards(int shards, int nodes, int replicas) {
    List<Shard> all = new ArrayList<>();
    for (int s = 0; s < shards; s++) {
      Shard.Builder b = Shard.newBuilder().setId("s" + s).setNumber(s);
      for (int r = 0; r < replicas; r++) {
        b.addReplicas("n" + (s + r) % nodes);
      }
      all.add(b.setPreferredLeader(b.getReplicas(0)).build());
    }
    return all;
  }

  private static List<Shard> withPreferences(List<Shard> shards, Map<String, String> preferred) {
    return shards.stream()
        .map(s -> s.toBuilder().setPreferredLeader(preferred.getOrDefault(s.getId(), "")).build())
        .toList();
  }

  private static Map<String, Integer> load(Map<String, String> preferred) {
    Map<String, Integer> load = new HashMap<>();
    preferred.values().forEach(n -> load.merge(n, 1, Integer::sum));
    return load;
  }

  @Test
  void whatIsEvenStays() {
    Map<String, String> spread = PreferredLeaders.spread(shards(6, 3, 3), Set.of("n0", "n1", "n2"));
    assertThat(spread)
        .containsExactly(
            Map.entry("s0", "n0"),
            Map.entry("s1", "n1"),
            Map.entry("s2", "n2"),
            Map.entry("s3", "n0"),
            Map.entry("s4", "n1"),
            Map.entry("s5", "n2"));
  }

  @Test
  void aLostNodesShardsAreSharedOutAndItGetsSomeBack() {
    List<Shard> shards = shards(6, 3, 3);
    Map<String, String> without = PreferredLeaders.spread(shards, Set.of("n1", "n2"));
    assertThat(load(without)).containsOnly(Map.entry("n1", 3), Map.entry("n2", 3));
    Map<String, String> back =
        PreferredLeaders.spread(withPreferences(shards, without), Set.of("n0", "n1", "n2"));
    assertThat(load(back)).containsOnly(Map.entry("n0", 2), Map.entry("n1", 2), Map.entry("n2", 2));
  }

  @Test
  void aShardThatAnOperatorMovesStaysThereAndAnotherComesInExchange() {
    List<Shard> shards = shards(3, 3, 3);
    Map<String, String> moved = PreferredLeaders.moved(shards, shards.get(0), "n2");
    assertThat(moved).containsExactly(Map.entry("s0", "n2"), Map.entry("s2", "n0"));
    Map<String, String> all = PreferredLeaders.spread(shards, Set.of("n0", "n1", "n2"));
    all.putAll(moved);
    assertThat(PreferredLeaders.spread(withPreferences(shards, all), Set.of("n0", "n1", "n2")))
        .as("the spread leaves it there")
        .isEqualTo(all);
    assertThat(PreferredLeaders.moved(shards, shards.get(0), "n0")).isEmpty();
    List<Shard> one = shards(1, 3, 3);
    assertThat(PreferredLeaders.moved(one, one.get(0), "n1"))
        .containsExactly(Map.entry("s0", "n1"));
  }

  @Test
  void aShardWithoutAUsableReplicaIsLeftOut() {
    assertThat(PreferredLeaders.spread(shards(3, 3, 1), Set.of("n1")))
        .containsOnly(Map.entry("s1", "n1"));
  }

  @Property(tries = 200)
  void theSpreadIsStableAndOnlyReplicasLead(
      @ForAll @IntRange(min = 1, max = 20) int shardCount,
      @ForAll @IntRange(min = 1, max = 7) int nodes,
      @ForAll @Size(max = 7) Set<@IntRange(max = 6) Integer> alive) {
    List<Shard> shards = shards(shardCount, nodes, Math.min(3, nodes));
    Set<String> usable = new java.util.HashSet<>();
    alive.forEach(n -> usable.add("n" + n));
    Map<String, String> spread = PreferredLeaders.spread(shards, usable);
    for (Shard shard : shards) {
      String leader = spread.get(shard.getId());
      boolean has = shard.getReplicasList().stream().anyMatch(usable::contains);
      assertThat(leader != null).isEqualTo(has);
      if (leader != null) {
        assertThat(shard.getReplicasList()).contains(leader);
        assertThat(usable).contains(leader);
      }
    }
    assertThat(PreferredLeaders.spread(withPreferences(shards, spread), usable))
        .as("once spread, nothing moves")
        .isEqualTo(spread);
  }
}
