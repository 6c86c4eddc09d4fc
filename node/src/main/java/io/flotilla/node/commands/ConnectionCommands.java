package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.ALLOW_BUSY;
import static io.flotilla.statemachine.command.Flag.FAST;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.NOSCRIPT;
import static io.flotilla.statemachine.command.Flag.NO_AUTH;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.resp.Protocol;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/** Saying hello, who one is, and good-bye. */
final class ConnectionCommands {
  static final List<Row> ROWS =
      List.of(
          Row.node("PING [message]")
              .summary("Returns the server's liveliness response.")
              .complexity("O(1)")
              .flags(FAST)
              .tips("request_policy:all_shards", "response_policy:all_succeeded"),
          Row.node("ECHO message")
              .summary("Returns the given string.")
              .complexity("O(1)")
              .flags(LOADING, STALE, FAST),
          Row.node("HELLO [protover [AUTH username password] [SETNAME clientname]]")
              .summary("Handshakes with the server.")
              .since("6.0.0")
              .complexity("O(1)")
              .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY),
          Row.node("AUTH [username] password")
              .summary("Authenticates the connection.")
              .complexity("O(N) where N is the number of passwords defined for the user")
              .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY),
          Row.node("SELECT index")
              .summary("Changes the selected database.")
              .complexity("O(1)")
              .flags(LOADING, STALE, FAST),
          Row.node("QUIT")
              .arity(-1)
              .summary("Closes the connection.")
              .complexity("O(1)")
              .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY),
          Row.node("RESET")
              .summary("Resets the connection.")
              .since("6.2.0")
              .complexity("O(1)")
              .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY));

  static final List<Row> CLUSTER_ROWS =
      List.of(
          Row.node("READONLY")
              .summary("Enables read-only queries for a connection to a replica of a shard.")
              .since("3.0.0")
              .complexity("O(1)")
              .flags(FAST, LOADING, STALE),
          Row.node("READWRITE")
              .summary("Lets a connection read from leaders only.")
              .since("3.0.0")
              .complexity("O(1)")
              .flags(FAST, LOADING, STALE),
          Row.node("ASKING")
              .summary("Signals that the next command follows an -ASK redirect.")
              .since("3.0.0")
              .complexity("O(1)")
              .flags(FAST));

  private static final String REDIS_VERSION = InfoCommand.REDIS_VERSION;
  private static final Reply WRONG_PASSWORD =
      Reply.error("WRONGPASS invalid username-password pair or user is disabled.");
  private static final Reply NO_PASSWORD =
      Reply.error(
          "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is"
              + " correct?");
  private static final Reply NO_PROTOCOL = Reply.error("NOPROTO unsupported protocol version");
  private static final Reply NOT_AUTHENTICATED =
      Reply.error(
          "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass>"
              + " option can be used to authenticate the client and select the RESP protocol version at the same time");
  private static final Reply.Simple RESET = new Reply.Simple("RESET");

  private final NodeFacts facts;

  private ConnectionCommands(NodeFacts facts) {
    this.facts = facts;
  }

  static void bind(Bindings bindings, NodeFacts facts) {
    ConnectionCommands here = new ConnectionCommands(facts);
    bindings
        .atOnce("ping", Words.prompt(ConnectionCommands::ping))
        .atOnce("echo", Words.prompt((session, argv) -> Reply.bulk(argv[1])))
        .inTurn("hello", Words.prompt(here::hello))
        .inTurn("auth", Words.prompt(ConnectionCommands::auth))
        .atOnce("select", Words.prompt(ConnectionCommands::select))
        .inTurn("quit", Words.prompt(ConnectionCommands::quit))
        .inTurn("reset", Words.prompt(ConnectionCommands::reset))
        .atOnce("readonly", Words.prompt((session, argv) -> readOnly(session, true)))
        .atOnce("readwrite", Words.prompt((session, argv) -> readOnly(session, false)))
        .atOnce("asking", Words.prompt((session, argv) -> Reply.OK));
  }

  private static Reply ping(Session session, byte[][] argv) {
    return switch (argv.length) {
      case 1 -> Reply.PONG;
      case 2 -> Reply.bulk(argv[1]);
      default -> Errors.wrongArity("ping");
    };
  }

  private static Reply select(Session session, byte[][] argv) {
    Long index = Words.integer(argv[1]);
    if (index == null) {
      return Errors.NOT_AN_INTEGER;
    }
    return index == 0 ? Reply.OK : Reply.error("ERR SELECT is not allowed in cluster mode");
  }

  private static Reply quit(Session session, byte[][] argv) {
    session.leave();
    return Reply.OK;
  }

  private static Reply reset(Session session, byte[][] argv) {
    session.reset();
    return RESET;
  }

  private static Reply readOnly(Session session, boolean value) {
    session.readOnly(value);
    return Reply.OK;
  }

  private static Reply auth(Session session, byte[][] argv) {
    if (argv.length > 3) {
      return Errors.SYNTAX;
    }
    if (argv.length == 2) {
      if (session.front().settings().password().isEmpty()) {
        return NO_PASSWORD;
      }
      return authenticate(session, Ascii.bytes("default"), argv[1]);
    }
    return authenticate(session, argv[1], argv[2]);
  }

  /** A default user without a password takes any, as in Redis; there are no other users yet. */
  private static Reply authenticate(Session session, byte[] user, byte[] password) {
    String expected = session.front().settings().password();
    boolean right =
        Ascii.text(user).equals("default")
            && (expected.isEmpty()
                || MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), password));
    if (!right) {
      return WRONG_PASSWORD;
    }
    session.authenticate(true);
    return Reply.OK;
  }

  private Reply hello(Session session, byte[][] argv) {
    Protocol protocol = session.protocol();
    if (argv.length > 1) {
      Long version = Words.integer(argv[1]);
      if (version == null) {
        return Reply.error("ERR Protocol version is not an integer or out of range");
      }
      if (version != 2 && version != 3) {
        return NO_PROTOCOL;
      }
      protocol = version == 2 ? Protocol.RESP2 : Protocol.RESP3;
    }
    byte[] name = null;
    byte[] user = null;
    byte[] password = null;
    for (int i = 2; i < argv.length; i++) {
      String option = Words.upper(argv[i]);
      if (option.equals("AUTH") && i + 2 < argv.length) {
        user = argv[++i];
        password = argv[++i];
      } else if (option.equals("SETNAME") && i + 1 < argv.length) {
        name = argv[++i];
        if (!ClientCommands.isName(name)) {
          return ClientCommands.BAD_NAME;
        }
      } else {
        return Reply.error("ERR Syntax error in HELLO option '" + Ascii.text(argv[i]) + "'");
      }
    }
    if (user != null && password != null) {
      Reply verdict = authenticate(session, user, password);
      if (verdict instanceof Reply.Error) {
        return verdict;
      }
    }
    if (!session.isAuthenticated()) {
      return NOT_AUTHENTICATED;
    }
    if (name != null) {
      session.name(name);
    }
    session.protocol(protocol);
    boolean leads = !session.front().router().table().led().isEmpty();
    return new Reply.Map(
        List.of(
            Reply.bulk("server"), Reply.bulk("redis"),
            Reply.bulk("version"), Reply.bulk(REDIS_VERSION),
            Reply.bulk("proto"), Reply.integer(protocol.version()),
            Reply.bulk("id"), Reply.integer(session.id()),
            Reply.bulk("mode"), Reply.bulk("cluster"),
            Reply.bulk("role"),
                Reply.bulk(leads || facts.replicas().isEmpty() ? "master" : "replica"),
            Reply.bulk("modules"), Reply.EMPTY_ARRAY));
  }
}
