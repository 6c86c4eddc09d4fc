package io.flotilla.statemachine.commands.geo;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.reply.Reply;

/** A unit of length, by its meters. */
enum Unit {
  M(1),
  KM(1000),
  FT(0.3048),
  MI(1609.34);

  private static final Reply.Error UNKNOWN =
      new Reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI");

  final double meters;

  Unit(double meters) {
    this.meters = meters;
  }

  /** The unit at this place. */
  static Unit at(Arguments arguments, int place) {
    for (Unit unit : values()) {
      if (arguments.is(place, unit.name())) {
        return unit;
      }
    }
    throw new CommandException(UNKNOWN);
  }

  /** A distance in meters as a reply in this unit, with four decimals. */
  Reply shown(double distance) {
    double scaled = StrictMath.rint(distance / meters * 10_000);
    long value = (long) scaled;
    String fraction = Long.toString(10_000 + value % 10_000);
    return Reply.bulk(value / 10_000 + "." + fraction.substring(1));
  }
}
