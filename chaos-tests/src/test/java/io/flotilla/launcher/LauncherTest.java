package io.flotilla.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an operator types first must work from a fresh tree and from a copied distribution, and say
 * what is wrong if it cannot.
 */
@Tag("slow")
final class LauncherTest {
  private static final String LAUNCHER = Script.ROOT.resolve("bin/flotilla").toString();

  @TempDir Path scratch;

  @Test
  void theCommandLineRunsFromTheJarsOfThisBuild() throws Exception {
    Script version = Script.run(scratch, Map.of(), LAUNCHER, "--version");

    assertThat(version.exitCode()).as(version.err()).isZero();
    assertThat(version.out()).contains("0.1.0");
    assertThat(version.err()).isEmpty();
  }

  @Test
  void nodeWithoutItsSettingsSaysHowItIsCalled() throws Exception {
    Script node = Script.run(scratch, Map.of(), LAUNCHER, "node");

    assertThat(node.exitCode()).isNotZero();
    assertThat(node.err()).contains("--config");
  }

  @Test
  void distributionThatWasCopiedElsewhereRunsThere() throws Exception {
    assertThat(Script.run(scratch, Map.of(), LAUNCHER, "--version").exitCode()).isZero();
    Path copy = scratch.resolve("copy");
    copyTree(Script.ROOT.resolve("target/dist/current").toRealPath(), copy);
    Path link = Files.createSymbolicLink(scratch.resolve("flotilla"), copy.resolve("bin/flotilla"));

    Script version =
        Script.run(scratch, Map.of("FLOTILLA_PACKAGED", ""), link.toString(), "--version");

    assertThat(version.exitCode()).as(version.err()).isZero();
    assertThat(version.out()).contains("0.1.0");
  }

  @Test
  void startUpCachesAreMadeForThisJdkAndAStaleOneFailsNothing() throws Exception {
    assertThat(Script.run(scratch, Map.of(), LAUNCHER, "--version").exitCode()).isZero();
    Path dist = Script.ROOT.resolve("target/dist/current").toRealPath();
    try (Stream<Path> caches = Files.walk(dist.resolve("aot"))) {
      assertThat(caches.filter(Files::isRegularFile).map(p -> p.getFileName().toString()))
          .as("of JDK 25 or later, on which this is built")
          .containsExactlyInAnyOrder("cli.aot", "node.aot");
    }

    Path copy = scratch.resolve("stale");
    copyTree(dist, copy);
    try (Stream<Path> caches = Files.walk(copy.resolve("aot"))) {
      for (Path cache : caches.filter(Files::isRegularFile).toList()) {
        Files.writeString(cache, "no cache");
      }
    }
    Map<String, String> stale = Map.of("FLOTILLA_PACKAGED", "", "FLOTILLA_DIST", copy.toString());
    Script version = Script.run(scratch, stale, LAUNCHER, "--version");
    assertThat(version.exitCode()).as(version.err()).isZero();
    assertThat(version.out())
        .as("the JVM's words are not among the results")
        .startsWith("flotilla ");
    assertThat(version.err()).contains("AOT cache");

    try (Stream<Path> caches = Files.walk(copy.resolve("aot"))) {
      for (Path cache : caches.filter(Files::isRegularFile).toList()) {
        Files.delete(cache);
      }
    }
    Script node = Script.run(scratch, stale, LAUNCHER, "node");
    assertThat(node.err().lines().filter(l -> l.contains("start-up cache"))).hasSize(1);
    assertThat(node.exitCode()).as("as with a cache").isEqualTo(64);
  }

  @Test
  void directoryThatIsNoJdkIsNamed() throws Exception {
    Script refused =
        Script.run(
            scratch, Map.of("FLOTILLA_JAVA_HOME", scratch.toString()), LAUNCHER, "--version");

    assertThat(refused.exitCode()).isEqualTo(69);
    assertThat(refused.err()).contains("FLOTILLA_JAVA_HOME=" + scratch).contains("21 or later");
  }

  @Test
  void distributionRunsOnARunTimeWithoutACompiler() throws Exception {
    assertThat(Script.run(scratch, Map.of(), LAUNCHER, "--version").exitCode()).isZero();
    Path java = Path.of(System.getProperty("java.home"));
    Path runTime = scratch.resolve("run-time");
    Files.createDirectories(runTime.resolve("bin"));
    Files.createSymbolicLink(runTime.resolve("bin/java"), java.resolve("bin/java"));
    Files.copy(java.resolve("release"), runTime.resolve("release"));
    Map<String, String> named = Map.of("FLOTILLA_JAVA_HOME", runTime.toString());

    assertThat(Script.run(scratch, named, LAUNCHER, "--version").exitCode())
        .as("where something may have to be built")
        .isEqualTo(69);
    Path dist = Script.ROOT.resolve("target/dist/current").toRealPath();
    Script version =
        Script.run(scratch, named, dist.resolve("bin/flotilla").toString(), "--version");
    assertThat(version.exitCode()).as(version.err()).isZero();
  }

  @Test
  void directoryThatIsNoDistributionIsNamed() throws Exception {
    Script refused =
        Script.run(scratch, Map.of("FLOTILLA_DIST", scratch.toString()), LAUNCHER, "--version");

    assertThat(refused.exitCode()).isEqualTo(70);
    assertThat(refused.err()).contains(scratch.toString());
  }

  @Test
  void newestJdkIsTakenAndJdksTooOldAreNot() throws Exception {
    Path old = jdk("old", "17.0.15");
    Path newer = jdk("newer", "21.0.7");
    Path newest = jdk("newest", "9999.0.1");
    String script =
        ". '%s/bin/lib/jdk.sh'; newest_jdk; jdk_feature_version '%s'; jdk_feature_version '%s'"
            .formatted(Script.ROOT, newer, old);

    Script found =
        Script.run(
            scratch,
            Map.of("JAVA_HOME", newer.toString(), "SDKMAN_DIR", sdkmanWith(old, newest).toString()),
            "sh",
            "-c",
            script);

    assertThat(found.out().lines()).hasSize(3).last().isEqualTo("17");
    assertThat(found.out().lines().skip(1)).first().isEqualTo("21");
    assertThat(Path.of(found.out().lines().findFirst().orElseThrow()).toRealPath())
        .isEqualTo(newest.toRealPath());
  }

  /** A directory that looks like a JDK as far as the finder looks. */
  private Path jdk(String name, String version) throws IOException {
    Path home = Files.createDirectories(scratch.resolve(name));
    Path bin = Files.createDirectories(home.resolve("bin"));
    for (String tool : new String[] {"java", "javac"}) {
      assertThat(Files.createFile(bin.resolve(tool)).toFile().setExecutable(true)).isTrue();
    }
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private Path sdkmanWith(Path... jdks) throws IOException {
    Path candidates = Files.createDirectories(scratch.resolve("sdkman/candidates/java"));
    for (Path jdk : jdks) {
      Files.createSymbolicLink(candidates.resolve(jdk.getFileName()), jdk);
    }
    return scratch.resolve("sdkman");
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> entries = Files.walk(from)) {
      for (Path entry : entries.toList()) {
        Files.copy(
            entry,
            to.resolve(from.relativize(entry).toString()),
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
