package io.flotilla.conformance;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many of the names that pass on a real Redis pass here too, file by file, and what became of
 * the others: each is left out for a reason that the list of skips gives, or it failed. Nothing is
 * lost on the way: passing, left out and failed add up to all of them.
 */
record Score(SortedMap<String, Row> rows) {
  /**
   * One file.
   *
   * @param of how many of its names pass on a real Redis
   * @param passing how many of these pass here
   * @param left how many are left out, by reason
   */
  record Row(int of, int passing, SortedMap<String, Integer> left) {
    Row {
      left = Collections.unmodifiableSortedMap(new TreeMap<>(left));
      if (of < passing + sum(left)) {
        throw new ConformanceException(
            "more than all: " + passing + " pass and " + left + " are left out of " + of);
      }
    }

    int leftOut() {
      return sum(left);
    }

    int failed() {
      return of - passing - leftOut();
    }

    private static int sum(SortedMap<String, Integer> counts) {
      return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  Score {
    rows = Collections.unmodifiableSortedMap(new TreeMap<>(rows));
  }

  int of() {
    return rows.values().stream().mapToInt(Row::of).sum();
  }

  int passing() {
    return rows.values().stream().mapToInt(Row::passing).sum();
  }

  int failed() {
    return rows.values().stream().mapToInt(Row::failed).sum();
  }

  /** How many are left out, by reason. */
  SortedMap<String, Integer> left() {
    SortedMap<String, Integer> left = new TreeMap<>();
    for (Row row : rows.values()) {
      row.left().forEach((reason, count) -> left.merge(reason, count, Integer::sum));
    }
    return left;
  }

  /** This score with the rows of another, which is newer. */
  Score with(Score newer) {
    SortedMap<String, Row> all = new TreeMap<>(rows);
    all.putAll(newer.rows);
    return new Score(all);
  }
}
