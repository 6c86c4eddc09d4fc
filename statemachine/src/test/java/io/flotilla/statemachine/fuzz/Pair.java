package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.fuzz.Step.Kind;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import io.flotilla.statemachine.transcripts.Notation;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Our machine and the oracle, side by side. Steps that need no answer in between go to the oracle
 * in a batch; while it works on them, our machine does; then the answers are compared one by one.
 *
 * <p>Time is the oracle's: our machine's clock is set to it before each batch. Deadlines are far
 * ahead, past, or waited for, so that the milliseconds between the two do not matter.
 */
final class Pair {
  /** Long enough for the way there and back not to matter, short enough for sockets' buffers. */
  private static final int BATCH = 400;

  /** One step of so many has its reads followed by a look at our whole state. */
  private static final int WATCHED = 211;

  /** What is granted to a life of a millisecond. */
  private static final long PASSED_MILLIS = 5;

  private static final String DELETED = "del ";

  /** No cursor's way is so long. */
  private static final int LONGEST_WAY = 10_000;

  private final Oracle theirs;
  private final BareMachine ours;
  private final Fault fault;
  private Frame frame = new Frame(3, false, Frame.DEFAULTS);

  /** The keys that this run has set with a time to live that had passed. */
  private final Set<String> bornExpired = new HashSet<>();

  /** Whether a sorted set may be large on one side of this run and compact on the other. */
  private boolean madeLarge;

  private long compared;

  Pair(Oracle theirs, CommandTable table, Fault fault) {
    this.theirs = theirs;
    this.ours = new BareMachine(table);
    this.fault = fault;
  }

  /** How many commands have been compared so far. */
  long compared() {
    return compared;
  }

  /** Runs a test case from the beginning to its first difference; null if there is none. */
  @Nullable Difference run(Frame within, List<Step> steps) {
    Difference difference = run(within, steps, BATCH);
    if (difference == null || difference.kind() != Difference.Kind.EVENTS) {
      return difference;
    }
    // which of the batch it was is told by saying them one by one
    Difference exact = run(within, steps.subList(0, difference.at() + 1), 1);
    return exact == null ? difference : exact;
  }

  private @Nullable Difference run(Frame within, List<Step> steps, int batch) {
    frame = within;
    try {
      ours.settings(frame.limits());
      ours.clock(theirs.nowMillis());
      ours.fresh();
      theirs.begin(frame);
      ours.listen(frame.listens());
      bornExpired.clear();
      madeLarge = false;
      for (int from = 0; from < steps.size(); ) {
        int to = from + 1;
        while (steps.get(from).isPipelined()
            && to < steps.size()
            && to - from < batch
            && steps.get(to).isPipelined()) {
          to++;
        }
        ours.clock(theirs.nowMillis());
        Difference difference =
            steps.get(from).isPipelined()
                ? together(steps, from, to)
                : alone(steps.get(from), from);
        if (difference == null && frame.listens()) {
          steps.subList(from, to).stream()
              .flatMap(step -> step.lines().stream())
              .filter(Pair::setsExpired)
              .forEach(line -> bornExpired.add(line.text(1)));
          difference = ofEvents(to - 1, steps.get(to - 1));
        }
        if (difference != null) {
          return difference;
        }
        from = to;
      }
      return null;
    } catch (UncheckedIOException gone) {
      if (theirs.isAlive()) {
        throw gone;
      }
      return new Difference(
          steps.size() - 1,
          Difference.Kind.ORACLE,
          Line.of("?"),
          "",
          "the server has ended: " + gone);
    }
  }

  private @Nullable Difference ofEvents(int at, Step step) {
    List<String> heard = timeless(ours.events());
    List<String> meant = timeless(theirs.events());
    if (heard.equals(meant)) {
      return null;
    }
    int first = 0;
    while (first < heard.size()
        && first < meant.size()
        && heard.get(first).equals(meant.get(first))) {
      first++;
    }
    Line line = step.lines().isEmpty() ? Line.of("?") : step.lines().getLast();
    return new Difference(
        at,
        Difference.Kind.EVENTS,
        line,
        String.join(", ", heard.subList(first, Math.min(heard.size(), first + 10))),
        String.join(", ", meant.subList(first, Math.min(meant.size(), first + 10))));
  }

  /**
   * A key that has expired goes when Redis meets it, with us by the leader's sweep. To BITOP
   * without a result it is still a key in Redis, if it has not been met since it was set, and is
   * deleted.
   */
  private List<String> timeless(List<String> events) {
    return events.stream()
        .filter(event -> !event.startsWith("expired "))
        .filter(event -> !event.startsWith(DELETED) || !isBornExpired(event))
        .toList();
  }

  private boolean isBornExpired(String event) {
    return bornExpired.contains(event.substring(DELETED.length()));
  }

  private static boolean setsExpired(Line line) {
    return line.name().equals("SET")
        && IntStream.range(3, line.size() - 1)
            .anyMatch(i ->
                (line.word(i).equals("PXAT") || line.word(i).equals("EXAT"))
                    && Admission.isPast(line.argv()[i + 1]));
  }

  // ---------------------------------------------------------------- in a batch

  private static final Line MULTI = Line.of("MULTI");
  private static final Line EXEC = Line.of("EXEC");

  private @Nullable Difference together(List<Step> steps, int from, int to) {
    for (int i = from; i < to; i++) {
      Step step = steps.get(i);
      boolean transaction = step.kind() == Kind.TRANSACTION;
      if (transaction) {
        theirs.say(MULTI.argv());
      }
      step.lines().forEach(line -> theirs.say(line.argv()));
      if (transaction) {
        theirs.say(EXEC.argv());
      }
    }
    theirs.flush();
    List<Reply> replies = new ArrayList<>(to - from);
    Difference difference = null;
    for (int i = from; i < to && difference == null; i++) {
      Step step = steps.get(i);
      ours.watchReads(i % WATCHED == 0);
      try {
        replies.add(
            step.kind() == Kind.TRANSACTION
                ? ours.transaction(step.lines().stream().map(Line::argv).toList())
                : said(step.lines().getFirst()));
      } catch (RuntimeException | AssertionError thrown) {
        difference = fault(i, step.lines().getLast(), thrown);
      }
    }
    Difference ofReplies = null;
    for (int i = from; i < to; i++) {
      Step step = steps.get(i);
      boolean transaction = step.kind() == Kind.TRANSACTION;
      List<Reply> heard = new ArrayList<>();
      for (int answers = transaction ? step.lines().size() + 2 : 1; answers > 0; answers--) {
        heard.add(theirs.hear()); // all of them, or the next batch hears what is left
      }
      if (ofReplies == null && i - from < replies.size()) {
        compared += step.lines().size();
        Reply reply = replies.get(i - from);
        ofReplies =
            transaction
                ? compare(i, step.lines(), reply, heard.getLast())
                : compare(i, step.lines().getFirst(), reply, heard.getFirst());
      }
    }
    return ofReplies == null ? difference : ofReplies;
  }

  private Reply said(Line line) {
    Reply reply = fault.answer(ours, line);
    if (theirs.remembersCounts()
        && line.size() == 2
        && line.name().equals("PFCOUNT")
        && reply instanceof Reply.Int count) {
      remember(line.argv()[1], count.value());
    }
    return reply;
  }

  /**
   * PFCOUNT of one key writes what it counted into the value: in Redis; with us it is a read. So
   * that the values stay the same to the byte, ours is told to write it.
   */
  private void remember(byte[] key, long count) {
    Reply there = ours.answer(new byte[][] {Ascii.bytes("EXISTS"), key});
    if (there.equals(Reply.ONE)) {
      byte[] cache =
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(count).array();
      ours.quietly(new byte[][] {Ascii.bytes("SETRANGE"), key, Ascii.bytes("8"), cache});
    }
  }

  private static Difference fault(int at, Line line, Throwable thrown) {
    StackTraceElement[] trace = thrown.getStackTrace();
    return new Difference(
        at, Difference.Kind.FAULT, line, thrown + (trace.length == 0 ? "" : " at " + trace[0]), "");
  }

  private @Nullable Difference compare(int at, Line line, Reply our, Reply their) {
    madeLarge |= Known.makesLarge(line);
    if (Known.same(line, our, their, frame.protocol())) {
      return null;
    }
    Difference difference = ofReplies(at, line, our, their);
    return madeLarge && Known.sameButForSignOfZero(difference.ours(), difference.theirs())
        ? null
        : difference;
  }

  private Difference ofReplies(int at, Line line, Reply our, Reply their) {
    return new Difference(
        at,
        Difference.Kind.REPLY,
        line,
        Notation.show(Known.seen(our, frame.protocol())),
        Notation.show(their));
  }

  private @Nullable Difference compare(int at, List<Line> lines, Reply our, Reply their) {
    if (our instanceof Reply.Array a
        && their instanceof Reply.Array b
        && a.elements().size() == lines.size()
        && b.elements().size() == lines.size()) {
      for (int i = 0; i < lines.size(); i++) {
        Difference difference = compare(at, lines.get(i), a.elements().get(i), b.elements().get(i));
        if (difference != null) {
          return difference;
        }
      }
      return null;
    }
    return ofReplies(at, EXEC, our, their);
  }

  // ---------------------------------------------------------------- one by one

  private @Nullable Difference alone(Step step, int at) {
    Line line = step.lines().isEmpty() ? Line.of(step.kind().toString()) : step.lines().getFirst();
    try {
      return switch (step.kind()) {
        case SAY, TRANSACTION -> throw new IllegalArgumentException("said in batches: " + step);
        case CHANCE -> chance(at, line);
        case WALK -> walk(at, line);
        case FROM_THEIRS, FROM_OURS -> exchange(at, step);
        case DOOM -> {
          Difference difference = compare(at, line, our(line), their(line));
          theirs.pass(PASSED_MILLIS);
          yield difference;
        }
        case REBIRTH -> {
          ours.reborn();
          yield null;
        }
        case LOOK -> look(at);
      };
    } catch (RuntimeException | AssertionError thrown) {
      if (thrown instanceof UncheckedIOException gone) {
        throw gone;
      }
      return fault(at, line, thrown);
    }
  }

  private Reply our(Line line) {
    return fault.answer(ours, line);
  }

  private Reply their(Line line) {
    compared++;
    theirs.say(line.argv());
    theirs.flush();
    return theirs.hear();
  }

  /** Answers by chance are of one shape; what one side popped, the other loses too. */
  private @Nullable Difference chance(int at, Line line) {
    Reply their = their(line);
    Reply our = our(line);
    Reply seen = Known.seen(our, frame.protocol());
    if (!shape(seen).equals(shape(their))) {
      return ofReplies(at, line, our, their);
    }
    if (line.name().equals("SPOP")) {
      lose(line.argv()[1], their, our);
      return null;
    }
    for (byte[] member : firsts(line, our)) {
      if (!isThere(line, member)) {
        return new Difference(
            at, Difference.Kind.REPLY, line, "not there: " + Notation.quoted(member), "");
      }
    }
    return null;
  }

  private void lose(byte[] key, Reply their, Reply our) {
    for (Reply popped : List.of(their, our)) {
      List<? extends Reply> members =
          popped instanceof Reply.Bulk ? List.of(popped) : Sameness.elements(popped);
      for (Reply member : members) {
        if (member instanceof Reply.Bulk bulk) {
          Line line = new Line(new byte[][] {Ascii.bytes("SREM"), key, bulk.bytes()});
          their(line);
          our(line);
        }
      }
    }
  }

  private boolean isThere(Line line, byte[] member) {
    String ask =
        switch (line.name()) {
          case "HRANDFIELD" -> "HEXISTS";
          case "ZRANDMEMBER" -> "ZSCORE";
          default -> "SISMEMBER";
        };
    Reply there = our(new Line(new byte[][] {Ascii.bytes(ask), line.argv()[1], member}));
    return !there.equals(Reply.ZERO) && !there.equals(Reply.NIL);
  }

  /** The members or fields of an answer by chance, without values or scores. */
  private static List<byte[]> firsts(Line line, Reply reply) {
    List<byte[]> firsts = new ArrayList<>();
    List<? extends Reply> elements =
        switch (reply) {
          case Reply.Bulk bulk -> List.of(bulk);
          case Reply.Pairs pairs -> pairs.firstsAndSeconds();
          case Reply.Array array -> array.elements();
          case Reply.Set set -> set.elements();
          default -> List.of();
        };
    int step = reply instanceof Reply.Pairs ? 2 : 1;
    for (int i = 0; i < elements.size(); i += step) {
      if (elements.get(i) instanceof Reply.Bulk bulk) {
        firsts.add(bulk.bytes());
      }
    }
    return line.name().equals("RANDOMKEY") ? List.of() : firsts;
  }

  /** A reply without its contents. */
  private static String shape(Reply reply) {
    return switch (reply) {
      case Reply.Bulk bulk -> "b";
      case Reply.Double number -> "d";
      case Reply.Array array -> "[" + shapes(array.elements()) + "]";
      case Reply.Set set -> "~[" + shapes(set.elements()) + "]";
      case Reply.Map map -> "{" + shapes(map.keysAndValues()) + "}";
      default -> Notation.show(reply);
    };
  }

  private static String shapes(List<? extends Reply> elements) {
    StringBuilder shapes = new StringBuilder();
    elements.forEach(each -> shapes.append(shape(each)));
    return shapes.toString();
  }

  /** A cursor's way: distinct elements, in the order of their notation. */
  private @Nullable Difference walk(int at, Line line) {
    Reply our = way(line, true);
    Reply their = way(line, false);
    return Notation.show(our).equals(Notation.show(their)) ? null : ofReplies(at, line, our, their);
  }

  private Reply way(Line line, boolean our) {
    int cursor = line.name().equals("SCAN") ? 1 : 2;
    int together = line.name().equals("HSCAN") || line.name().equals("ZSCAN") ? 2 : 1;
    TreeSet<String> met = new TreeSet<>();
    Line next = line;
    for (int i = 0; i < LONGEST_WAY; i++) {
      Reply reply = our ? Known.seen(our(next), frame.protocol()) : their(next);
      if (!(reply instanceof Reply.Array both)
          || both.elements().size() != 2
          || !(both.elements().getFirst() instanceof Reply.Bulk on)) {
        return reply;
      }
      List<? extends Reply> elements = Sameness.elements(both.elements().getLast());
      for (int j = 0; j + together <= elements.size(); j += together) {
        StringBuilder element = new StringBuilder();
        for (Reply part : elements.subList(j, j + together)) {
          boolean score = line.name().equals("ZSCAN") && !element.isEmpty();
          element.append(Notation.inline(score ? Sameness.number(part) : part)).append(' ');
        }
        met.add(element.toString());
      }
      if (Ascii.text(on.bytes()).equals("0")) {
        return Reply.array(met.stream().map(Reply::bulk).toList());
      }
      next = line.replaced(cursor, on.bytes());
    }
    return Reply.error("ERR the cursor's way does not end");
  }

  /** Both restore one side's payload. */
  private @Nullable Difference exchange(int at, Step step) {
    Line dump = step.lines().getFirst();
    Reply their = their(dump);
    Reply our = our(dump);
    if (!(their instanceof Reply.Bulk theirPayload) || !(our instanceof Reply.Bulk ourPayload)) {
      return compare(at, dump, our, their);
    }
    Line restore =
        step.lines()
            .getLast()
            .replaced(3, (step.kind() == Kind.FROM_OURS ? ourPayload : theirPayload).bytes());
    return compare(at, restore, our(restore), their(restore));
  }

  /** All keys, their types, deadlines and values. */
  private @Nullable Difference look(int at) {
    Line keys = Line.of("KEYS", "*");
    Reply our = our(keys);
    Difference difference = compare(at, keys, our, their(keys));
    if (difference != null) {
      return difference;
    }
    List<Step> reads = new ArrayList<>();
    for (Reply each : Sameness.elements(Notation.sorted(our))) {
      if (each instanceof Reply.Bulk key) {
        looks(key.bytes()).forEach(line -> reads.add(Step.say(line)));
      }
    }
    if (reads.isEmpty()) {
      return null;
    }
    difference = together(reads, 0, reads.size());
    return difference == null
        ? null
        : new Difference(
            at, difference.kind(), difference.line(), difference.ours(), difference.theirs());
  }

  private List<Line> looks(byte[] key) {
    Reply type = ours.answer(new byte[][] {Ascii.bytes("TYPE"), key});
    List<Line> lines = new ArrayList<>();
    lines.add(line("TYPE", key));
    lines.add(line("PEXPIRETIME", key));
    lines.add(line("OBJECT ENCODING", key));
    switch (type instanceof Reply.Simple simple ? simple.text() : "") {
      case "string" -> lines.add(line("GET", key));
      case "list" -> lines.add(line("LRANGE", key, "0", "-1"));
      case "set" -> lines.add(line("SMEMBERS", key));
      case "hash" -> lines.add(line("HGETALL", key));
      case "zset" -> lines.add(line("ZRANGE", key, "0", "-1", "WITHSCORES"));
      default -> lines.add(line("XINFO STREAM", key, "FULL", "COUNT", "0"));
    }
    return lines;
  }

  private static Line line(String command, byte[] key, String... rest) {
    List<byte[]> argv = new ArrayList<>();
    for (String word : command.split(" ", -1)) {
      argv.add(Ascii.bytes(word));
    }
    argv.add(key);
    for (String word : rest) {
      argv.add(Ascii.bytes(word));
    }
    return new Line(argv.toArray(byte[][]::new));
  }
}
