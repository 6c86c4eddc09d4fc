package io.flotilla.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The last line of bin/test is believed by people and machines: it must not count a failure as
 * nothing.
 */
final class ReportsTest {
  private static final String SUMMARY =
      ". '"
          + Script.ROOT
          + "/bin/lib/reports.sh'; summarise_reports;"
          + " printf '%s\\n' \"$report_passed $report_failed $report_skipped\" \"$report_failures\" \"$report_skips\"";

  @TempDir Path scratch;

  @Test
  void reportsOfAllModulesAreSummedUp() throws Exception {
    write(
        "node/target/surefire-reports/TEST-a.A.xml",
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite xmlns:xsi="x" name="a.A" time="1" tests="4" errors="1" skipped="1" failures="1" flakes="0">
          <testcase name="wrong" classname="a.A" time="0.1">
            <failure message="expected: &quot;1&quot; but was &lt;2&gt;" type="E"><![CDATA[E: boom
         <error of="nobody"/>
        ]]></failure>
          </testcase>
          <testcase name="broken" classname="a.A" time="0.1">
            <error type="java.lang.IllegalStateException"><![CDATA[java.lang.IllegalStateException: gone
        \tat a.A]]></error>
          </testcase>
          <testcase name="assumed" classname="a.A" time="0.1">
            <skipped type="T"><![CDATA[org.opentest4j.TestAbortedException: Assumption failed: no redis-server
        \tat a.A]]></skipped>
          </testcase>
          <testcase name="fine" classname="a.A" time="0.1"/>
        </testsuite>
        """);
    write(
        "cli/target/failsafe-reports/TEST-b.B.xml",
        """
        <testsuite name="b.B" time="1" tests="2" errors="0" skipped="0" failures="0" flakes="0">
          <testcase name="one" classname="b.B" time="0.1"/>
          <testcase name="two" classname="b.B" time="0.1"/>
        </testsuite>
        """);

    Script summary = Script.run(scratch, Map.of(), "bash", "-c", SUMMARY);

    assertThat(summary.err()).isEmpty();
    assertThat(summary.out().lines())
        .containsExactly(
            "3 2 1",
            "- a.A.wrong: expected: \"1\" but was <2>",
            "- a.A.broken: gone",
            "- a.A.assumed: no redis-server");
  }

  @Test
  void withoutReportsNothingPassed() throws Exception {
    assertThat(Script.run(scratch, Map.of(), "bash", "-c", SUMMARY).out().lines())
        .first()
        .isEqualTo("0 0 0");
  }

  private void write(String path, String text) throws IOException {
    Path file = scratch.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
