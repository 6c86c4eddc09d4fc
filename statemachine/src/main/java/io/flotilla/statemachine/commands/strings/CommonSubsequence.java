package io.flotilla.statemachine.commands.strings;

import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.Row.read;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * LCS: the longest subsequence that two strings share.
 *
 * <p>The textbook's table {@code length[i][j]} for the first i and j bytes, built row by row. Of
 * the table only the last row is kept, and for the way back one bit a cell: whether the cell above
 * is longer than the one to the left. So a comparison that takes Redis 512 MB takes 16 MB here;
 * Redis's limit on the two lengths is kept, since the time is the same.
 */
final class CommonSubsequence {
  /** The most cells: Redis allows 512 MB for the table, with 4 bytes a cell. */
  private static final long MAX_CELLS = 512L * 1024 * 1024 / 4;

  private static final byte[] EMPTY = {};

  static List<Row> rows() {
    return List.of(
        read(
                "LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
                CommonSubsequence::lcs)
            .summary("Finds the longest subsequence that two strings share.")
            .since("7.0.0")
            .complexity("O(N*M) for strings of N and M bytes")
            .keys(KeySpec.range(1, 1, 1, RO, ACCESS)));
  }

  private CommonSubsequence() {}

  /** What the options ask for. */
  private record Wanted(boolean length, boolean matches, long leastMatch, boolean matchLengths) {}

  private static Reply lcs(ReadContext context, Arguments arguments) {
    Value first = context.readAny(arguments.at(1));
    Value second = context.readAny(arguments.at(2));
    if (isOtherThanString(first) || isOtherThanString(second)) {
      throw new CommandException("ERR The specified keys must contain string values");
    }
    Wanted wanted = options(arguments);
    byte[] a = first instanceof StringValue string ? string.bytes() : EMPTY;
    byte[] b = second instanceof StringValue string ? string.bytes() : EMPTY;
    if ((a.length + 1L) * (b.length + 1L) > MAX_CELLS) {
      throw new CommandException(
          "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
    Table table = new Table(a, b);
    if (wanted.length) {
      return Reply.integer(table.length());
    }
    return wanted.matches ? matches(table, wanted) : Reply.bulk(table.subsequence());
  }

  private static boolean isOtherThanString(@org.jspecify.annotations.Nullable Value value) {
    return value != null && !(value instanceof StringValue);
  }

  private static Wanted options(Arguments arguments) {
    boolean length = false;
    boolean matches = false;
    boolean matchLengths = false;
    long leastMatch = 0;
    for (int i = 3; i < arguments.count(); i++) {
      if (arguments.is(i, "IDX")) {
        matches = true;
      } else if (arguments.is(i, "LEN")) {
        length = true;
      } else if (arguments.is(i, "WITHMATCHLEN")) {
        matchLengths = true;
      } else if (arguments.is(i, "MINMATCHLEN") && i + 1 < arguments.count()) {
        leastMatch = Math.max(0, arguments.integer(++i));
      } else {
        throw arguments.syntaxError();
      }
    }
    if (length && matches) {
      throw new CommandException(
          "ERR If you want both the length and indexes, please just use IDX.");
    }
    return new Wanted(length, matches, leastMatch, matchLengths);
  }

  private static Reply matches(Table table, Wanted wanted) {
    List<Reply> matches = new ArrayList<>();
    for (Match match : table.matches()) {
      if (match.length >= wanted.leastMatch) {
        Reply inA = range(match.fromA, match.length);
        Reply inB = range(match.fromB, match.length);
        matches.add(
            wanted.matchLengths
                ? Reply.array(inA, inB, Reply.integer(match.length))
                : Reply.array(inA, inB));
      }
    }
    return new Reply.Map(
        List.of(
            Reply.bulk("matches"),
            Reply.array(matches),
            Reply.bulk("len"),
            Reply.integer(table.length())));
  }

  private static Reply range(int from, int length) {
    return Reply.array(Reply.integer(from), Reply.integer(from + length - 1L));
  }

  /** A run of bytes that both strings share, by its places in the one and the other. */
  private record Match(int fromA, int fromB, int length) {}

  /** The table, as its last row and a bit a cell. */
  private static final class Table {
    private final byte[] a;
    private final byte[] b;
    private final int length;

    /** A bit a cell, row after row: the cell above holds more than the one to the left. */
    private final long[] upIsLonger;

    Table(byte[] a, byte[] b) {
      this.a = a;
      this.b = b;
      upIsLonger = new long[(int) (((long) a.length * b.length + 63) / 64)];
      int[] row = new int[b.length + 1]; // row[j]: the length for a's bytes so far and b's first j
      long cell = 0;
      for (byte ofA : a) {
        int diagonal = 0;
        for (int j = 1; j <= b.length; j++, cell++) {
          int above = row[j];
          if (ofA == b[j - 1]) {
            row[j] = diagonal + 1;
          } else if (above > row[j - 1]) {
            upIsLonger[(int) (cell >>> 6)] |= 1L << cell;
          } else {
            row[j] = row[j - 1];
          }
          diagonal = above;
        }
      }
      length = row[b.length];
    }

    int length() {
      return length;
    }

    byte[] subsequence() {
      byte[] shared = new byte[length];
      int left = length;
      for (Match match : matches()) {
        left -= match.length;
        System.arraycopy(a, match.fromA, shared, left, match.length);
      }
      return shared;
    }

    /** The runs of the subsequence, the last one first. */
    List<Match> matches() {
      List<Match> matches = new ArrayList<>();
      int run = 0;
      int i = a.length;
      int j = b.length;
      while (i > 0 && j > 0) {
        if (a[i - 1] == b[j - 1]) {
          run++;
          i--;
          j--;
          continue;
        }
        if (run > 0) {
          matches.add(new Match(i, j, run));
          run = 0;
        }
        if (isUpLonger(i, j)) {
          i--;
        } else {
          j--;
        }
      }
      if (run > 0) {
        matches.add(new Match(i, j, run));
      }
      return matches;
    }

    private boolean isUpLonger(int i, int j) {
      long cell = (i - 1L) * b.length + (j - 1);
      return (upIsLonger[(int) (cell >>> 6)] >>> cell & 1) != 0;
    }
  }
}
