package io.flotilla.node.loading;

import com.google.protobuf.ByteString;
import io.flotilla.node.proposal.Asker;
import io.flotilla.node.proposal.ConnectionLoop;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.LocalShard;
import io.flotilla.node.proposal.Request;
import io.flotilla.node.proposal.Strand;
import io.flotilla.proto.nodes.LoadCommand;
import io.flotilla.proto.nodes.LoadOutcome;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LoadVerdict;
import io.flotilla.proto.nodes.LoadWork;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.rdb.DumpPayload;
import io.flotilla.statemachine.reply.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An import's work at the shard's leader: a connection without a socket.
 *
 * <p>It asks as any client does, through a strand of its own, so that what a client is promised
 * holds here too: a reply is a reply of the machine, and what has none says whether it may have
 * happened (ARCHITECTURE §3).
 */
public final class LocalLoad {
  /** Only to read values and forget them. */
  private static final SipHash ANY_HASH = new SipHash(0, 0);

  private static final Asker NOBODY =
      new Asker() {
        @Override
        public void settled() {}

        @Override
        public void relieved() {}
      };

  /** One request, and its reply or what came instead. */
  private static final class Asked extends Request {
    private final CompletableFuture<Object> outcome = new CompletableFuture<>();

    Asked(Command command, byte[][] argv, Kind kind) {
      super(kind, command, argv);
    }

    Asked(Item.Transaction transaction) {
      super(transaction);
    }

    @Override
    protected void answered(Reply reply) {
      outcome.complete(reply);
    }

    @Override
    protected void failed(Failure failure) {
      outcome.complete(failure);
    }
  }

  private LocalLoad() {}

  /**
   * Does the work on this node's replica and waits; an outcome for each piece.
   *
   * @param loop a loop of connections
   * @param table all commands
   */
  public static LoadResponse run(
      LocalShard shard,
      ConnectionLoop loop,
      CommandTable table,
      LoadRequest request,
      Duration timeout)
      throws InterruptedException {
    List<List<Asked>> all = new ArrayList<>();
    for (LoadWork work : request.getWorkList()) {
      all.add(asked(table, work));
    }
    loop.execute(() -> {
      Strand strand = shard.strand(loop, NOBODY);
      for (List<Asked> work : all) {
        work.forEach(strand::submit); // the proposer's own bounds refuse what is too much
      }
    });
    long deadline = System.nanoTime() + timeout.toNanos();
    LoadResponse.Builder b = LoadResponse.newBuilder();
    for (List<Asked> work : all) {
      List<Object> outcomes = new ArrayList<>();
      for (Asked each : work) {
        outcomes.add(await(each, deadline));
      }
      b.addOutcomes(outcomes.size() == 1 ? done(outcomes.get(0)) : compared(outcomes));
    }
    return b.build();
  }

  private static Object await(Asked asked, long deadline) throws InterruptedException {
    try {
      long left = Math.max(1, deadline - System.nanoTime());
      return asked.outcome.get(left, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return new Failure.Unknown("no reply in time");
    } catch (ExecutionException e) {
      throw new AssertionError("it is never failed", e);
    }
  }

  private static List<Asked> asked(CommandTable table, LoadWork work) {
    if (work.getCommandsCount() == 0) {
      byte[] key = Work.bytes(work.getCompare());
      return List.of(
          read(table, Work.command(Work.word("DUMP"), key)),
          read(table, Work.command(Work.word("PEXPIRETIME"), key)));
    }
    if (work.getCommandsCount() == 1) {
      byte[][] argv = argv(work.getCommands(0));
      return List.of(new Asked(command(table, argv), argv, Request.Kind.WRITE));
    }
    List<byte[][]> commands = new ArrayList<>(work.getCommandsCount());
    for (LoadCommand command : work.getCommandsList()) {
      byte[][] argv = argv(command);
      command(table, argv);
      commands.add(argv);
    }
    return List.of(new Asked(new Item.Transaction(List.of(), commands)));
  }

  private static Asked read(CommandTable table, byte[][] argv) {
    return new Asked(command(table, argv), argv, Request.Kind.READ);
  }

  private static Command command(CommandTable table, byte[][] argv) {
    Command command = table.find(argv);
    if (command == null) {
      throw new IllegalArgumentException("an import asks for no such command here");
    }
    return command;
  }

  private static byte[][] argv(LoadCommand command) {
    byte[][] argv = new byte[command.getArgumentsCount()][];
    for (int i = 0; i < argv.length; i++) {
      argv[i] = Work.bytes(command.getArguments(i));
    }
    return argv;
  }

  private static LoadOutcome.Builder none(Failure failure) {
    return LoadOutcome.newBuilder()
        .setVerdict(
            failure.certainlyNotDone()
                ? LoadVerdict.LOAD_VERDICT_NOT_DONE
                : LoadVerdict.LOAD_VERDICT_UNKNOWN)
        .setError(words(failure));
  }

  private static String words(Failure failure) {
    return switch (failure) {
      case Failure.NotLeader n -> "the node asked does not lead the shard";
      case Failure.NotReady n -> n.why();
      case Failure.Overloaded o -> o.what();
      case Failure.NotOwned n -> "slot " + n.slot() + " is another shard's";
      case Failure.Unknown u -> u.why();
      case Failure.Unconfirmed u -> u.why();
    };
  }

  /** What a reply, or a failure, says of work that is no comparison. */
  static LoadOutcome done(Object outcome) {
    if (outcome instanceof Failure failure) {
      return none(failure).build();
    }
    LoadOutcome.Builder b = LoadOutcome.newBuilder().setVerdict(LoadVerdict.LOAD_VERDICT_DONE);
    if (outcome instanceof Reply.Array array) {
      array.elements().forEach(each -> add(b, each));
    } else {
      add(b, (Reply) outcome);
    }
    return b.build();
  }

  private static void add(LoadOutcome.Builder b, Reply reply) {
    b.addNumbers(reply instanceof Reply.Int number ? number.value() : 0);
    if (reply instanceof Reply.Error error && b.getError().isEmpty()) {
      b.setError(error.text());
    }
  }

  /** What the replies to DUMP and PEXPIRETIME say. */
  static LoadOutcome compared(List<Object> outcomes) {
    for (Object outcome : outcomes) {
      if (outcome instanceof Failure failure) {
        return none(failure).build();
      }
    }
    LoadOutcome.Builder b = LoadOutcome.newBuilder().setVerdict(LoadVerdict.LOAD_VERDICT_DONE);
    if (outcomes.get(0) instanceof Reply.Nil) {
      return b.build();
    }
    b.setExists(true);
    if (outcomes.get(1) instanceof Reply.Int deadline) {
      b.setDeadlineMillis(deadline.value());
    }
    byte[] fingerprint = fingerprint(outcomes.get(0));
    if (fingerprint != null) { // else it is too large to be dumped, and compares with nothing
      b.setFingerprint(ByteString.copyFrom(fingerprint));
    }
    return b.build();
  }

  private static byte @Nullable [] fingerprint(Object reply) {
    return reply instanceof Reply.Bulk dumped ? fingerprint(dumped.bytes()) : null;
  }

  /** The fingerprint of the value in a payload. */
  static byte[] fingerprint(byte[] payload) {
    try {
      return Fingerprint.of(DumpPayload.restore(payload, ANY_HASH, EncodingLimits.DEFAULT).value());
    } catch (CorruptException e) {
      throw new AssertionError("a payload that was made here", e);
    }
  }
}
