package io.flotilla.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.admin.Health;
import io.flotilla.proto.admin.NodeStatus;
import io.flotilla.proto.admin.VerifyVerdict;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What people see, whole: a change of a page is to be seen in a commit. */
final class PagesTest {
  private static final Pages PAGES =
      new Pages(Terminal.PLAIN, id -> id.substring(0, Math.min(8, id.length())));

  private static void golden(String name, String page) {
    Golden.assertEquals("src/test/resources/pages/" + name + ".txt", page);
  }

  @Test
  void status() {
    golden("status", PAGES.status(Examples.status()));
  }

  @Test
  void shardsAndTheirReplicas() {
    golden("shards", PAGES.shards(Examples.status().getShardsList()));
    golden("replicas", PAGES.replicas(Examples.status().getShardsList()));
  }

  @Test
  void slotsWithAHoleAndOneOnTheMove() {
    golden("slots", PAGES.slots(Examples.slots()));
  }

  @Test
  void snapshots() {
    golden("snapshots", PAGES.snapshots(Examples.snapshots()));
  }

  @Test
  void verification() {
    golden(
        "verify",
        PAGES.verification(Examples.verification(VerifyVerdict.VERIFY_VERDICT_AGREE))
            + PAGES.verification(Examples.verification(VerifyVerdict.VERIFY_VERDICT_DIFFER))
            + PAGES.verification(Examples.verification(VerifyVerdict.VERIFY_VERDICT_INCOMPLETE)));
  }

  @Test
  void config() {
    golden("config", PAGES.config(Examples.config()));
  }

  @Test
  void aPageOfEightyColumnsKeepsToThem() {
    String page =
        new Pages(new Terminal(false, 80), UnaryOperator.identity())
            .nodes(Examples.status().getNodesList());
    assertThat(page.lines().toList())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    assertThat(page).contains("unreachable").contains("(too narrow for:");
  }

  @Test
  void nodesStandInTheOrderOfTheirNumbers() {
    List<NodeStatus> nodes =
        List.of(
            Examples.node(Examples.N1, "n10", 9),
            Examples.node(Examples.N2, "n2", 1),
            Examples.node(Examples.N3, "n1", 0));
    assertThat(PAGES.nodes(nodes).lines().map(l -> l.split(" ", 2)[0]))
        .containsExactly("NODE", "n1", "n2", "n10");
  }

  @Test
  void wholeIdsAreShownOnRequest() {
    assertThat(new Pages(Terminal.PLAIN, UnaryOperator.identity()).nodes(List.of(Examples.lost())))
        .contains(Examples.N3);
  }

  @Test
  void healthIsColouredByItsGravity() {
    assertThat(Words.health(Health.HEALTH_OK).style()).isEqualTo(Style.GOOD);
    assertThat(Words.health(Health.HEALTH_DEGRADED).style()).isEqualTo(Style.WARNING);
    assertThat(Words.health(Health.HEALTH_DOWN).style()).isEqualTo(Style.BAD);
  }
}
