package io.flotilla.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The table of packages of docs/architecture.md, held by the build.
 *
 * <p>The table reads vocabulary first, front door last; a package may depend only on packages above
 * it. The rules are made from the table and from the packages that are really there, so a package
 * that comes later is held to its row, and one that has no row fails until someone decides where it
 * belongs.
 */
final class ArchitectureTest {
  private static final String ROOT = "io.flotilla.statemachine";

  /** The rows of the table, vocabulary first, front door last. */
  private static final List<String> VOCABULARY_FIRST =
      List.of(
          "bytes",
          "reply",
          "datatypes",
          "expiry",
          "keyspace",
          "rdb",
          "command",
          "scripting",
          "blocking",
          "commands",
          "log",
          "snapshot",
          "metadata",
          "apply");

  /**
   * What a row may not touch although it stands above it. The rest of the table's last column
   * follows from the order.
   */
  private static final Map<String, List<String>> NEVER =
      Map.of(
          "datatypes", List.of("reply"),
          "keyspace", List.of("reply"),
          "rdb", List.of("reply", "keyspace"),
          "scripting", List.of("keyspace"),
          "log", List.of("keyspace"),
          "metadata", List.of("keyspace"));

  /**
   * The two names that every room may say: they stand in the room of the machine that gives them
   * out, and know nothing.
   */
  private static final DescribedPredicate<JavaClass> NAMES =
      belongToAnyOf(NodeId.class, ShardId.class).as("the names of nodes and shards");

  /**
   * All that the state machine may stand on besides the JDK. The Lua library is let into one room
   * only.
   */
  private static final String[] FOUNDATIONS = {
    "java..",
    "io.flotilla.statemachine..",
    "io.flotilla.proto..",
    "com.google.protobuf..",
    "org.jspecify.."
  };

  private static final JavaClasses MACHINE =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  @Test
  void everyCompiledClassWasRead() throws IOException {
    assertThat(MACHINE.stream().filter(each -> each.getPackageName().startsWith(ROOT)).count())
        .isEqualTo(compiledClasses())
        .isPositive();
  }

  @Test
  void everyClassStandsInARowOfTheTable() {
    everyClassInARow(ROOT).check(MACHINE);
  }

  @Test
  void packagesDependOnlyUpwardInTheTable() {
    upwardRules(ROOT, MACHINE).forEach(rule -> rule.check(MACHINE));
  }

  @Test
  void commandFamiliesDoNotKnowEachOther() {
    familiesAreStrangers(ROOT).check(MACHINE);
  }

  @Test
  void nothingButTheJdkAndMessagesIsUnderneath() {
    nothingForeignOutsideScripting(ROOT, FOUNDATIONS).check(MACHINE);
  }

  /** A check that cannot fail is no check: each rule is shown a small tree that breaks it. */
  @Test
  void theRulesBite() {
    String root = "io.flotilla.architecture.fixture";
    JavaClasses fixture = new ClassFileImporter().importPackages(root);

    assertThatThrownBy(() -> upwardRules(root, fixture).forEach(rule -> rule.check(fixture)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("LooksDown");
    assertThatThrownBy(() -> familiesAreStrangers(root).check(fixture))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("SetsThatUseLists");
    assertThatThrownBy(() -> everyClassInARow("io.flotilla.architecture").check(fixture))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("LooksDown");
    assertThatThrownBy(() -> nothingForeignOutsideScripting(root, FOUNDATIONS).check(fixture))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("LooksDown");
  }

  private static List<ArchRule> upwardRules(String root, JavaClasses classes) {
    List<ArchRule> rules = new ArrayList<>();
    for (int row = 0; row < VOCABULARY_FIRST.size(); row++) {
      String name = VOCABULARY_FIRST.get(row);
      if (classes.stream().noneMatch(each -> inRow(each, root, name))) {
        continue;
      }
      List<String> forbidden =
          new ArrayList<>(VOCABULARY_FIRST.subList(row + 1, VOCABULARY_FIRST.size()));
      forbidden.addAll(NEVER.getOrDefault(name, List.of()));
      if (forbidden.isEmpty()) {
        continue;
      }
      rules.add(
          noClasses()
              .that(resideInAnyPackage(root + "." + name + ".."))
              .should()
              .dependOnClassesThat(resideInAnyPackage(below(root, forbidden)).and(not(NAMES)))
              .because(
                  "in the table of docs/architecture.md a package knows only what stands above it")
              .allowEmptyShould(false));
    }
    return rules;
  }

  private static ArchRule everyClassInARow(String root) {
    return classes()
        .that(resideInAnyPackage(root + ".."))
        .should()
        .resideInAnyPackage(below(root, VOCABULARY_FIRST))
        .because(
            "each package has its row in the table of docs/architecture.md, which says what it may know")
        .allowEmptyShould(false);
  }

  private static ArchRule familiesAreStrangers(String root) {
    return slices()
        .matching(root + ".commands.(*)..")
        .should()
        .notDependOnEachOther()
        .allowEmptyShould(true);
  }

  private static ArchRule nothingForeignOutsideScripting(String root, String... foundations) {
    return noClasses()
        .that(resideInAnyPackage(root + ".."))
        .and(resideOutsideOfPackages(root + ".scripting.."))
        .should()
        .dependOnClassesThat(
            not(resideInAnyPackage(foundations)).as("stand outside of %s", List.of(foundations)))
        .allowEmptyShould(false);
  }

  private static String[] below(String root, List<String> rows) {
    return rows.stream().map(row -> root + "." + row + "..").toArray(String[]::new);
  }

  private static boolean inRow(JavaClass each, String root, String row) {
    String own = each.getPackageName() + ".";
    return own.startsWith(root + "." + row + ".");
  }

  /**
   * Counts what the compiler wrote, package-info and all, so that an importer that read nothing is
   * noticed.
   */
  private static long compiledClasses() throws IOException {
    try (var files = Files.walk(Path.of("target", "classes", "io", "flotilla", "statemachine"))) {
      return files.filter(file -> file.toString().endsWith(".class")).count();
    }
  }
}
