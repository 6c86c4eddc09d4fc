package io.flotilla.node.session;

import io.flotilla.node.metadata.ClusterView.Endpoint;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.routing.Route;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.reply.Reply;

/**
 * What a client is told when its command does not run, or may not have: ARCHITECTURE §3's table in
 * words.
 *
 * <p>The first word is what clients act on. Many send a command again by themselves after MOVED,
 * ASK, TRYAGAIN, CLUSTERDOWN, LOADING, READONLY, MASTERDOWN or NOREPLICAS, so those are said only
 * of what certainly had no effect; an outcome that is not known is always {@code TIMEOUT}.
 */
final class Refusals {
  static final Reply.Error CLUSTER_DOWN = new Reply.Error("CLUSTERDOWN The cluster is down");
  static final Reply.Error NOT_SERVED = new Reply.Error("CLUSTERDOWN Hash slot not served");
  static final Reply.Error CROSS_SLOT =
      new Reply.Error("CROSSSLOT Keys in request don't hash to the same slot");
  static final Reply.Error TRY_AGAIN =
      new Reply.Error("TRYAGAIN Multiple keys request during rehashing of slot");
  static final Reply.Error NOT_AUTHENTICATED = new Reply.Error("NOAUTH Authentication required.");
  static final Reply.Error NOT_IN_MULTI =
      new Reply.Error("ERR Command not allowed inside a transaction");
  static final Reply.Error WATCH_IN_MULTI =
      new Reply.Error("ERR WATCH inside MULTI is not allowed");
  static final Reply.Error NESTED_MULTI = new Reply.Error("ERR MULTI calls can not be nested");
  static final Reply.Error EXEC_WITHOUT_MULTI = new Reply.Error("ERR EXEC without MULTI");
  static final Reply.Error DISCARD_WITHOUT_MULTI = new Reply.Error("ERR DISCARD without MULTI");
  static final Reply.Error EXEC_ABORTED =
      new Reply.Error("EXECABORT Transaction discarded because of previous errors.");
  static final Reply.Error TOO_LARGE =
      new Reply.Error(
          "ERR overloaded: the request is larger than one log entry may be"
              + " (write.max-command-mebibytes); it was not run");
  static final Reply.Error OVERLOADED =
      new Reply.Error(
          "ERR overloaded: the requests under way hold too much memory; this one was not run");
  static final Reply.Error TOO_MANY_CLIENTS = new Reply.Error("ERR max number of clients reached");

  /** Redis shows at most this many bytes of what it does not know. */
  private static final int SHOWN_BYTES = 128;

  private Refusals() {}

  static Reply of(Route route) {
    return switch (route) {
      case Route.Local local -> CLUSTER_DOWN; // it was refused here, and nobody else is known
      case Route.Moved moved -> redirect("MOVED", moved.slot(), moved.to());
      case Route.Ask ask -> redirect("ASK", ask.slot(), ask.to());
      case Route.TryAgain again -> TRY_AGAIN;
      case Route.CrossSlot crossSlot -> CROSS_SLOT;
      case Route.Down down ->
          switch (down.reason()) {
            case NO_VIEW, NO_LEADER -> CLUSTER_DOWN;
            case NOT_SERVED -> NOT_SERVED;
          };
    };
  }

  private static Reply redirect(String how, int slot, Endpoint to) {
    return Reply.error(how + " " + slot + " " + to.host() + ":" + to.port());
  }

  /** What is said of a failure that no other node can help with. */
  static Reply of(Failure failure) {
    return switch (failure) {
      case Failure.NotLeader notLeader -> CLUSTER_DOWN;
      case Failure.NotOwned notOwned -> NOT_SERVED;
      case Failure.NotReady notReady ->
          Reply.error("CLUSTERDOWN The shard's leader is not ready: " + notReady.why());
      case Failure.Overloaded overloaded ->
          Reply.error("ERR overloaded: " + overloaded.what() + "; the command was not run");
      case Failure.Unknown unknown -> Reply.error("TIMEOUT outcome unknown: " + unknown.why());
      case Failure.Unconfirmed unconfirmed ->
          Reply.error("CLUSTERDOWN The read could not be confirmed: " + unconfirmed.why());
    };
  }

  /** Redis's words for what was queued in time and is asked to run too late. */
  static Reply execAborted(Reply.Error why) {
    return Reply.error("EXECABORT Transaction discarded because of: " + why.text());
  }

  static Reply unknownCommand(byte[][] argv) {
    StringBuilder text =
        new StringBuilder("ERR unknown command '")
            .append(shown(argv[0], SHOWN_BYTES))
            .append("', with args beginning with: ");
    int length = 0;
    for (int i = 1; i < argv.length && length < SHOWN_BYTES; i++) {
      String argument = "'" + shown(argv[i], SHOWN_BYTES - length) + "' ";
      text.append(argument);
      length += argument.length();
    }
    return Reply.error(text.toString());
  }

  static Reply unknownSubcommand(byte[][] argv) {
    return Reply.error(
        "ERR unknown subcommand '"
            + shown(argv[1], SHOWN_BYTES)
            + "'. Try "
            + Ascii.text(argv[0]).toUpperCase(java.util.Locale.ROOT)
            + " HELP.");
  }

  private static String shown(byte[] bytes, int limit) {
    int end = 0;
    while (end < bytes.length && end < limit && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
