package io.flotilla.architecture;

import java.io.File;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * One small class for each way in which a state machine stops being a function of its entries.
 * PurityTest must catch them all, and the compiler must let them be: they are wrong on purpose.
 */
@SuppressWarnings("all")
final class ImpureExamples {
  private ImpureExamples() {}

  static final class AsksTheWallClock {
    long seen() {
      return System.currentTimeMillis();
    }
  }

  static final class HandsOverTheMonotonicClock {
    LongSupplier seen() {
      return System::nanoTime;
    }
  }

  static final class AsksForTheInstant {
    Instant seen() {
      return Instant.now();
    }
  }

  static final class AsksForTheDate {
    LocalDate seen() {
      return LocalDate.now();
    }
  }

  static final class HoldsAClock {
    Clock seen() {
      return Clock.systemUTC();
    }
  }

  static final class MakesADate {
    Object seen() {
      return new Date();
    }
  }

  static final class ReadsAProperty {
    Object seen() {
      return System.getProperty("user.name");
    }
  }

  static final class ReadsTheEnvironment {
    Object seen() {
      return System.getenv("USER");
    }
  }

  static final class CountsProcessors {
    int seen() {
      return Runtime.getRuntime().availableProcessors();
    }
  }

  static final class ReadsAPropertyAsNumber {
    Object seen() {
      return Integer.getInteger("limit");
    }
  }

  static final class AsksForTheLocale {
    Object seen() {
      return Locale.getDefault();
    }
  }

  static final class AsksForTheTimeZone {
    Object seen() {
      return ZoneId.systemDefault();
    }
  }

  static final class ThrowsUnseededDice {
    int seen() {
      return new Random().nextInt();
    }
  }

  static final class ThrowsTheDiceOfMath {
    double seen() {
      return Math.random();
    }
  }

  static final class ThrowsTheDiceOfTheThread {
    int seen() {
      return ThreadLocalRandom.current().nextInt();
    }
  }

  static final class ThrowsSecureDice {
    Object seen() {
      return new SecureRandom();
    }
  }

  static final class MakesAnId {
    Object seen() {
      return UUID.randomUUID();
    }
  }

  static final class StartsAThread {
    Object seen() {
      return new Thread(() -> {});
    }
  }

  static final class StartsAnExecutor {
    Object seen() {
      return Executors.newSingleThreadExecutor();
    }
  }

  static final class CountsAtomically {
    Object seen() {
      return new AtomicLong();
    }
  }

  static final class KeepsSomethingPerThread {
    Object seen() {
      return ThreadLocal.withInitial(() -> 1);
    }
  }

  static final class WalksInParallel {
    Object seen() {
      return List.of(1, 2).parallelStream();
    }
  }

  static final class NamesAFile {
    Object seen() {
      return new File("data");
    }
  }

  static final class NamesAPath {
    Object seen() {
      return Path.of("data");
    }
  }

  static final class ReadsAFile {
    boolean seen() {
      return Files.exists(Path.of("data"));
    }
  }

  static final class OpensASocket {
    Object seen() {
      return new Socket();
    }
  }

  static final class HoldsALogger {
    Object seen() {
      return LoggerFactory.getLogger("machine");
    }
  }

  static final class HoldsALoggerOfTheJdk {
    Object seen() {
      return Logger.getLogger("machine");
    }
  }

  static final class HoldsASystemLogger {
    Object seen() {
      return System.getLogger("machine");
    }
  }

  static final class Prints {
    PrintStream seen() {
      return System.out;
    }
  }

  static final class AsksForTheAddress {
    int seen() {
      return System.identityHashCode(this);
    }
  }

  static final class KeysByIdentity {
    Object seen() {
      return new IdentityHashMap<Object, Object>();
    }
  }

  static final class ForgetsWhenTheCollectorRuns {
    Object seen() {
      return new WeakReference<>(this);
    }
  }

  static final class KeepsAHashMap {
    Object seen() {
      return new HashMap<String, String>();
    }
  }

  static final class KeepsAHashSet {
    Object seen() {
      return new HashSet<String>();
    }
  }

  static final class KeepsASaltedSet {
    Object seen() {
      return Set.of("a", "b");
    }
  }

  static final class KeepsASaltedMap {
    Object seen() {
      return Map.of("a", 1, "b", 2);
    }
  }

  static final class CollectsIntoASet {
    Object seen() {
      return Stream.of("a", "b").collect(Collectors.toSet());
    }
  }

  static final class GroupsIntoAHashMap {
    Object seen() {
      return Stream.of("a", "b").collect(Collectors.groupingBy(String::length));
    }
  }

  static final class FormatsByLocale {
    Object seen() {
      return String.format("%d", 1);
    }
  }

  static final class FormatsItselfByLocale {
    Object seen() {
      return "%d".formatted(1);
    }
  }

  static final class LowersByLocale {
    Object seen() {
      return "I".toLowerCase();
    }
  }

  static final class EncodesByDefault {
    Object seen() {
      return "a".getBytes();
    }
  }

  static final class DecodesByDefault {
    Object seen() {
      return new String(new byte[] {65});
    }
  }

  static final class FormatsADouble {
    Object seen() {
      return Double.toString(1.5);
    }
  }

  static final class FormatsAnyDouble {
    Object seen() {
      return String.valueOf(1.5);
    }
  }

  static final class AppendsADouble {
    Object seen() {
      return new StringBuilder().append(1.5);
    }
  }

  static final class RaisesByMath {
    double seen() {
      return Math.pow(2, 0.5);
    }
  }
}
