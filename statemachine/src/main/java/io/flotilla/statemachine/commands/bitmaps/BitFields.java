package io.flotilla.statemachine.commands.bitmaps;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.VARIABLE_FLAGS;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.Bits;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * BITFIELD and BITFIELD_RO: integers of 1 to 64 bits at any bit, read, written and counted up.
 *
 * <p>A sum that does not fit wraps, stays at the limit, or is left undone and answered by nil, as
 * the OVERFLOW before it says. All operations are read before the first is done.
 */
final class BitFields {
  private static final Reply.Error TYPE =
      new Reply.Error(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported"
              + " but i64 is.");

  static List<Row> rows() {
    return List.of(
        write(
                "BITFIELD key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>]"
                    + " <SET encoding offset value | INCRBY encoding offset increment> [GET encoding"
                    + " offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY"
                    + " encoding offset increment> ...]]",
                BitFields::bitfield)
            .summary("Reads, writes and counts up integers of any width within a string.")
            .since("3.2.0")
            .complexity("O(1) for each subcommand")
            .flags(DENYOOM)
            .keyFlags(RW, ACCESS, UPDATE, VARIABLE_FLAGS),
        read(
                "BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]",
                BitFields::bitfieldRo)
            .summary("Reads integers of any width within a string.")
            .since("6.0.0")
            .complexity("O(1) for each subcommand")
            .flags(FAST));
  }

  private BitFields() {}

  private enum Kind {
    GET,
    SET,
    INCRBY
  }

  private enum Overflow {
    WRAP,
    SAT,
    FAIL
  }

  /** One subcommand: a signed or unsigned integer of so many bits from a bit on. */
  private record Operation(
      Kind kind, boolean signed, int bits, long offset, long operand, Overflow overflow) {
    long lastBit() {
      return offset + bits - 1;
    }

    long read(StringValue value) {
      return signed
          ? Bits.signed(value.array(), value.length(), offset, bits)
          : Bits.unsigned(value.array(), value.length(), offset, bits);
    }

    /** What is to be written instead of the old value; null if it does not fit and must not be. */
    @org.jspecify.annotations.Nullable
    Long result(long old) {
      BigInteger wanted =
          kind == Kind.SET
              ? signed ? BigInteger.valueOf(operand) : unsigned(operand)
              : BigInteger.valueOf(old).add(BigInteger.valueOf(operand));
      BigInteger most = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits).subtract(BigInteger.ONE);
      BigInteger least = signed ? most.not() : BigInteger.ZERO;
      if (wanted.compareTo(least) >= 0 && wanted.compareTo(most) <= 0) {
        return wanted.longValue();
      }
      return switch (overflow) {
        case FAIL -> null;
        case SAT -> (wanted.signum() < 0 ? least : most).longValue();
        case WRAP -> {
          int free = Long.SIZE - bits;
          long low = wanted.longValue() << free;
          yield signed ? low >> free : low >>> free;
        }
      };
    }

    /** Redis takes the value to be set in an unsigned integer as unsigned: -1 is far too large. */
    private static BigInteger unsigned(long value) {
      BigInteger signed = BigInteger.valueOf(value);
      return value < 0 ? signed.add(BigInteger.ONE.shiftLeft(Long.SIZE)) : signed;
    }
  }

  private static List<Operation> operations(Arguments arguments) {
    List<Operation> operations = new ArrayList<>();
    Overflow overflow = Overflow.WRAP;
    int i = 2;
    while (i < arguments.count()) {
      int left = arguments.count() - i - 1;
      Kind kind;
      if (arguments.is(i, "GET") && left >= 2) {
        kind = Kind.GET;
      } else if (arguments.is(i, "SET") && left >= 3) {
        kind = Kind.SET;
      } else if (arguments.is(i, "INCRBY") && left >= 3) {
        kind = Kind.INCRBY;
      } else if (arguments.is(i, "OVERFLOW") && left >= 1) {
        overflow = overflow(arguments, i + 1);
        i += 2;
        continue;
      } else {
        throw arguments.syntaxError();
      }
      byte[] type = arguments.at(i + 1);
      boolean signed = type.length > 0 && type[0] == 'i';
      int bits = bits(type, signed);
      long offset = offset(arguments.at(i + 2), bits);
      long operand = kind == Kind.GET ? 0 : arguments.integer(i + 3);
      operations.add(new Operation(kind, signed, bits, offset, operand, overflow));
      i += kind == Kind.GET ? 3 : 4;
    }
    return operations;
  }

  private static Overflow overflow(Arguments arguments, int place) {
    for (Overflow overflow : Overflow.values()) {
      if (arguments.is(place, overflow.name())) {
        return overflow;
      }
    }
    throw new CommandException("ERR Invalid OVERFLOW type specified");
  }

  private static int bits(byte[] type, boolean signed) {
    if (type.length > 1 && (signed || type[0] == 'u')) {
      byte[] digits = Arrays.copyOfRange(type, 1, type.length);
      long bits = Integers.isStrict(digits) ? Integers.parseStrict(digits) : 0;
      if (bits >= 1 && bits <= (signed ? 64 : 63)) {
        return (int) bits;
      }
    }
    throw new CommandException(TYPE);
  }

  /** A bit, or behind a # the number of an integer in a row of them. */
  private static long offset(byte[] text, int bits) {
    boolean inRow = text.length > 0 && text[0] == '#';
    byte[] digits = inRow ? Arrays.copyOfRange(text, 1, text.length) : text;
    if (!Integers.isStrict(digits)) {
      throw new CommandException(Bitmaps.OFFSET);
    }
    long number = Integers.parseStrict(digits);
    if (inRow && Math.multiplyHigh(number, bits) != (number * bits) >> 63) {
      throw new CommandException(Bitmaps.OFFSET);
    }
    return Bitmaps.checked(inRow ? number * bits : number);
  }

  private static Reply bitfield(WriteContext context, Arguments arguments) {
    List<Operation> operations = operations(arguments);
    byte[] key = arguments.at(1);
    long lastBit = -1;
    for (Operation operation : operations) {
      if (operation.kind != Kind.GET) {
        lastBit = Math.max(lastBit, operation.lastBit());
      }
    }
    if (lastBit < 0) {
      return reads(context, key, operations);
    }
    StringValue there = context.modify(key, DataType.STRING);
    StringValue value = there == null ? StringValue.changedInPlace(new byte[0]) : there;
    int length = Bitmaps.makeRoom(context, value, lastBit);
    boolean changed = false;
    List<Reply> replies = new ArrayList<>();
    for (Operation operation : operations) {
      long old = operation.read(value);
      if (operation.kind == Kind.GET) {
        replies.add(Reply.integer(old));
        continue;
      }
      Long result = operation.result(old);
      if (result == null) {
        replies.add(Reply.NIL);
        continue;
      }
      Bits.write(value, operation.offset, operation.bits, result);
      changed |= value.length() > length || old != result;
      replies.add(Reply.integer(operation.kind == Kind.SET ? old : result));
    }
    if (changed) {
      context.changed(key, value, EventClass.STRING, "setbit");
    } else {
      context.changedUnheard(key, value);
    }
    return Reply.array(replies);
  }

  private static Reply bitfieldRo(ReadContext context, Arguments arguments) {
    List<Operation> operations = operations(arguments);
    for (Operation operation : operations) {
      if (operation.kind != Kind.GET) {
        throw new CommandException("ERR BITFIELD_RO only supports the GET subcommand");
      }
    }
    return reads(context, arguments.at(1), operations);
  }

  private static Reply reads(ReadContext context, byte[] key, List<Operation> operations) {
    StringValue there = context.read(key, DataType.STRING);
    StringValue value = there == null ? StringValue.of(new byte[0]) : there;
    return Reply.array(
        operations.stream()
            .map(operation -> (Reply) Reply.integer(operation.read(value)))
            .toList());
  }
}
