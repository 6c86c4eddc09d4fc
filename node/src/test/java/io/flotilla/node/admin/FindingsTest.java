package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.admin.Findings.Finding;
import io.flotilla.node.admin.Findings.Outcome;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Why: this decides whether a replica that serves is stopped. A false stop costs a copy of the data
 * and could cost the service; a missing one is only found later.
 */
final class FindingsTest {
  private static NodeId id(int number) {
    return new NodeId(String.format("%040x", number));
  }

  /** Voters 0, 1, 2 …, each with a letter for what it found: a digest, or {@code -} for silence. */
  private static Findings of(String letters) {
    return of(letters, "1".repeat(letters.length()));
  }

  /** The same, with the version of each one's program. */
  private static Findings of(String letters, String versions) {
    Set<NodeId> voters = new TreeSet<>();
    Map<NodeId, Finding> found = new HashMap<>();
    for (int i = 0; i < letters.length(); i++) {
      voters.add(id(i));
      if (letters.charAt(i) != '-') {
        found.put(id(i), new Finding(letters.substring(i, i + 1), versions.substring(i, i + 1)));
      }
    }
    return new Findings(new Voters(voters, Set.of()), found);
  }

  private static String outvoted(Findings findings) {
    return findings.outvoted().stream()
        .map(id -> Integer.toString(Integer.parseInt(id.hex(), 16)))
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @CsvSource({
    // found, outcome, outvoted
    "a,     AGREED,     ''",
    "aa,    AGREED,     ''",
    "aaa,   AGREED,     ''",
    "aa-,   INCOMPLETE, ''",
    "a--,   INCOMPLETE, ''",
    "---,   INCOMPLETE, ''",
    "-,     INCOMPLETE, ''",
    // One of two is no majority, whoever is right.
    "ab,    DISAGREED,  ''",
    "aab,   DISAGREED,  2",
    "baa,   DISAGREED,  0",
    "aba,   DISAGREED,  1",
    "abc,   DISAGREED,  ''",
    // The silent count as voters: one against one is nothing.
    "ab-,   DISAGREED,  ''",
    "-ab,   DISAGREED,  ''",
    "aabb,  DISAGREED,  ''",
    "aaab,  DISAGREED,  3",
    "aa-b,  DISAGREED,  ''",
    "aaabb, DISAGREED,  34",
    "aaabc, DISAGREED,  34",
    "aabbc, DISAGREED,  ''",
    "aa--b, DISAGREED,  ''",
    "aaa-b, DISAGREED,  4",
  })
  void onlyAStrictMajorityOfAllVotersOutvotes(String found, Outcome outcome, String outvoted) {
    Findings findings = of(found);
    assertThat(findings.outcome()).isEqualTo(outcome);
    assertThat(outvoted(findings)).isEqualTo(outvoted);
  }

  /** A newer program may digest the same state differently: half an upgrade must stop nobody. */
  @ParameterizedTest
  @CsvSource({
    "aab, 112, ''",
    "baa, 122, ''",
    "aab, 111, 2",
    "aab, 121, ''",
    "aaab, 1112, ''",
    "aaab, 2111, ''",
    "aaaab, 21111, 4",
  })
  void onlyDigestsOfTheSameProgramOutvote(String found, String versions, String outvoted) {
    Findings findings = of(found, versions);
    assertThat(findings.outcome()).as("it is an alarm all the same").isEqualTo(Outcome.DISAGREED);
    assertThat(outvoted(findings)).isEqualTo(outvoted);
  }

  @Test
  void whoIsNoVoterNeitherCountsNorIsOutvoted() {
    Findings three = of("aab");
    Set<NodeId> two = Set.of(id(1), id(2));
    assertThat(new Findings(new Voters(two, Set.of()), three.found()).outvoted()).isEmpty();
    Findings without = new Findings(new Voters(Set.of(id(0), id(1)), Set.of()), three.found());
    assertThat(without.outcome()).isEqualTo(Outcome.AGREED);
    assertThat(without.isOutvoted(id(2))).isFalse();
  }

  @Test
  void whileVotersAreBeingChangedNobodyIsOutvoted() {
    Findings three = of("aab");
    Voters joint = new Voters(three.voters().current(), Set.of(id(0), id(1), id(7)));
    assertThat(new Findings(joint, three.found()).outvoted()).isEmpty();
  }

  @Test
  void theMajorityIsNamedForTheOneAgainstWhomItStands() {
    assertThat(of("aab").against(id(2))).containsExactly(id(0), id(1));
    assertThat(of("aab").against(id(0))).isEmpty();
  }

  /** Whatever is found: those who go on are a majority, and all of them found the same. */
  @Property
  void aMajorityAlwaysGoesOn(@ForAll("findings") String found) {
    Findings findings = of(found);
    Set<NodeId> outvoted = findings.outvoted();
    int voters = found.length();
    assertThat(2 * (voters - outvoted.size())).isGreaterThan(voters);
    for (NodeId each : outvoted) {
      assertThat(findings.against(each)).doesNotContainAnyElementsOf(outvoted);
      assertThat(2 * findings.against(each).size()).isGreaterThan(voters);
    }
    assertThat(outvoted.isEmpty() || findings.outcome() == Outcome.DISAGREED).isTrue();
  }

  /** To hear less never stops one who would not have been stopped by hearing more. */
  @Property
  void silenceStopsNobody(@ForAll("findings") String found, @ForAll int at) {
    int silent = Math.floorMod(at, found.length());
    String less = found.substring(0, silent) + "-" + found.substring(silent + 1);
    assertThat(of(found).outvoted()).containsAll(of(less).outvoted());
  }

  @Provide
  Arbitrary<String> findings() {
    return Arbitraries.of(List.of('a', 'b', 'c', '-'))
        .list()
        .ofMinSize(1)
        .ofMaxSize(7)
        .map(letters -> letters.stream().map(String::valueOf).collect(Collectors.joining()));
  }
}
