package io.flotilla.statemachine.command;

import java.util.Locale;

/**
 * What is true of a command, by the names that {@code COMMAND INFO} shows. Source: Redis's command
 * flags.
 */
public enum Flag {
  /** Changes data. */
  WRITE,
  /** Reads data. */
  READONLY,
  /** Refused when memory is over its bound. */
  DENYOOM,
  /** An operator's command. */
  ADMIN,
  /** Belongs to publish and subscribe. */
  PUBSUB,
  /** Not for scripts. */
  NOSCRIPT,
  /** May block its client. */
  BLOCKING,
  /** Allowed while the node loads. */
  LOADING,
  /** Allowed on a replica that is out of touch. */
  STALE,
  /** Not shown by MONITOR. */
  SKIP_MONITOR,
  /** Not logged as slow. */
  SKIP_SLOWLOG,
  /** Allowed on a slot that is being imported. */
  ASKING,
  /** Takes constant or logarithmic time. */
  FAST,
  /** Needs no authentication. */
  NO_AUTH,
  /** May write although it is not a write. */
  MAY_REPLICATE,
  /** Not for MULTI. */
  NO_MULTI,
  /** The places of its keys depend on its arguments. */
  MOVABLEKEYS,
  /** Allowed while a script runs. */
  ALLOW_BUSY,
  /** Not allowed while a replica loads in the background. */
  NO_ASYNC_LOADING,
  /** Its keys may be absent although its key specs say otherwise. */
  NO_MANDATORY_KEYS;

  /** The name, as {@code COMMAND INFO} shows it. */
  public String redisName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
