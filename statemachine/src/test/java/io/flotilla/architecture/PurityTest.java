package io.flotilla.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noCodeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The law of the state machine, as far as class files show it: a reply and the new state are a
 * function of the old state and the entry, of nothing else. What is banned here would give two
 * replicas two answers, or one replica two answers on two days.
 *
 * <p>{@link ImpureExamples} holds a small class for each ban, so that every ban is seen to bite.
 */
final class PurityTest {
  private static final JavaClasses MACHINE =
      new ClassFileImporter().importPath(Path.of("target", "classes"));
  private static final JavaClasses EXAMPLES =
      new ClassFileImporter().importClasses(ImpureExamples.class.getDeclaredClasses());

  /** A thing that a class of the state machine may not use, and why. */
  private record Ban(String name, String why, Predicate<Use> forbids) {}

  /**
   * One use of a type or of a method: {@code method} is empty where only the type is mentioned,
   * {@code <init>} for a constructor.
   */
  private record Use(
      JavaClass user, String type, String method, List<String> parameters, String description) {
    boolean of(String prefix) {
      return type.equals(prefix) || (prefix.endsWith(".") && type.startsWith(prefix));
    }

    boolean ofAny(String... prefixes) {
      return Stream.of(prefixes).anyMatch(this::of);
    }

    boolean calls(String owner, String... methods) {
      return type.equals(owner) && List.of(methods).contains(method);
    }

    boolean callsWithout(int parameterCount, String owner, String... methods) {
      return calls(owner, methods) && parameters.size() == parameterCount;
    }

    boolean takes(String parameter) {
      return parameters.contains(parameter);
    }

    boolean inPackage(String name) {
      return user.getPackageName().equals("io.flotilla.statemachine." + name);
    }
  }

  /**
   * Functions that {@code Math} may compute otherwise on another processor or JDK; {@code
   * StrictMath} may not.
   */
  private static final Set<String> PLATFORM_DEPENDENT_MATHS =
      Set.of(
          "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "exp",
          "expm1", "log", "log10", "log1p", "pow", "cbrt", "hypot");

  private static final List<Ban> BANS =
      List.of(
          new Ban(
              "clock",
              "time comes with the entry: machine time",
              use ->
                  use.ofAny(
                          "java.time.Clock",
                          "java.time.InstantSource",
                          "java.util.Date",
                          "java.util.Calendar")
                      || use.of("java.util.GregorianCalendar")
                      || (use.of("java.time.") && use.method().equals("now"))),
          new Ban(
              "environment",
              "what the machine, the process or its settings say differs between replicas",
              use ->
                  (use.of("java.lang.System")
                          && !use.method().isEmpty()
                          && !use.method().equals("arraycopy"))
                      || use.ofAny(
                          "java.lang.Runtime",
                          "java.lang.ProcessHandle",
                          "java.lang.ProcessBuilder")
                      || use.ofAny("java.util.TimeZone", "java.lang.management.")
                      || use.calls("java.util.Locale", "getDefault")
                      || use.calls("java.time.ZoneId", "systemDefault")
                      || use.calls("java.nio.charset.Charset", "defaultCharset")
                      || use.calls("java.lang.Integer", "getInteger")
                      || use.calls("java.lang.Long", "getLong")
                      || use.calls("java.lang.Boolean", "getBoolean")),
          new Ban(
              "chance",
              "chance comes from a generator that is seeded from the group and the log index",
              use ->
                  use.callsWithout(0, "java.util.Random", "<init>")
                      || use.callsWithout(0, "java.util.SplittableRandom", "<init>")
                      || use.of("java.security.SecureRandom")
                      || use.calls("java.lang.Math", "random")
                      || use.calls("java.lang.StrictMath", "random")
                      || use.calls("java.util.UUID", "randomUUID")
                      || use.calls("java.util.random.RandomGenerator", "getDefault", "of")
                      || use.callsWithout(1, "java.util.Collections", "shuffle")),
          new Ban(
              "threads",
              "one thread calls, and knows of no other",
              use ->
                  use.ofAny(
                          "java.lang.Thread",
                          "java.lang.ThreadLocal",
                          "java.lang.ThreadGroup",
                          "java.util.Timer")
                      || (use.of("java.util.concurrent.")
                          && !use.of("java.util.concurrent.TimeUnit"))
                      || use.calls("java.lang.Object", "wait", "notify", "notifyAll")
                      || use.method().equals("parallelStream")
                      || (use.of("java.util.stream.") && use.method().equals("parallel"))),
          new Ban(
              "files and network",
              "reading and writing, and their failures, belong to the node",
              use ->
                  use.ofAny(
                          "java.nio.file.",
                          "java.nio.channels.",
                          "java.net.",
                          "java.io.RandomAccessFile",
                          "java.io.Console")
                      || use.type().startsWith("java.io.File")),
          new Ban(
              "logging",
              "the machine answers; what is worth a line is said by the node",
              use ->
                  use.ofAny(
                          "org.slf4j.",
                          "java.util.logging.",
                          "java.io.PrintStream",
                          "java.lang.System$Logger")
                      || use.method().equals("printStackTrace")),
          new Ban(
              "identity and garbage collection",
              "addresses and the collector's hours differ between replicas",
              use ->
                  use.ofAny("java.util.IdentityHashMap", "java.util.WeakHashMap", "java.lang.ref.")
                      || use.calls("java.lang.System", "identityHashCode")),
          new Ban(
              "hash order",
              "these have an order of their own: by salt (Set.of, Map.of) or by history (HashMap, HashSet); take a List, an EnumSet, a"
                  + " LinkedHashMap, a TreeMap, or a switch",
              use ->
                  use.calls("java.util.HashMap", "<init>", "newHashMap")
                      || use.calls("java.util.HashSet", "<init>", "newHashSet")
                      || (use.calls("java.util.Set", "of")
                          && !use.parameters().isEmpty()
                          && !isSingleton(use, 1))
                      || (use.calls("java.util.Map", "of") && use.parameters().size() > 2)
                      || use.calls("java.util.Set", "copyOf")
                      || use.calls("java.util.Map", "copyOf", "ofEntries")
                      || use.calls(
                          "java.util.stream.Collectors",
                          "toSet",
                          "toUnmodifiableSet",
                          "toUnmodifiableMap")
                      || use.callsWithout(2, "java.util.stream.Collectors", "toMap", "groupingBy")
                      || use.callsWithout(3, "java.util.stream.Collectors", "toMap")
                      || use.callsWithout(1, "java.util.stream.Collectors", "groupingBy")),
          new Ban(
              "default locale or charset",
              "Locale.ROOT and a named charset, or bytes",
              use ->
                  (use.calls("java.lang.String", "format") && !use.takes("java.util.Locale"))
                      || use.calls("java.lang.String", "formatted")
                      || use.callsWithout(
                          0, "java.lang.String", "toLowerCase", "toUpperCase", "getBytes")
                      || (use.calls("java.lang.String", "<init>")
                          && use.parameters().equals(List.of("[B")))),
          new Ban(
              "text of floats",
              "numbers are formatted as Redis does, by the package bytes",
              use ->
                  !use.inPackage("bytes")
                      && (use.calls("java.lang.Double", "toString")
                          || use.calls("java.lang.Float", "toString")
                          || ((use.calls("java.lang.String", "valueOf")
                                  || use.calls("java.lang.StringBuilder", "append"))
                              && (use.takes("double") || use.takes("float"))))),
          new Ban(
              "platform-dependent mathematics",
              "StrictMath answers the same everywhere",
              use -> use.of("java.lang.Math") && PLATFORM_DEPENDENT_MATHS.contains(use.method())));

  @TestFactory
  Stream<DynamicTest> theMachineUsesNo() {
    return BANS.stream()
        .map(ban -> DynamicTest.dynamicTest(ban.name(), () -> rule(ban).check(MACHINE)));
  }

  @TestFactory
  Stream<DynamicTest> eachBanBites() {
    return BANS.stream()
        .map(ban ->
            DynamicTest.dynamicTest(
                ban.name(),
                () -> assertThat(rule(ban).evaluate(EXAMPLES).hasViolation()).isTrue()));
  }

  @TestFactory
  Stream<DynamicTest> eachImpureExampleIsCaught() {
    return EXAMPLES.stream()
        .map(example ->
            DynamicTest.dynamicTest(
                example.getSimpleName(),
                () -> assertThat(BANS).anyMatch(ban -> uses(example).anyMatch(ban.forbids()))));
  }

  @Test
  void nothingIsSharedBetweenThreadsOrMachines() {
    List<ArchRule> rules =
        List.of(noVolatileFields(), noSharedVariables(), noSynchronizedMethods());

    assertThat(rules).allSatisfy(rule -> rule.check(MACHINE));
    JavaClasses shared = new ClassFileImporter().importClasses(SharedExample.class);
    assertThat(rules).allMatch(rule -> rule.evaluate(shared).hasViolation());
  }

  /** Breaks each of the rules about sharing. */
  static final class SharedExample {
    static int count;
    volatile int seen;

    synchronized void see() {
      seen = count;
    }
  }

  private static ArchRule noVolatileFields() {
    return noFields().should().haveModifier(JavaModifier.VOLATILE).allowEmptyShould(false);
  }

  /** Several machines live in one process: a static variable would join them. */
  private static ArchRule noSharedVariables() {
    return noFields()
        .that()
        .areStatic()
        .should()
        .notHaveModifier(JavaModifier.FINAL)
        .allowEmptyShould(true);
  }

  private static ArchRule noSynchronizedMethods() {
    return noCodeUnits().should().haveModifier(JavaModifier.SYNCHRONIZED).allowEmptyShould(false);
  }

  private static ArchRule rule(Ban ban) {
    return classes()
        .should(
            new ArchCondition<JavaClass>("use no " + ban.name()) {
              @Override
              public void check(JavaClass item, ConditionEvents events) {
                uses(item)
                    .filter(ban.forbids())
                    .forEach(
                        use -> events.add(SimpleConditionEvent.violated(item, use.description())));
              }
            })
        .because(ban.why())
        .allowEmptyShould(false);
  }

  private static Stream<Use> uses(JavaClass user) {
    Stream<Use> types =
        user.getDirectDependenciesFromSelf().stream()
            .map(each ->
                new Use(
                    user,
                    each.getTargetClass().getBaseComponentType().getName(),
                    "",
                    List.of(),
                    each.getDescription()));
    Stream<Use> calls =
        user.getCodeUnitAccessesFromSelf().stream()
            .map(each ->
                new Use(
                    user,
                    each.getTargetOwner().getName(),
                    each.getTarget().getName(),
                    each.getTarget().getRawParameterTypes().stream()
                        .map(JavaClass::getName)
                        .toList(),
                    each.getDescription()));
    Stream<Use> fields =
        user.getFieldAccessesFromSelf().stream()
            .map(each ->
                new Use(
                    user,
                    each.getTargetOwner().getName(),
                    each.getTarget().getName(),
                    List.of(),
                    each.getDescription()));
    return Stream.of(types, calls, fields).flatMap(each -> each);
  }

  private static boolean isSingleton(Use use, int parameterCount) {
    return use.parameters().size() == parameterCount
        && !use.parameters().getFirst().startsWith("[");
  }
}
