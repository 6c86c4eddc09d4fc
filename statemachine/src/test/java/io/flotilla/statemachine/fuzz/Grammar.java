package io.flotilla.statemachine.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** The forms of commands, by family, as {@code fuzz/commands.txt} has them. */
final class Grammar {
  private static final String FILE = "/fuzz/commands.txt";
  private static final int MANY = 200;
  private static final int SOME = 20;
  private static final int FEW = 4;

  private final TreeMap<String, List<Form>> families = new TreeMap<>();

  /** A form: parts that become arguments. */
  record Form(List<Part> parts) {}

  /** A part of a form. */
  sealed interface Part {}

  /** A word that stands for itself, or one of several. */
  record Words(List<String> choices) implements Part {}

  /** Arguments of these kinds, a letter each, in turn, so many times. */
  record Kinds(String letters, int most) implements Part {}

  /** Parts that are there or not. */
  record Maybe(List<Part> parts) implements Part {}

  private Grammar() {}

  /** Reads the file. */
  static Grammar read() {
    Grammar grammar = new Grammar();
    try (InputStream in = Grammar.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is missing");
      }
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      List<Form> family = List.of();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("[")) {
          family = new ArrayList<>();
          grammar.families.put(line.substring(1, line.length() - 1), family);
        } else if (!line.isBlank() && !line.startsWith("# ") && !line.equals("#")) {
          family.add(form(line));
        }
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return grammar;
  }

  /** The families' names, in order. */
  List<String> names() {
    return List.copyOf(families.keySet());
  }

  /** The forms of these families. */
  List<Form> forms(Collection<String> names) {
    List<Form> forms = new ArrayList<>();
    for (String name : names) {
      List<Form> family = families.get(name);
      if (family == null) {
        throw new IllegalArgumentException(
            "no family '" + name + "'; there are: " + String.join(", ", families.keySet()));
      }
      forms.addAll(family);
    }
    return forms;
  }

  private static Form form(String line) {
    List<Part> parts = new ArrayList<>();
    List<Part> within = null;
    for (String each : line.split(" ", -1)) {
      String word = each;
      if (word.startsWith("{")) {
        within = new ArrayList<>();
        word = word.substring(1);
      }
      boolean ends = word.endsWith("}");
      if (ends) {
        word = word.substring(0, word.length() - 1);
      }
      Part part = part(word, parts.isEmpty());
      if (within == null) {
        parts.add(part);
      } else {
        within.add(part);
        if (ends) {
          parts.add(new Maybe(List.copyOf(within)));
          within = null;
        }
      }
    }
    return new Form(List.copyOf(parts));
  }

  private static Part part(String word, boolean first) {
    if (word.endsWith("…")) {
      return new Kinds(word.substring(0, word.length() - 1), MANY);
    }
    if (word.length() > 1 && word.endsWith("+")) {
      return new Kinds(word.substring(0, word.length() - 1), FEW);
    }
    if (word.length() == 1 && !first) {
      return new Kinds(word, 1);
    }
    return new Words(List.of(word.split("\\|", -1)));
  }

  /** The arguments of a form, each drawn by its letter. */
  static List<String> arguments(Form form, Random random, Values values) {
    List<String> argv = new ArrayList<>();
    form.parts().forEach(part -> add(part, random, values, argv));
    return argv;
  }

  /** How many of at the most so many: seldom a great many, which cost as much as all the rest. */
  private static int times(int most, Random random) {
    return 1 + random.nextInt(most == MANY && random.nextInt(5) != 0 ? SOME : most);
  }

  private static void add(Part part, Random random, Values values, List<String> argv) {
    switch (part) {
      case Words words -> argv.add(words.choices().get(random.nextInt(words.choices().size())));
      case Kinds kinds -> {
        for (int i = times(kinds.most(), random); i > 0; i--) {
          kinds.letters().chars().forEach(letter -> argv.add(values.draw((char) letter)));
        }
      }
      case Maybe maybe -> {
        if (random.nextInt(5) < 2) {
          maybe.parts().forEach(each -> add(each, random, values, argv));
        }
      }
    }
  }
}
