package io.flotilla.chaos.ledger;

import io.flotilla.chaos.resp.RespValue;

/** What a client may conclude of a command: there are three cases and no fourth. */
public sealed interface Outcome {
  /** It was done, and this is its answer. */
  record Done(RespValue reply) implements Outcome {}

  /** It was certainly not done. */
  record NotDone(String why) implements Outcome {}

  /** It may have been done, or may be done later. */
  record Unknown(String why) implements Outcome {}
}
