package io.flotilla.statemachine.commands.sets;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INSERT;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.ScanOptions;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** SADD, SREM and their kin: members by what they are. */
final class Members {
  static List<Row> rows() {
    return List.of(
        write("SADD key member [member ...]", Members::sadd)
            .summary("Adds members to a set, creating it where needed.")
            .complexity("O(N) for N members to add")
            .flags(DENYOOM, FAST)
            .keyFlags(RW, INSERT),
        write("SREM key member [member ...]", Members::srem)
            .summary("Removes members from a set, and the set with its last one.")
            .complexity("O(N) for N members to remove")
            .flags(FAST)
            .keyFlags(RW, DELETE),
        write("SMOVE source destination member", Members::smove)
            .summary("Moves a member from one set to another.")
            .complexity("O(1)")
            .flags(FAST)
            .keys(KeySpec.at(1, RW, ACCESS, DELETE), KeySpec.at(2, RW, INSERT)),
        read("SCARD key", Members::scard)
            .summary("Tells the number of members of a set.")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read("SISMEMBER key member", Members::sismember)
            .summary("Tells whether a set has a member.")
            .complexity("O(1)")
            .flags(FAST)
            .keyFlags(RO),
        read("SMISMEMBER key member [member ...]", Members::smismember)
            .summary("Tells which of several members a set has.")
            .since("6.2.0")
            .complexity("O(N) for N members asked for")
            .flags(FAST),
        read("SMEMBERS key", Members::smembers)
            .summary("Answers all members of a set.")
            .complexity("O(N) for N members")
            .tips("nondeterministic_output_order"),
        read("SSCAN key cursor [MATCH pattern] [COUNT count]", Members::sscan)
            .summary("Goes through the members of a set, some at a time.")
            .since("2.8.0")
            .complexity("O(1) for each call, O(N) for a whole round over N members")
            .tips("nondeterministic_output"));
  }

  private Members() {}

  private static Reply sadd(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    int members = arguments.count() - 2;
    SetValue set = context.modify(key, DataType.SET);
    if (set == null) {
      set = SetValue.beginning(context.hash(), arguments.at(2), members, context.limits());
    } else {
      set.expect(members, context.limits());
    }
    int added = 0;
    for (int i = 2; i < arguments.count(); i++) {
      added += set.add(arguments.at(i), context.limits()) ? 1 : 0;
    }
    if (added > 0) {
      context.changed(key, set, EventClass.SET, "sadd");
    }
    return Reply.integer(added);
  }

  private static Reply srem(WriteContext context, Arguments arguments) {
    byte[] key = arguments.at(1);
    SetValue set = context.modify(key, DataType.SET);
    if (set == null) {
      return Reply.ZERO;
    }
    int removed = 0;
    for (int i = 2; i < arguments.count(); i++) {
      removed += set.remove(arguments.at(i)) ? 1 : 0;
    }
    if (removed > 0) {
      context.changed(key, set, EventClass.SET, "srem");
    }
    return Reply.integer(removed);
  }

  private static Reply smove(WriteContext context, Arguments arguments) {
    byte[] sourceKey = arguments.at(1);
    byte[] targetKey = arguments.at(2);
    byte[] member = arguments.at(3);
    if (context.readAny(sourceKey) == null) {
      return Reply.ZERO;
    }
    SetValue source = context.modify(sourceKey, DataType.SET);
    SetValue target = context.modify(targetKey, DataType.SET);
    if (source == null || !source.contains(member)) {
      return Reply.ZERO;
    }
    if (Arrays.equals(sourceKey, targetKey)) {
      return Reply.ONE;
    }
    source.remove(member);
    context.changed(sourceKey, source, EventClass.SET, "srem");
    if (target == null) {
      target = SetValue.beginning(context.hash(), member, 1, context.limits());
    }
    if (target.add(member, context.limits())) {
      context.changed(targetKey, target, EventClass.SET, "sadd");
    }
    return Reply.ONE;
  }

  private static Reply scard(ReadContext context, Arguments arguments) {
    SetValue set = context.read(arguments.at(1), DataType.SET);
    return Reply.integer(set == null ? 0 : set.size());
  }

  private static Reply sismember(ReadContext context, Arguments arguments) {
    SetValue set = context.read(arguments.at(1), DataType.SET);
    return Reply.yesNo(set != null && set.contains(arguments.at(2)));
  }

  private static Reply smismember(ReadContext context, Arguments arguments) {
    SetValue set = context.read(arguments.at(1), DataType.SET);
    List<Reply> answers = new ArrayList<>();
    for (int i = 2; i < arguments.count(); i++) {
      answers.add(Reply.yesNo(set != null && set.contains(arguments.at(i))));
    }
    return Reply.array(answers);
  }

  private static Reply smembers(ReadContext context, Arguments arguments) {
    SetValue set = context.read(arguments.at(1), DataType.SET);
    return set == null ? Reply.EMPTY_SET : all(set);
  }

  /** All members as a reply. */
  static Reply.Set all(SetValue set) {
    List<Reply> members = new ArrayList<>();
    set.forEach(member -> members.add(Reply.bulk(member)));
    return new Reply.Set(members);
  }

  private static Reply sscan(ReadContext context, Arguments arguments) {
    long cursor = ScanOptions.cursor(arguments, 2);
    SetValue set = context.read(arguments.at(1), DataType.SET);
    if (set == null) {
      return ScanOptions.reply(0, List.of());
    }
    ScanOptions options = ScanOptions.of(arguments, 3);
    List<Reply> found = new ArrayList<>();
    long next =
        set.scan(
            cursor,
            options.count(),
            member -> {
              if (options.matches(member)) {
                found.add(Reply.bulk(member));
              }
            });
    return ScanOptions.reply(next, found);
  }
}
