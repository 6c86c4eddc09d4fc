package io.flotilla.statemachine.fuzz;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;

/**
 * What can be wrong with a machine on purpose, so that the fuzzer is seen to find it: it stands
 * between the machine and whoever asks.
 */
enum Fault {
  /** Nothing is wrong. */
  NONE {
    @Override
    Reply answer(BareMachine machine, Line line) {
      return machine.answer(line.argv());
    }
  },
  /** ZCOUNT of three and more is one too few. */
  MISCOUNT {
    @Override
    Reply answer(BareMachine machine, Line line) {
      Reply reply = machine.answer(line.argv());
      return line.name().equals("ZCOUNT") && reply instanceof Reply.Int count && count.value() >= 3
          ? Reply.integer(count.value() - 1)
          : reply;
    }
  },
  /** LREM says what it would remove, and removes nothing if that is two. */
  LOST_WRITE {
    @Override
    Reply answer(BareMachine machine, Line line) {
      if (!line.name().equals("LREM") || line.size() != 4) {
        return machine.answer(line.argv());
      }
      Line before = Line.of("LRANGE", line.text(1), "0", "-1");
      Reply elements = machine.answer(before.argv());
      Reply reply = machine.answer(line.argv());
      if (reply instanceof Reply.Int removed
          && removed.value() == 2
          && elements instanceof Reply.Array all) {
        machine.answer(Line.of("DEL", line.text(1)).argv());
        for (Reply element : all.elements()) {
          if (element instanceof Reply.Bulk bulk) {
            machine.answer(
                new Line(new byte[][] {Ascii.bytes("RPUSH"), line.argv()[1], bulk.bytes()}).argv());
          }
        }
      }
      return reply;
    }
  },
  /** HSETNX of a field that is there says so in words of its own. */
  OTHER_WORDS {
    @Override
    Reply answer(BareMachine machine, Line line) {
      Reply reply = machine.answer(line.argv());
      return line.name().equals("HSETNX") && reply.equals(Reply.ZERO)
          ? Reply.error("ERR the field is there")
          : reply;
    }
  },
  /** SINTERSTORE of three keys throws. */
  BROKEN {
    @Override
    Reply answer(BareMachine machine, Line line) {
      if (line.name().equals("SINTERSTORE") && line.size() == 4) {
        throw new IllegalStateException("broken on purpose");
      }
      return machine.answer(line.argv());
    }
  };

  abstract Reply answer(BareMachine machine, Line line);
}
