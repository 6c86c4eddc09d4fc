package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.fuzz.Step.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Test cases by seed: the same seed and families give the same steps. What is drawn does not depend
 * on any answer.
 *
 * <p>Most lines are of one or two families, so that values grow over the limits of their encodings;
 * some come from everywhere. One line in fourteen is spoilt: an argument is lost, doubled, moved or
 * replaced by one that is seldom right.
 */
final class Generator {
  private static final int SPOILT = 14;
  private static final int SHORTEST = 200;
  private static final int LONGEST = 3000;
  private static final int LOOK_EVERY = 700;

  /** Words that are put where they do not belong. */
  private static final String[] WORDS = {
    "LIMIT",
    "COUNT",
    "WITHSCORES",
    "NX",
    "XX",
    "GT",
    "LT",
    "CH",
    "GET",
    "KEEPTTL",
    "EX",
    "REV",
    "BYLEX",
    "BYSCORE",
    "ALPHA",
    "DESC",
    "STORE",
    "REPLACE",
    "ANY",
    "WITHDIST",
    "MAXLEN",
    "~",
    "=",
    "JUSTID",
    "FORCE",
    "NOMKSTREAM",
    "RANK",
    "AGGREGATE",
    "WEIGHTS",
    "LEFT",
    "BIT"
  };

  private final Grammar grammar;
  private final List<String> families;
  private final Admission admission;

  Generator(Grammar grammar, Collection<String> families, Admission admission) {
    this.grammar = grammar;
    this.families = List.copyOf(families);
    this.admission = admission;
    grammar.forms(families); // an unknown family is told at once
  }

  /** A test case. */
  record Case(long seed, Frame frame, List<Step> steps) {}

  /** The test case of a seed. */
  Case of(long seed) {
    Random random = new Random(seed * 0x9e3779b97f4a7c15L);
    Frame frame = Frame.random(random);
    Values values = new Values(random);
    List<Grammar.Form> everywhere = grammar.forms(families);
    List<String> chosen = new ArrayList<>();
    for (int i = random.nextInt(2); i >= 0; i--) {
      chosen.add(families.get(random.nextInt(families.size())));
    }
    List<Grammar.Form> here = grammar.forms(chosen);
    int length = SHORTEST + random.nextInt(LONGEST - SHORTEST);
    List<Step> steps = new ArrayList<>(length + 16);
    Draft draft = new Draft(random, values, here, everywhere);
    while (steps.size() < length) {
      switch (random.nextInt(1000)) {
        case 0, 1 -> steps.add(Step.REBIRTH);
        case 2, 3, 4, 5, 6 -> steps.add(exchange(random, values));
        case 7, 8 -> {
          if (!frame.listens()) {
            steps.add(new Step(Kind.DOOM, List.of(doom(random, values))));
          }
        }
        case 9, 10, 11, 12, 13, 14, 15, 16 -> {
          if (!frame.listens()) {
            steps.add(new Step(Kind.CHANCE, List.of(chance(random, values))));
          }
        }
        case 17, 18, 19, 20, 21, 22 ->
            steps.add(new Step(Kind.WALK, List.of(walk(random, values))));
        case 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 -> steps.add(transaction(random, draft));
        default -> draft.lines().forEach(line -> steps.add(Step.say(line)));
      }
      if (steps.size() % LOOK_EVERY == 0) {
        steps.add(Step.LOOK);
      }
    }
    steps.add(Step.LOOK);
    return new Case(seed, frame, steps);
  }

  /** Draws lines. */
  private final class Draft {
    private final Random random;
    private final Values values;
    private final List<Grammar.Form> here;
    private final List<Grammar.Form> everywhere;

    Draft(Random random, Values values, List<Grammar.Form> here, List<Grammar.Form> everywhere) {
      this.random = random;
      this.values = values;
      this.here = here;
      this.everywhere = everywhere;
    }

    /** A line that may be said, behind one that makes its consumer if it names one. */
    List<Line> lines() {
      while (true) {
        Line line = line(random.nextInt(SPOILT) == 0);
        if (!admission.admits(line)) {
          continue;
        }
        if (!Admission.namesConsumer(line)) {
          return List.of(line);
        }
        Line consumer = Admission.consumer(line);
        if (consumer != null) {
          return List.of(consumer, line);
        }
      }
    }

    private Line line(boolean spoilt) {
      List<Grammar.Form> forms = random.nextInt(8) == 0 ? everywhere : here;
      List<String> argv =
          Grammar.arguments(forms.get(random.nextInt(forms.size())), random, values);
      if (random.nextInt(40) == 0) {
        argv.set(0, argv.getFirst().toLowerCase(Locale.ROOT));
      }
      if (spoilt) {
        spoil(argv);
      }
      return Line.of(argv.toArray(String[]::new));
    }

    private void spoil(List<String> argv) {
      for (int i = random.nextInt(3) == 0 ? 2 : 1; i > 0 && argv.size() > 1; i--) {
        int place = 1 + random.nextInt(argv.size() - 1);
        switch (random.nextInt(9)) {
          case 0 -> argv.remove(place);
          case 1 -> argv.add(place, argv.get(place));
          case 2 -> {
            int other = 1 + random.nextInt(argv.size() - 1);
            String moved = argv.get(place);
            argv.set(place, argv.get(other));
            argv.set(other, moved);
          }
          case 3 -> argv.add(WORDS[random.nextInt(WORDS.length)]);
          case 4 -> argv.add(place, WORDS[random.nextInt(WORDS.length)]);
          case 5 -> argv.add(values.odd());
          case 6 -> argv.set(1, values.anyKey());
          case 7 -> argv.set(place, argv.get(place).toLowerCase(Locale.ROOT));
          default -> argv.set(place, values.odd());
        }
      }
    }
  }

  private Step transaction(Random random, Draft draft) {
    List<Line> lines = new ArrayList<>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      for (Line line : draft.lines()) {
        boolean remembers = line.name().equals("PFCOUNT") && line.size() == 2; // see Pair
        if (admission.isQueued(line) && !remembers) {
          lines.add(line);
        }
      }
    }
    return lines.isEmpty() ? Step.REBIRTH : new Step(Kind.TRANSACTION, lines);
  }

  private static Step exchange(Random random, Values values) {
    String from = values.anyKey();
    while (from.startsWith(Values.TAG + "r")) { // its nodes would end elsewhere than the other's
      from = values.anyKey();
    }
    return new Step(
        random.nextBoolean() ? Kind.FROM_THEIRS : Kind.FROM_OURS,
        List.of(
            Line.of("DUMP", from),
            Line.of(
                "RESTORE",
                random.nextInt(3) == 0 ? from : sameKind(from, random),
                "0",
                "",
                "REPLACE")));
  }

  private static String sameKind(String key, Random random) {
    return key.substring(0, key.length() - 1) + random.nextInt(3);
  }

  private static Line doom(Random random, Values values) {
    String key = values.anyKey();
    return switch (random.nextInt(4)) {
      case 0 -> Line.of("SET", values.draw('t'), "short", "PX", "1");
      case 1 -> Line.of("PSETEX", values.draw('t'), "1", "short");
      case 2 -> Line.of("GETEX", values.draw('t'), "PX", "1");
      default -> Line.of("PEXPIRE", key, "1");
    };
  }

  private static Line chance(Random random, Values values) {
    String count = "" + (random.nextInt(24) - 8);
    return switch (random.nextInt(10)) {
      case 0 -> Line.of("SPOP", values.draw('s'));
      case 1 -> Line.of("SPOP", values.draw('s'), count);
      case 2 -> Line.of("SRANDMEMBER", values.draw('s'));
      case 3 -> Line.of("SRANDMEMBER", values.draw('s'), count);
      case 4 -> Line.of("HRANDFIELD", values.draw('h'));
      case 5 -> Line.of("HRANDFIELD", values.draw('h'), count);
      case 6 -> Line.of("HRANDFIELD", values.draw('h'), count, "WITHVALUES");
      case 7 -> Line.of("ZRANDMEMBER", values.draw('z'));
      case 8 -> Line.of("ZRANDMEMBER", values.draw('z'), count);
      default -> Line.of("ZRANDMEMBER", values.draw('z'), count, "WITHSCORES");
    };
  }

  private static Line walk(Random random, Values values) {
    List<String> argv = new ArrayList<>();
    switch (random.nextInt(4)) {
      case 0 -> argv.addAll(List.of("SCAN", "0"));
      case 1 -> argv.addAll(List.of("SSCAN", values.draw('s'), "0"));
      case 2 -> argv.addAll(List.of("HSCAN", values.draw('h'), "0"));
      default -> argv.addAll(List.of("ZSCAN", values.draw('z'), "0"));
    }
    if (random.nextInt(3) == 0) {
      argv.addAll(List.of("MATCH", values.draw('P')));
    }
    if (random.nextInt(3) == 0) {
      argv.addAll(List.of("COUNT", values.draw('n')));
    }
    if (argv.getFirst().equals("SCAN") && random.nextInt(3) == 0) {
      argv.addAll(List.of("TYPE", random.nextBoolean() ? "zset" : "string"));
    }
    return Line.of(argv.toArray(String[]::new));
  }
}
