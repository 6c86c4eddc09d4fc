package io.flotilla.statemachine.commands.sets;

import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.Sample;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.List;

/** SPOP and SRANDMEMBER: members by chance, taken or only shown. */
final class RandomMembers {
  /**
   * A large set of which a fifth or less is left becomes a new one, as compact as may be. Source:
   * Redis's SPOP.
   */
  private static final long RENEWED_SHARE = 5;

  static List<Row> rows() {
    return List.of(
        write("SPOP key [count]", RandomMembers::spop)
            .summary("Takes random members from a set, and the set with its last one.")
            .complexity("O(N) for N members taken")
            .flags(FAST)
            .keyFlags(RW, ACCESS, DELETE)
            .tips("nondeterministic_output"),
        read("SRANDMEMBER key [count]", RandomMembers::srandmember)
            .summary("Answers one or more random members of a set.")
            .complexity("O(N) for N members answered")
            .tips("nondeterministic_output"));
  }

  private RandomMembers() {}

  private static Reply spop(WriteContext context, Arguments arguments) {
    if (arguments.count() > 3) {
      throw arguments.syntaxError();
    }
    boolean counted = arguments.count() == 3;
    long count = counted ? arguments.integer(2, 0, Long.MAX_VALUE, Errors.MUST_BE_POSITIVE) : 1;
    byte[] key = arguments.at(1);
    SetValue set = count == 0 ? context.read(key, DataType.SET) : context.modify(key, DataType.SET);
    if (set == null || count == 0) {
      return counted ? Reply.EMPTY_SET : Reply.NIL;
    }
    List<Reply> popped = new ArrayList<>();
    SetValue left = set;
    if (count >= set.size()) {
      set.forEach(member -> popped.add(Reply.bulk(member)));
      left = SetValue.empty(context.hash(), SetValue.Form.SMALL);
    } else {
      List<byte[]> members = new ArrayList<>();
      for (long rank : Sample.distinct(set.size(), count, context.dice())) {
        members.add(set.at(rank));
      }
      for (byte[] member : members) {
        set.remove(member);
        popped.add(Reply.bulk(member));
      }
      if (set.form() == SetValue.Form.LARGE && set.size() * RENEWED_SHARE <= count) {
        SetValue renewed = SetValue.empty(context.hash(), SetValue.Form.SMALL);
        set.forEach(member -> renewed.add(member, context.limits()));
        left = renewed;
      }
    }
    context.changed(key, left, EventClass.SET, "spop");
    return counted ? new Reply.Set(popped) : popped.get(0);
  }

  private static Reply srandmember(ReadContext context, Arguments arguments) {
    if (arguments.count() > 3) {
      throw arguments.syntaxError();
    }
    if (arguments.count() == 2) {
      SetValue set = context.read(arguments.at(1), DataType.SET);
      return set == null ? Reply.NIL : Reply.bulk(set.at(context.dice().below(set.size())));
    }
    long count = Sample.count(arguments, 2);
    SetValue set = context.read(arguments.at(1), DataType.SET);
    if (set == null || count == 0) {
      return Reply.EMPTY_ARRAY;
    }
    List<Reply> drawn = new ArrayList<>();
    if (count >= set.size()) {
      set.forEach(member -> drawn.add(Reply.bulk(member)));
      return Reply.array(drawn);
    }
    long[] ranks =
        count < 0
            ? Sample.repeated(set.size(), -count, context.dice())
            : Sample.distinct(set.size(), count, context.dice());
    for (long rank : ranks) {
      drawn.add(Reply.bulk(set.at(rank)));
    }
    return Reply.array(drawn);
  }
}
