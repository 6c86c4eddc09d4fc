package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.Key;
import io.flotilla.node.config.Keys;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.raft.RaftHost;
import io.flotilla.node.raft.RaftSettings;
import io.flotilla.node.resp.RequestLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Why: a value that the file may hold and a room refuses ends the node with a stack trace and the
 * code of a fault (70), after it has taken its directory, where wrong settings should be named and
 * end with 78 before anything is touched.
 */
final class TranslationsTest {
  private static final Pattern RANGE = Pattern.compile("(\\d+) to (\\d+)");

  /** The least file with one more setting; nothing if the reader refuses it, as contradictory. */
  private static Optional<NodeConfig> with(String setting) {
    try {
      return Optional.of(
          NodeConfig.parse("test.yaml", "node.name: n1\nnode.directory: /data\n" + setting + "\n"));
    } catch (ConfigException e) {
      assertThat(e.problems()).as(setting).noneMatch(p -> p.contains(" is not in "));
      return Optional.empty();
    }
  }

  /** All that a starting node makes of its numbers before it opens a log or a port for Raft. */
  private static void translate(NodeConfig config) {
    RaftSettings raft = Translations.raftSettings(config);
    assertThat(RaftHost.messageBytesMax(raft)).isGreaterThan(raft.entryBytesMax());
    int entryBytesMax = Translations.proposalSettings(config).entryBytesMax();
    assertThat(entryBytesMax).isLessThanOrEqualTo(raft.entryBytesMax());
    assertThat(Translations.valueBytesMax(config)).isLessThan(entryBytesMax);
    RequestLimits limits = Translations.requestLimits(config);
    assertThat(limits.maxRequestBytes()).isGreaterThanOrEqualTo(entryBytesMax);
  }

  private static List<String> ends(Key<?> key) {
    Matcher range = RANGE.matcher(key.type());
    return range.matches() ? List.of(range.group(1), range.group(2)) : List.of();
  }

  @Test
  void theEndsOfEachRangeAreTakenByTheRoomsThatUseThemOrRefusedByTheReader() {
    List<String> refused = new ArrayList<>();
    int translated = 0;
    for (Key<?> key : Keys.all()) {
      for (String end : ends(key)) {
        String setting = key.name() + ": " + end;
        Optional<NodeConfig> config = with(setting);
        if (config.isPresent()) {
          assertThatCode(() -> translate(config.get())).as(setting).doesNotThrowAnyException();
          translated++;
        } else {
          refused.add(setting);
        }
      }
    }
    assertThat(translated).as("ends that were translated").isGreaterThan(20);
    assertThat(refused)
        .as("ends that contradict another setting's default")
        .containsExactlyInAnyOrder(
            "write.deadline-millis: 100",
            "raft.election-min-millis: 60000",
            "raft.election-max-millis: 150",
            "raft.election-max-millis: 120000",
            "disk.refuse-writes-percent: 100",
            "disk.give-up-leadership-percent: 1");
  }

  /** What contradicts a default is legal beside others: these are the ends with room made. */
  @Test
  void theEndsThatContradictADefaultAreTakenBesideSettingsThatLeaveThemRoom() {
    for (String settings :
        List.of(
            "raft.election-min-millis: 60000\nraft.election-max-millis: 120000\nwrite.deadline-millis: 600000",
            "raft.election-min-millis: 100\nraft.election-max-millis: 150\nwrite.deadline-millis: 150",
            "disk.refuse-writes-percent: 100\ndisk.give-up-leadership-percent: 100",
            "disk.refuse-writes-percent: 1\ndisk.give-up-leadership-percent: 1")) {
      assertThat(with(settings))
          .as(settings)
          .hasValueSatisfying(config ->
              assertThatCode(() -> translate(config)).as(settings).doesNotThrowAnyException());
    }
  }

  /** The size of a write is in every one of the rooms' laws: each number between the ends too. */
  @Test
  void everySizeOfAWriteIsTaken() {
    TreeSet<Integer> entries = new TreeSet<>();
    for (int mebibytes = 1; mebibytes <= 60; mebibytes++) {
      NodeConfig config = with("write.max-command-mebibytes: " + mebibytes).orElseThrow();
      translate(config);
      entries.add(Translations.raftSettings(config).entryBytesMax());
    }
    assertThat(entries).hasSize(60);
  }
}
