package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.ADMIN;
import static io.flotilla.statemachine.command.Flag.LOADING;
import static io.flotilla.statemachine.command.Flag.NOSCRIPT;
import static io.flotilla.statemachine.command.Flag.STALE;

import io.flotilla.node.session.Clients;
import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.node.session.Session;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** CLIENT: connections, one's own and others'. */
final class ClientCommands {
  static final List<Row> CONTAINER =
      List.of(
          Row.container("CLIENT")
              .summary("A container for client connection commands.")
              .since("2.4.0")
              .complexity("Depends on subcommand."));

  static final List<Row> ROWS =
      List.of(
          own(
              "CLIENT CACHING <YES | NO>",
              "6.0.0",
              "Instructs the server whether to track the keys in the next request."),
          own("CLIENT GETNAME", "2.6.9", "Returns the name of the connection."),
          own(
              "CLIENT GETREDIR",
              "6.0.0",
              "Returns the client ID to which the connection's tracking notifications are redirected."),
          Row.node("CLIENT HELP")
              .summary("Returns helpful text about the different subcommands.")
              .since("5.0.0")
              .complexity("O(1)")
              .flags(LOADING, STALE),
          own("CLIENT ID", "5.0.0", "Returns the unique client ID of the connection."),
          own("CLIENT INFO", "6.2.0", "Returns information about the connection.")
              .tips("nondeterministic_output"),
          admin(
              "CLIENT KILL <ip:port | filter> [value ...]",
              "2.4.0",
              "Terminates open connections."),
          admin(
                  "CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
                  "2.4.0",
                  "Lists open connections.")
              .tips("nondeterministic_output"),
          admin(
              "CLIENT NO-EVICT <ON | OFF>",
              "7.0.0",
              "Sets the client eviction mode of the connection."),
          own(
              "CLIENT NO-TOUCH <ON | OFF>",
              "7.2.0",
              "Controls whether commands sent by the client affect the LRU/LFU of accessed keys."),
          admin("CLIENT PAUSE timeout [WRITE | ALL]", "3.0.0", "Suspends commands processing."),
          own(
              "CLIENT REPLY <ON | OFF | SKIP>",
              "3.2.0",
              "Instructs the server whether to reply to commands."),
          own(
                  "CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>",
                  "7.2.0",
                  "Sets information specific to the client or connection.")
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"),
          own("CLIENT SETNAME connection-name", "2.6.9", "Sets the connection name.")
              .tips("request_policy:all_nodes", "response_policy:all_succeeded"),
          own(
              "CLIENT TRACKING <ON | OFF> [option ...]",
              "6.0.0",
              "Controls server-assisted client-side caching for the connection."),
          own(
              "CLIENT TRACKINGINFO",
              "6.2.0",
              "Returns information about server-assisted client-side caching for the connection."),
          admin(
              "CLIENT UNBLOCK client-id [TIMEOUT | ERROR]",
              "5.0.0",
              "Unblocks a client blocked by a blocking command from a different connection."),
          admin("CLIENT UNPAUSE", "6.2.0", "Resumes processing commands from paused clients."));

  static final Reply BAD_NAME =
      Reply.error("ERR Client names cannot contain spaces, newlines or special characters.");
  private static final Reply NO_SUCH_CLIENT = Reply.error("ERR No such client");
  private static final Reply TRACKING_LATER =
      Reply.error("ERR CLIENT TRACKING is not supported by this version of Flotilla");

  private static Row own(String reference, String since, String summary) {
    return Row.node(reference)
        .since(since)
        .summary(summary)
        .complexity("O(1)")
        .flags(NOSCRIPT, LOADING, STALE);
  }

  private static Row admin(String reference, String since, String summary) {
    return own(reference, since, summary).flags(ADMIN);
  }

  void bind(Bindings bindings) {
    bindings
        .inTurn(
            "client|caching",
            Words.prompt((session, argv) ->
                Reply.error(
                    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode"
                        + " enabled")))
        .inTurn(
            "client|getname",
            Words.prompt((session, argv) ->
                session.name().length == 0 ? Reply.NIL : Reply.bulk(session.name())))
        .inTurn("client|getredir", Words.prompt((session, argv) -> Reply.integer(-1)))
        .atOnce("client|id", Words.prompt((session, argv) -> Reply.integer(session.id())))
        .inTurn(
            "client|info",
            Words.prompt((session, argv) -> Words.text(line(session, requestBytes(argv)) + "\n")))
        .inTurn("client|kill", Words.prompt(ClientCommands::kill))
        .inTurn("client|list", Words.prompt(ClientCommands::list))
        .inTurn(
            "client|no-evict", Words.prompt((session, argv) -> onOff(argv[2], session::noEvict)))
        .inTurn(
            "client|no-touch", Words.prompt((session, argv) -> onOff(argv[2], session::noTouch)))
        .inTurn("client|pause", Words.prompt(ClientCommands::pause))
        .inTurn("client|reply", Words.prompt(ClientCommands::reply))
        .inTurn("client|setinfo", Words.prompt(ClientCommands::setInfo))
        .inTurn("client|setname", Words.prompt(ClientCommands::setName))
        .inTurn("client|tracking", Words.prompt(ClientCommands::tracking))
        .inTurn(
            "client|trackinginfo",
            Words.prompt((session, argv) ->
                new Reply.Map(
                    List.of(
                        Reply.bulk("flags"),
                        new Reply.Set(List.of(Reply.bulk("off"))),
                        Reply.bulk("redirect"),
                        Reply.integer(-1),
                        Reply.bulk("prefixes"),
                        Reply.EMPTY_ARRAY))))
        .inTurn("client|unblock", Words.prompt(ClientCommands::unblock))
        .inTurn(
            "client|unpause",
            Words.prompt((session, argv) -> {
              session.front().clients().unpause();
              return Reply.OK;
            }));
  }

  /** Redis's rule: printable ASCII without spaces. */
  static boolean isName(byte[] name) {
    for (byte b : name) {
      if (b < '!' || b > '~') {
        return false;
      }
    }
    return true;
  }

  private static Reply onOff(byte[] word, java.util.function.Consumer<Boolean> setting) {
    switch (Words.upper(word)) {
      case "ON" -> setting.accept(true);
      case "OFF" -> setting.accept(false);
      default -> {
        return Errors.SYNTAX;
      }
    }
    return Reply.OK;
  }

  private static Reply setName(Session session, byte[][] argv) {
    if (!isName(argv[2])) {
      return BAD_NAME;
    }
    session.name(argv[2]);
    return Reply.OK;
  }

  private static Reply setInfo(Session session, byte[][] argv) {
    String option = Ascii.text(argv[2]);
    String attribute = option.toLowerCase(java.util.Locale.ROOT);
    if (!attribute.equals("lib-name") && !attribute.equals("lib-ver")) {
      return Reply.error("ERR Unrecognized option '" + option + "'");
    }
    if (!isName(argv[3])) {
      return Reply.error(
          "ERR " + attribute + " cannot contain spaces, newlines or special characters.");
    }
    if (attribute.equals("lib-name")) {
      session.libraryName(Ascii.text(argv[3]));
    } else {
      session.libraryVersion(Ascii.text(argv[3]));
    }
    return Reply.OK;
  }

  private static Reply reply(Session session, byte[][] argv) {
    switch (Words.upper(argv[2])) {
      case "ON" -> session.mute(false);
      case "OFF" -> session.mute(true);
      case "SKIP" -> session.muteNext();
      default -> {
        return Errors.SYNTAX;
      }
    }
    return Reply.OK; // the session keeps it to itself unless replies are on
  }

  private static Reply pause(Session session, byte[][] argv) {
    boolean all = true;
    if (argv.length == 4) {
      switch (Words.upper(argv[3])) {
        case "WRITE" -> all = false;
        case "ALL" -> all = true;
        default -> {
          return Reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
        }
      }
    } else if (argv.length > 4) {
      return Errors.SYNTAX;
    }
    Long millis = Words.integer(argv[2]);
    if (millis == null) {
      return Reply.error("ERR timeout is not an integer or out of range");
    }
    if (millis < 0) {
      return Reply.error("ERR timeout is negative");
    }
    long now = session.front().wallMillis();
    if (millis > Long.MAX_VALUE - now) {
      return Reply.error("ERR timeout is out of range");
    }
    session.front().clients().pause(now, now + millis, all);
    return Reply.OK;
  }

  private static Reply tracking(Session session, byte[][] argv) {
    return switch (Words.upper(argv[2])) {
      case "OFF" -> Reply.OK;
      case "ON" -> TRACKING_LATER;
      default -> Errors.SYNTAX;
    };
  }

  private static Reply unblock(Session session, byte[][] argv) {
    if (argv.length > 4) {
      return Errors.SYNTAX;
    }
    if (argv.length == 4 && !Set.of("TIMEOUT", "ERROR").contains(Words.upper(argv[3]))) {
      return Reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    return Words.integer(argv[2]) == null
        ? Errors.NOT_AN_INTEGER
        : Reply.ZERO; // nothing blocks a client yet
  }

  // ------------------------------------------------------------------ LIST, INFO, KILL

  private static Reply list(Session session, byte[][] argv) {
    Predicate<Session> wanted = each -> true;
    if (argv.length > 2) {
      switch (Words.upper(argv[2])) {
        case "TYPE" -> {
          if (argv.length != 4) {
            return Errors.SYNTAX;
          }
          String type = Words.upper(argv[3]);
          if (!isType(type)) {
            return unknownType(argv[3]);
          }
          wanted = each -> type.equals("NORMAL");
        }
        case "ID" -> {
          if (argv.length < 4) {
            return Errors.SYNTAX;
          }
          Set<Long> ids = new HashSet<>();
          for (int i = 3; i < argv.length; i++) {
            Long id = Words.integer(argv[i]);
            if (id == null) {
              return Reply.error("ERR Invalid client ID");
            }
            ids.add(id);
          }
          wanted = each -> ids.contains(each.id());
        }
        default -> {
          return Errors.SYNTAX;
        }
      }
    }
    StringBuilder lines = new StringBuilder();
    for (Session each : session.front().clients().all()) {
      if (wanted.test(each)) {
        lines.append(line(each, each == session ? requestBytes(argv) : 0)).append('\n');
      }
    }
    return new Reply.Verbatim("txt", lines.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static boolean isType(String type) {
    return Set.of("NORMAL", "MASTER", "SLAVE", "REPLICA", "PUBSUB").contains(type);
  }

  private static Reply unknownType(byte[] type) {
    return Reply.error("ERR Unknown client type '" + Ascii.text(type) + "'");
  }

  /** How long a request is as an array of bulk strings: Redis counts the one that it runs too. */
  private static long requestBytes(byte[][] argv) {
    long bytes = headBytes(argv.length);
    for (byte[] argument : argv) {
      bytes += headBytes(argument.length) + argument.length + 2;
    }
    return bytes;
  }

  private static int headBytes(int number) {
    return 1 + Integer.toString(number).length() + 2;
  }

  /**
   * A client as CLIENT LIST shows it.
   *
   * @param running bytes of the request that it is running, if it is the one that asks
   */
  private static String line(Session session, long running) {
    var connection = session.connection();
    long input = connection.inputBytes() + running;
    StringBuilder flags = new StringBuilder();
    if (session.isMonitoring()) {
      flags.append('O');
    }
    if (session.queuedCommands() >= 0) {
      flags.append('x');
    }
    if (session.isReadOnly()) {
      flags.append('r');
    }
    if (session.isNoEvict()) {
      flags.append('e');
    }
    if (session.isNoTouch()) {
      flags.append('T');
    }
    long output = connection.outputBytes();
    return "id="
        + session.id()
        + " addr="
        + connection.remote()
        + " laddr="
        + connection.local()
        + " fd="
        + connection.fileDescriptor()
        + " name="
        + Ascii.text(session.name())
        + " age="
        + session.ageSeconds()
        + " idle="
        + session.idleSeconds()
        + " flags="
        + (flags.isEmpty() ? "N" : flags)
        + " db=0 sub=0 psub=0 ssub=0 multi="
        + session.queuedCommands()
        + " qbuf="
        + input
        + " qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll="
        + (output > 0 ? 1 : 0)
        + " omem="
        + output
        + " tot-mem="
        + (input + output)
        + " events=r cmd="
        + session.lastCommand()
        + " user=default redir=-1 resp="
        + session.protocol().version()
        + " lib-name="
        + session.libraryName()
        + " lib-ver="
        + session.libraryVersion()
        + " tot-net-in="
        + connection.bytesIn()
        + " tot-net-out="
        + connection.bytesOut();
  }

  private static Reply kill(Session session, byte[][] argv) {
    Clients clients = session.front().clients();
    if (argv.length == 3) {
      String address = Ascii.text(argv[2]);
      for (Session each : clients.all()) {
        if (each.remote().equals(address)) {
          end(each, session);
          return Reply.OK;
        }
      }
      return NO_SUCH_CLIENT;
    }
    Predicate<Session> wanted = each -> true;
    boolean skipMe = true;
    for (int i = 2; i < argv.length; i += 2) {
      if (i + 1 == argv.length) {
        return Errors.SYNTAX;
      }
      byte[] value = argv[i + 1];
      switch (Words.upper(argv[i])) {
        case "ID" -> {
          Long id = Words.integer(value);
          if (id == null || id < 1) {
            return Reply.error("ERR client-id should be greater than 0");
          }
          wanted = wanted.and(each -> each.id() == id);
        }
        case "ADDR" -> wanted = wanted.and(each -> each.remote().equals(Ascii.text(value)));
        case "LADDR" ->
            wanted = wanted.and(each -> each.connection().local().equals(Ascii.text(value)));
        case "TYPE" -> {
          String type = Words.upper(value);
          if (!isType(type)) {
            return unknownType(value);
          }
          wanted = wanted.and(each -> type.equals("NORMAL"));
        }
        case "USER" -> {
          if (!Ascii.text(value).equals("default")) {
            return Reply.error("ERR No such user '" + Ascii.text(value) + "'");
          }
        }
        case "SKIPME" -> {
          switch (Words.upper(value)) {
            case "YES" -> skipMe = true;
            case "NO" -> skipMe = false;
            default -> {
              return Errors.SYNTAX;
            }
          }
        }
        case "MAXAGE" -> {
          Long seconds = Words.integer(value);
          if (seconds == null || seconds < 1) {
            return Reply.error("ERR maxage should be greater than 0");
          }
          wanted = wanted.and(each -> each.ageSeconds() >= seconds);
        }
        default -> {
          return Errors.SYNTAX;
        }
      }
    }
    int killed = 0;
    for (Session each : clients.all()) {
      if (wanted.test(each) && !(skipMe && each.id() == session.id())) {
        end(each, session);
        killed++;
      }
    }
    return Reply.integer(killed);
  }

  private static void end(Session victim, Session killer) {
    if (victim.id() == killer.id()) {
      killer.leave();
    } else {
      victim.kill();
    }
  }
}
