package io.flotilla.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows for people, in columns as wide as their widest cell, two spaces apart.
 *
 * <p>Where the terminal is too narrow, whole columns are left out, the least important first, and a
 * last line names them: a line that wraps, or a number cut in half, would be misread. The first
 * column stays. Cells are one line of characters that are each one column wide (names, numbers,
 * addresses).
 */
final class Table {
  private static final String GAP = "  ";

  /** A cell's words and looks. */
  record Cell(String text, Style style) {
    static Cell of(String text) {
      return new Cell(text, Style.PLAIN);
    }

    static Cell of(long number) {
      return new Cell(Long.toString(number), Style.PLAIN);
    }
  }

  /**
   * A column.
   *
   * @param rank how soon it is left out: the highest rank goes first, rank 0 never goes
   */
  private record Column(String title, boolean right, int rank) {}

  private final List<Column> columns = new ArrayList<>();
  private final List<List<Cell>> rows = new ArrayList<>();

  /** Adds a column of words. */
  Table column(String title, int rank) {
    columns.add(new Column(title, false, rank));
    return this;
  }

  /** Adds a column of numbers, aligned to the right. */
  Table number(String title, int rank) {
    columns.add(new Column(title, true, rank));
    return this;
  }

  /** Adds a row: a {@link Cell}, or a text or number, per column. */
  Table row(Object... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          cells.length + " cells in a table of " + columns.size() + " columns");
    }
    rows.add(
        Arrays.stream(cells)
            .map(c -> c instanceof Cell cell ? cell : Cell.of(String.valueOf(c)))
            .toList());
    return this;
  }

  /** The table as lines, each ended by a line feed. */
  String render(Terminal terminal) {
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      int column = i;
      widths[i] =
          Math.max(
              columns.get(i).title.length(),
              rows.stream().mapToInt(r -> r.get(column).text.length()).max().orElse(0));
    }
    List<Integer> shown = new ArrayList<>(IntStream.range(0, widths.length).boxed().toList());
    List<Integer> hidden = new ArrayList<>();
    while (terminal.width() > 0 && total(shown, widths) > terminal.width()) {
      Integer next =
          shown.stream()
              .filter(i -> columns.get(i).rank > 0)
              .max(Comparator.comparingInt(i -> columns.get(i).rank))
              .orElse(null);
      if (next == null) {
        break;
      }
      shown.removeIf(next::equals);
      hidden.add(next);
    }

    StringBuilder out = new StringBuilder();
    List<Cell> titles = columns.stream().map(c -> new Cell(c.title, Style.STRONG)).toList();
    line(out, titles, shown, widths, terminal);
    for (List<Cell> row : rows) {
      line(out, row, shown, widths, terminal);
    }
    if (!hidden.isEmpty()) {
      String names =
          String.join(", ", hidden.stream().sorted().map(i -> columns.get(i).title).toList());
      out.append(Style.FAINT.paint("(too narrow for: " + names + ")", terminal.colours()))
          .append('\n');
    }
    return out.toString();
  }

  private static int total(List<Integer> shown, int[] widths) {
    return shown.stream().mapToInt(i -> widths[i]).sum() + GAP.length() * (shown.size() - 1);
  }

  private void line(
      StringBuilder out, List<Cell> cells, List<Integer> shown, int[] widths, Terminal terminal) {
    for (int place = 0; place < shown.size(); place++) {
      int i = shown.get(place);
      Cell cell = cells.get(i);
      String padding = " ".repeat(widths[i] - cell.text.length());
      String painted = cell.style.paint(cell.text, terminal.colours());
      boolean last = place == shown.size() - 1;
      if (place > 0) {
        out.append(GAP);
      }
      if (columns.get(i).right) {
        out.append(padding).append(painted);
      } else {
        out.append(painted).append(last ? "" : padding);
      }
    }
    while (!out.isEmpty() && out.charAt(out.length() - 1) == ' ') {
      out.setLength(out.length() - 1);
    }
    out.append('\n');
  }
}
