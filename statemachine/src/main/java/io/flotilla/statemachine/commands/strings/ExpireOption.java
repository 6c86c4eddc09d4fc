package io.flotilla.statemachine.commands.strings;

import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.Errors;
import org.jspecify.annotations.Nullable;

/**
 * How a string command says when its key shall go: so many seconds or milliseconds from now, or at
 * a point of Unix time in either.
 */
enum ExpireOption {
  EX(true, true),
  PX(false, true),
  EXAT(true, false),
  PXAT(false, false);

  private final boolean inSeconds;
  private final boolean fromNow;

  ExpireOption(boolean inSeconds, boolean fromNow) {
    this.inSeconds = inSeconds;
    this.fromNow = fromNow;
  }

  /** The option spelled at this place, or null if none is. */
  static @Nullable ExpireOption at(Arguments arguments, int place) {
    int length = arguments.at(place).length;
    if (length == 2) {
      return arguments.is(place, "EX") ? EX : arguments.is(place, "PX") ? PX : null;
    }
    if (length == 4) {
      return arguments.is(place, "EXAT") ? EXAT : arguments.is(place, "PXAT") ? PXAT : null;
    }
    return null;
  }

  /** Whether the time is an absolute one. */
  boolean isAbsolute() {
    return !fromNow;
  }

  /**
   * The deadline in Unix milliseconds that this amount means. Zero, negative amounts and what does
   * not fit 64 bits end the command; an absolute time in the past is allowed.
   */
  long deadlineMillis(long amount, long nowMillis, String commandName) {
    if (amount <= 0 || (inSeconds && amount > Long.MAX_VALUE / 1000)) {
      throw new CommandException(Errors.invalidExpireTime(commandName));
    }
    long millis = inSeconds ? amount * 1000 : amount;
    if (fromNow) {
      millis += nowMillis;
    }
    if (millis <= 0) {
      throw new CommandException(Errors.invalidExpireTime(commandName));
    }
    return millis;
  }
}
