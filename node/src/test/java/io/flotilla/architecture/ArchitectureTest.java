package io.flotilla.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The packages of the node and what each may never touch, as docs/architecture.md has them. A
 * package that comes later must be given its row here, and libraries stay in the rooms that own
 * them: Ratis in {@code raft}, Netty in {@code resp} and {@code peer}, gRPC in {@code admin}.
 */
final class ArchitectureTest {
  private static final String ROOT = "io.flotilla.node";

  private static final Set<String> PACKAGES =
      Set.of(
          "config",
          "resp",
          "session",
          "commands",
          "routing",
          "proposal",
          "raft",
          "metadata",
          "migration",
          "loading",
          "peer",
          "pubsub",
          "acl",
          "metrics",
          "admin");

  /** A library, and the only packages of the node that may know it. */
  private record Library(String name, List<String> packages, List<String> owners) {}

  private static final List<Library> LIBRARIES =
      List.of(
          new Library("Ratis", List.of("org.apache.ratis.."), List.of("raft")),
          new Library("Netty", List.of("io.netty.."), List.of("resp", "peer")),
          new Library("gRPC", List.of("io.grpc.."), List.of("admin")));

  /** A package of the node ("" is the wiring), and the packages that it never touches. */
  private record Never(String who, List<String> what) {
    static Never touches(String who, String... what) {
      return new Never(who, List.of(what));
    }
  }

  private static List<Never> nevers(String root) {
    String machine = "io.flotilla.statemachine.";
    return List.of(
        Never.touches("config", root + ".*..", "io.flotilla.statemachine.."),
        Never.touches("resp", root + ".raft..", machine + "keyspace.."),
        Never.touches("session", root + ".raft.."),
        Never.touches("commands", machine + "commands.."),
        Never.touches(
            "routing",
            "java.io..",
            "java.nio.channels..",
            "java.nio.file..",
            "java.net..",
            root + ".raft.."),
        Never.touches("raft", root + ".resp..", root + ".session.."),
        Never.touches("migration", root + ".session.."),
        Never.touches("loading", root + ".session..", root + ".raft..", root + ".admin.."),
        Never.touches("peer", machine + "keyspace.."));
  }

  private static final JavaClasses NODE =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  @Test
  void everyCompiledClassWasRead() throws IOException {
    assertThat(NODE.stream().filter(each -> each.getPackageName().startsWith(ROOT)).count())
        .isEqualTo(compiledClasses())
        .isPositive();
  }

  @Test
  void everyPackageIsOneOfTheArchitecture() {
    onlyKnownPackages(ROOT).check(NODE);
  }

  @TestFactory
  Stream<DynamicTest> onlyItsOwnersKnow() {
    return LIBRARIES.stream()
        .map(library ->
            DynamicTest.dynamicTest(library.name(), () -> onlyOwners(ROOT, library).check(NODE)));
  }

  @TestFactory
  Stream<DynamicTest> whatItMayNotTouchIsNotTouchedBy() {
    return neverRules(ROOT, NODE).stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(NODE)));
  }

  @Test
  void nobodyDependsOnTheWiring() {
    wiringIsOnTop(ROOT).check(NODE);
  }

  /** A check that cannot fail is no check: each rule is shown a small tree that breaks it. */
  @Test
  void theRulesBite() throws URISyntaxException {
    String root = "io.flotilla.architecture.fixture";
    // From here only: the state machine's tests, which are on the path too, have such a tree of
    // their own.
    URI here = ArchitectureTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    JavaClasses fixture =
        new ClassFileImporter().importPath(Path.of(here).resolve(root.replace('.', '/')));

    assertThat(LIBRARIES)
        .allMatch(library -> onlyOwners(root, library).evaluate(fixture).hasViolation());
    assertThat(neverRules(root, fixture))
        .hasSize(2)
        .allMatch(rule -> rule.evaluate(fixture).hasViolation());
    assertThat(wiringIsOnTop(root).evaluate(fixture).hasViolation()).isTrue();
    assertThat(onlyKnownPackages("io.flotilla.architecture").evaluate(fixture).hasViolation())
        .isTrue();
  }

  private static ArchRule onlyKnownPackages(String root) {
    List<String> known =
        new ArrayList<>(PACKAGES.stream().map(each -> root + "." + each + "..").toList());
    known.add(root);
    return classes()
        .that(resideInAPackage(root + ".."))
        .should()
        .resideInAnyPackage(known.toArray(String[]::new))
        .because(
            "each package of the node has its row in docs/architecture.md, which says what it may never touch")
        .allowEmptyShould(false);
  }

  private static ArchRule onlyOwners(String root, Library library) {
    String[] owners =
        library.owners().stream().map(each -> root + "." + each + "..").toArray(String[]::new);
    return noClasses()
        .that(resideInAPackage(root + ".."))
        .and()
        .resideOutsideOfPackages(owners)
        .should()
        .dependOnClassesThat(resideInAnyPackage(library.packages().toArray(String[]::new)))
        .because(library.name() + " stays in " + library.owners())
        .allowEmptyShould(false);
  }

  /** One rule for each package that exists by now. */
  private static List<ArchRule> neverRules(String root, JavaClasses classes) {
    return nevers(root).stream()
        .filter(never ->
            classes.stream().anyMatch(each -> resideInAPackage(within(root, never)).test(each)))
        .<ArchRule>map(never ->
            noClasses()
                .that(resideInAPackage(within(root, never)))
                .should()
                .dependOnClassesThat(
                    resideInAnyPackage(never.what().toArray(String[]::new))
                        .and(not(resideInAPackage(within(root, never)))))
                .allowEmptyShould(false))
        .toList();
  }

  private static String within(String root, Never never) {
    return root + "." + never.who() + "..";
  }

  private static ArchRule wiringIsOnTop(String root) {
    return noClasses()
        .that(resideInAPackage(root + ".*.."))
        .should()
        .dependOnClassesThat(resideInAPackage(root))
        .because("the package of Main starts and stops the others; they do not know it")
        .allowEmptyShould(false);
  }

  /**
   * Counts what the compiler wrote, package-info and all, so that an importer that read nothing is
   * noticed.
   */
  private static long compiledClasses() throws IOException {
    try (var files = Files.walk(Path.of("target", "classes", "io", "flotilla", "node"))) {
      return files.filter(file -> file.toString().endsWith(".class")).count();
    }
  }
}
