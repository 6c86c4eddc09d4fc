package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.node.metadata.ClusterViews;
import io.flotilla.node.metadata.FakeLog;
import io.flotilla.node.metadata.MetadataClient;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a leader makes of its replicas' digests, and what makes a doubted replica stop: never
 * somebody's word, never silence, never an answer about something else.
 */
@Tag("slow")
final class DivergenceDetectorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final GroupId GROUP = new GroupId(new UUID(2, 0));
  private static final String N1 = ModelCluster.id(1);
  private static final String N2 = ModelCluster.id(2);
  private static final String N3 = ModelCluster.id(3);

  private final ScheduledThreadPoolExecutor chores = new ScheduledThreadPoolExecutor(1);
  private ModelCluster cluster;

  @BeforeEach
  void begin() throws IOException {
    cluster = new ModelCluster();
  }

  @AfterEach
  void end() {
    cluster.close();
    chores.shutdownNow();
  }

  /** A node's detector, and whether it has stopped. */
  private final class Detecting implements DivergenceDetector.Site {
    final DivergenceDetector detector;
    final List<String> stops = new CopyOnWriteArrayList<>();
    final AtomicBoolean asked = new AtomicBoolean();
    volatile @Nullable String objection;

    Detecting(String node, Duration period) {
      ModelCluster.Process process = cluster.process(node);
      detector = new DivergenceDetector(process, this, cluster.links, cluster.executor);
      FakeLog elsewhere = new FakeLog(new NodeId(node));
      MetadataClient client =
          new MetadataClient(
              elsewhere.group(new ClusterViews(), cluster.hints),
              cluster.hints,
              n -> null,
              cluster.links,
              chores);
      detector.joined(
          new Joined(ModelCluster.METADATA, cluster::state, cluster.hints, client), period, chores);
    }

    @Override
    public SortedMap<Integer, GroupId> checkable() {
      return new TreeMap<>(java.util.Map.of(0, GROUP));
    }

    @Override
    public Voters voters(GroupId group) {
      return new Voters(
          cluster.group(group).voters.stream().map(NodeId::new).collect(Collectors.toSet()),
          Set.of());
    }

    @Override
    public @Nullable String objection() {
      asked.set(true);
      return objection;
    }

    @Override
    public void stop(GroupId group, Set<NodeId> right, String why) {
      stops.add(right.stream().map(NodeId::hex).sorted().collect(Collectors.joining(" ")));
    }
  }

  private Detecting on(String node) {
    return new Detecting(node, Duration.ZERO);
  }

  // ------------------------------------------------------------------ the leader

  @Test
  void agreementIsCounted() {
    Detecting n1 = on(N1);
    n1.detector.checkAll();
    n1.detector.checkAll();
    CheckCounts counts = n1.detector.counts(GROUP);
    assertThat(counts.agreed()).isEqualTo(2);
    assertThat(counts.agreedIndex()).isEqualTo(99);
    assertThat(counts.agreedMillis()).isPositive();
    assertThat(counts.disagreed() + counts.incomplete()).isZero();
  }

  @Test
  void aReplicaThatIsDownOrSilentIsUnknownAndNoDisagreement() {
    Detecting n1 = on(N1);
    cluster.process(N2).digest = null;
    n1.detector.checkAll();
    cluster.kill(N3);
    n1.detector.checkAll();
    CheckCounts counts = n1.detector.counts(GROUP);
    assertThat(counts.incomplete()).isEqualTo(2);
    assertThat(counts.agreed() + counts.disagreed()).isZero();
    assertThat(cluster.process(N2).doubts).isEmpty();
  }

  @Test
  void anAnswerOfAnotherIndexOrOfAnotherNodeIsUnknown() throws IOException {
    Detecting n1 = on(N1);
    cluster.process(N2).digest = "d2";
    cluster.process(N2).digestedAt = 98;
    int port = cluster.process(N3).port;
    cluster.kill(N3);
    cluster.start(ModelCluster.id(9), "n3", port).digest = "d3";
    cluster.group(GROUP).open.add(ModelCluster.id(9));
    n1.detector.checkAll();
    assertThat(n1.detector.counts(GROUP).incomplete()).isEqualTo(1);
    assertThat(n1.detector.counts(GROUP).disagreed()).isZero();
  }

  @Test
  void onlyTheOutvotedIsDoubtedAndOnlyWhenASecondCheckShowsItToo() {
    Detecting n1 = on(N1);
    cluster.process(N3).digest = "d3";
    n1.detector.checkAll();
    assertThat(n1.detector.counts(GROUP).disagreed()).isEqualTo(2);
    assertThat(cluster.process(N1).checks).hasValue(2);
    assertThat(cluster.process(N3).doubts).containsExactly(GROUP);
    assertThat(cluster.process(N2).doubts).isEmpty();
    assertThat(n1.stops).isEmpty();
  }

  @Test
  void whereNoMajorityIsSeenNobodyIsDoubted() {
    Detecting n1 = on(N1);
    cluster.process(N2).digest = null;
    cluster.process(N3).digest = "d3";
    n1.detector.checkAll();
    cluster.process(N2).digest = "d2";
    n1.detector.checkAll();
    assertThat(n1.detector.counts(GROUP).disagreed()).isEqualTo(2);
    assertThat(cluster.process(N2).doubts).isEmpty();
    assertThat(cluster.process(N3).doubts).isEmpty();
  }

  @Test
  void aLeaderThatIsOutvotedStopsItself() {
    Detecting n1 = on(N1);
    cluster.process(N1).digest = "d0";
    n1.detector.checkAll();
    await().atMost(PATIENCE).until(() -> !n1.stops.isEmpty());
    assertThat(n1.stops).containsExactly(N2 + " " + N3);
  }

  @Test
  void withAPeriodOfZeroNothingIsScheduled() {
    Detecting off = on(N1);
    assertThat(chores.getQueue()).isEmpty();
    Detecting hourly = new Detecting(N1, Duration.ofHours(1));
    assertThat(off).isNotSameAs(hourly);
    assertThat(chores.getQueue())
        .singleElement()
        .satisfies(task ->
            assertThat(((java.util.concurrent.Delayed) task).getDelay(TimeUnit.SECONDS))
                .isBetween(29L * 60, 60L * 60));
  }

  // ------------------------------------------------------------------ the doubted replica

  private static void doubt(Detecting at) {
    at.detector.doubted(GROUP, 7, 99);
  }

  @Test
  void aDoubtedReplicaStopsWhenItHasSeenTheMajorityItself() {
    Detecting n3 = on(N3);
    cluster.process(N3).digest = "d3";
    doubt(n3);
    await().atMost(PATIENCE).until(() -> !n3.stops.isEmpty());
    assertThat(n3.stops).containsExactly(N1 + " " + N2);
  }

  /**
   * Each of these is a doubt without ground, but for the last, which shows that only that was
   * missing.
   */
  @Test
  void aDoubtWithoutGroundStopsNobody() throws Exception {
    Detecting n3 = on(N3);
    settled(n3); // It agrees with all.
    cluster.process(N3).digest = "d3";
    cluster.process(N2).digest = null;
    settled(n3); // One other is no majority of three.
    cluster.process(N2).digest = "d2";
    settled(n3); // The others do not agree.
    cluster.process(N2).digest = "d1";
    cluster.process(N2).version = "2";
    settled(n3); // Another program.
    cluster.process(N2).version = "1";
    cluster.process(N2).digestedAt = 98;
    settled(n3); // An old answer.
    cluster.process(N2).digestedAt = 99;
    cluster.process(N3).digestedAt = 98;
    settled(n3); // Its own digest is of another index.
    cluster.process(N3).digest = null;
    settled(n3); // Its own digest is not there any more.
    cluster.process(N3).digest = "d3";
    cluster.process(N3).digestedAt = 99;
    assertThat(n3.asked).as("nobody came so far that only an objection held it").isFalse();
    n3.objection = "another group needs it";
    settled(n3);
    assertThat(n3.asked).isTrue();
    assertThat(n3.stops).isEmpty();
    n3.objection = null;
    settled(n3);
    assertThat(n3.stops).hasSize(1);
  }

  /** Doubts; the detector has made up its mind when this returns. */
  private static void settled(Detecting at) throws InterruptedException {
    at.detector.judge(GROUP, 7, 99);
  }
}
