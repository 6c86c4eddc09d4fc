package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import io.flotilla.statemachine.transcripts.Notation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A second bare machine in the place of the real Redis: with it, a run can be wrong only where a
 * fault was put in on purpose.
 */
final class TwinOracle implements Oracle {
  private static final long BEGINNING_MILLIS = 1_700_000_000_000L;

  private final BareMachine machine;
  private final Deque<Reply> answers = new ArrayDeque<>();
  private List<byte[][]> queue = List.of();
  private boolean queues;
  private int protocol = 3;
  private long nowMillis = BEGINNING_MILLIS;

  TwinOracle(CommandTable table) {
    machine = new BareMachine(table);
    machine.watchReads(false);
  }

  @Override
  public void begin(Frame frame) {
    protocol = frame.protocol();
    machine.settings(frame.limits());
    machine.fresh();
    machine.listen(frame.listens());
    answers.clear();
  }

  @Override
  public void say(byte[][] argv) {
    machine.clock(nowMillis);
    switch (Ascii.text(argv[0])) {
      case "MULTI" -> {
        queues = true;
        queue = new ArrayList<>();
        answers.add(Reply.OK);
      }
      case "EXEC" -> {
        queues = false;
        answers.add(seen(machine.transaction(queue)));
      }
      default -> {
        if (queues) {
          queue.add(argv);
          answers.add(Reply.QUEUED);
        } else {
          answers.add(seen(machine.answer(argv)));
        }
      }
    }
  }

  private Reply seen(Reply meant) {
    return protocol == 2 ? Notation.resp2(meant) : Notation.resp3(meant);
  }

  @Override
  public void flush() {}

  @Override
  public Reply hear() {
    return answers.removeFirst();
  }

  @Override
  public List<String> events() {
    return machine.events();
  }

  @Override
  public boolean remembersCounts() {
    return false;
  }

  @Override
  public long nowMillis() {
    return nowMillis;
  }

  @Override
  public void pass(long millis) {
    nowMillis += millis;
  }

  @Override
  public boolean isAlive() {
    return true;
  }

  @Override
  public void close() {}
}
