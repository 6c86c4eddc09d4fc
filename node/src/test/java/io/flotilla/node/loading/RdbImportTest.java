package io.flotilla.node.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.proposal.Failure;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.admin.ImportBegin;
import io.flotilla.proto.admin.ImportCounts;
import io.flotilla.proto.admin.ImportExisting;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportTypeCount;
import io.flotilla.proto.nodes.LoadOutcome;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LoadWork;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.commands.Families;
import io.flotilla.statemachine.metadata.NodeId;
import io.flotilla.statemachine.metadata.ShardId;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.transcripts.BareMachine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What an import promises, with leaders that refuse, fall silent before or after they have done
 * what they were asked, and callers that break off anywhere.
 */
final class RdbImportTest {
  private static final CommandTable TABLE = new CommandTable(Families.ALL);
  private static final long NOW = 1_700_000_000_000L;
  private static final String PARTS = "flotilla:import:";
  private static final GroupId GROUP = new GroupId(new UUID(7, 7));
  private static final int COMMAND_BYTES = 1 << 20;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final long seed = Long.getLong("import.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @AfterEach
  void close() {
    executor.shutdownNow();
  }

  /** One shard, and what may go wrong on the way to it. */
  private final class FaultyShard implements Leaders {
    final BareMachine machine = new BareMachine(TABLE);
    private final int faultsInAHundred;

    FaultyShard(int faultsInAHundred) {
      this.faultsInAHundred = faultsInAHundred;
      machine.watchReads(false);
    }

    @Override
    public synchronized LoadResponse load(GroupId group, LoadRequest request) {
      LoadResponse.Builder b = LoadResponse.newBuilder();
      for (LoadWork work : request.getWorkList()) {
        boolean fault = random.nextInt(100) < faultsInAHundred;
        int which = fault ? random.nextInt(3) : -1;
        LoadOutcome outcome = which == 0 || which == 1 ? null : answer(work);
        b.addOutcomes(
            switch (which) {
              case 0 -> LocalLoad.done(new Failure.NotReady("a fault"));
              case 1 -> LocalLoad.done(new Failure.Unknown("a fault, before it was done"));
              case 2 -> LocalLoad.done(new Failure.Unknown("a fault, after it was done"));
              default -> outcome;
            });
      }
      return b.build();
    }

    private LoadOutcome answer(LoadWork work) {
      if (work.getCommandsCount() == 0) {
        byte[] key = work.getCompare().toByteArray();
        return LocalLoad.compared(
            List.of(call(Ascii.bytes("DUMP"), key), call(Ascii.bytes("PEXPIRETIME"), key)));
      }
      List<byte[][]> commands =
          work.getCommandsList().stream()
              .map(c ->
                  c.getArgumentsList().stream().map(a -> a.toByteArray()).toArray(byte[][]::new))
              .toList();
      return LocalLoad.done(
          commands.size() == 1 ? machine.answer(commands.get(0)) : machine.transaction(commands));
    }

    Reply call(byte[]... argv) {
      return machine.answer(argv);
    }

    Reply call(String... words) {
      return machine.answer(Arrays.stream(words).map(Ascii::bytes).toArray(byte[][]::new));
    }

    /** Key, content, deadline of every key, those of unfinished parts left out. */
    List<String> content() {
      List<String> content = new ArrayList<>();
      for (Reply each : ((Reply.Array) call("KEYS", "*")).elements()) {
        byte[] key = ((Reply.Bulk) each).bytes();
        Reply deadline = call(Ascii.bytes("PEXPIRETIME"), key);
        if (Ascii.text(key).startsWith(PARTS)) {
          assertThat(((Reply.Int) deadline).value()).as("they expire").isPositive();
          continue;
        }
        Reply.Bulk dump = (Reply.Bulk) call(Ascii.bytes("DUMP"), key);
        String fingerprint = Arrays.toString(LocalLoad.fingerprint(dump.bytes()));
        content.add(Ascii.text(key) + " " + fingerprint + " " + deadline);
      }
      content.sort(null);
      return content;
    }
  }

  // ---------------------------------------------------------------- a file

  /** A source of every type, small and large. */
  private FaultyShard source() {
    FaultyShard source = new FaultyShard(0);
    for (int i = 0; i < 1_500; i++) {
      source.call("SET", "string:" + i, "value " + random.nextInt());
      if (i % 10 == 0) {
        source.call("PEXPIREAT", "string:" + i, "" + (NOW + 1_000_000 + i));
      }
    }
    for (int i = 0; i < 50; i++) {
      source.call("RPUSH", "list:" + i, "a", "b", "" + i);
      source.call("SADD", "set:" + i, "1", "2", "" + i);
      source.call("ZADD", "zset:" + i, "1.5", "a", "-inf", "b", "" + i, "c");
      source.call("HSET", "hash:" + i, "f", "v" + i, "g", "w");
      source.call("XADD", "stream:" + i, "1-" + i, "f", "v");
      source.call("PFADD", "hll:" + i, "a" + i);
    }
    source.call("HPEXPIREAT", "hash:7", "" + (NOW + 5_000_000), "FIELDS", "1", "f");
    String filler = "x".repeat(300);
    for (int i = 0; i < 2_500; i++) {
      source.call("RPUSH", "large list", filler + i);
      source.call("SADD", "large set", filler + i);
      source.call("ZADD", "large zset", "" + i / 7.0, filler + i);
      source.call("HSET", "large hash", "field" + i, filler + i);
      source.call("XADD", "large stream", "*", "f", filler, "g", "" + i);
    }
    source.call("SETRANGE", "large string", "3000000", "end");
    source.call("PEXPIREAT", "large string", "" + (NOW + 9_000_000));
    source.call("HPEXPIREAT", "large hash", "" + (NOW + 5_000_000), "FIELDS", "1", "field9");
    source.call("XGROUP", "CREATE", "large stream", "group", "0");
    source.call(
        "XREADGROUP", "GROUP", "group", "me", "COUNT", "20", "STREAMS", "large stream", ">");
    return source;
  }

  /** What a Redis that holds the same would save, without a checksum. */
  private static byte[] file(FaultyShard source, String... more) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(Ascii.bytes("REDIS0012\u00fa\u0009redis-ver\u00057.4.0\u00fe\u0000"));
    for (Reply each : ((Reply.Array) source.call("KEYS", "*")).elements()) {
      byte[] key = ((Reply.Bulk) each).bytes();
      long deadline = ((Reply.Int) source.call(Ascii.bytes("PEXPIRETIME"), key)).value();
      if (deadline >= 0) {
        file.write(252);
        for (int i = 0; i < 8; i++) {
          file.write((int) (deadline >>> (8 * i)));
        }
      }
      byte[] payload = ((Reply.Bulk) source.call(Ascii.bytes("DUMP"), key)).bytes();
      file.write(payload[0]);
      file.write(key.length);
      file.writeBytes(key);
      file.write(payload, 1, payload.length - 11);
    }
    for (String each : more) {
      file.writeBytes(Ascii.bytes(each));
    }
    file.write(255);
    file.writeBytes(new byte[8]);
    return file.toByteArray();
  }

  private static final ClusterView VIEW =
      new ClusterView.Builder()
          .clusterId("c")
          .shard(
              new ClusterView.Shard(
                  new ShardId("ab".repeat(20)),
                  1,
                  GROUP,
                  List.of(new NodeId("ab".repeat(20))),
                  null,
                  null,
                  1,
                  List.of(new ClusterView.SlotRange(0, ClusterView.SLOTS - 1))))
          .build();

  private ImportProgress run(Leaders shard, InputStream file, ImportBegin begin)
      throws IOException {
    List<ImportProgress> told = new ArrayList<>();
    run(shard, file, begin, told);
    ImportProgress last = told.get(told.size() - 1);
    assertThat(last.getDone()).isTrue();
    return last;
  }

  private void run(Leaders shard, InputStream file, ImportBegin begin, List<ImportProgress> told)
      throws IOException {
    new RdbImport(begin, shard, () -> VIEW, COMMAND_BYTES, () -> NOW, executor, told::add)
        .run(file);
  }

  private static ImportBegin begin(ImportExisting existing) {
    return ImportBegin.newBuilder().setExisting(existing).build();
  }

  private static InputStream stream(byte[] file) {
    return new ByteArrayInputStream(file);
  }

  private static long keys(ImportCounts counts) {
    return counts.getTypesList().stream().mapToLong(ImportTypeCount::getKeys).sum()
        + counts.getSame();
  }

  // ---------------------------------------------------------------- tests

  @Test
  void allOfAFileArrivesWhateverTheLeadersDo() throws IOException {
    System.out.println("import.seed=" + seed);
    FaultyShard source = source();
    List<String> expected = source.content();
    byte[] file = file(source);
    for (ImportExisting existing :
        List.of(ImportExisting.IMPORT_EXISTING_FAIL, ImportExisting.IMPORT_EXISTING_REPLACE)) {
      FaultyShard shard = new FaultyShard(3);
      ImportProgress last = run(shard, stream(file), begin(existing));
      assertThat(shard.content()).as("seed %s", seed).isEqualTo(expected);
      assertThat(keys(last.getCounts())).isEqualTo(expected.size());
      assertThat(last.getCounts().getLeftOutCount()).isZero();
      assertThat(last.getPlace().getOffset()).isEqualTo(file.length - 9L);
      assertThat(last.getRedisVersion()).isEqualTo("7.4.0");
    }
  }

  @Test
  void anImportThatBreaksOffGoesOnAtItsLastPlaceAndNothingComesTwice() throws IOException {
    FaultyShard source = source();
    byte[] file = file(source);
    FaultyShard shard = new FaultyShard(1);
    ImportBegin begin = begin(ImportExisting.IMPORT_EXISTING_FAIL);
    long keys = 0;
    int broken = 0;
    for (int offset = 0; ; broken++) {
      List<ImportProgress> told = new ArrayList<>();
      InputStream rest = new ByteArrayInputStream(file, offset, file.length - offset);
      InputStream breaking =
          new InputStream() {
            private int left = 500_000 + random.nextInt(6_000_000);

            @Override
            public int read() throws IOException {
              byte[] one = new byte[1];
              return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int at, int length) throws IOException {
              if (left <= 0) {
                throw new IOException("broken off");
              }
              int read = rest.read(into, at, Math.min(length, left));
              left -= read;
              return read;
            }
          };
      try {
        run(shard, breaking, begin, told);
      } catch (IOException e) {
        assertThat(e).hasMessage("broken off");
      }
      if (!told.isEmpty()) {
        ImportProgress last = told.get(told.size() - 1);
        keys += keys(last.getCounts());
        offset = (int) last.getPlace().getOffset();
        begin = begin.toBuilder().setFrom(last.getPlace()).build();
        if (last.getDone()) {
          break;
        }
      }
    }
    assertThat(broken).as("seed %s", seed).isPositive();
    assertThat(shard.content()).as("seed %s", seed).isEqualTo(source.content());
    assertThat(keys).isEqualTo(source.content().size());
  }

  @Test
  void theWholeImportAgainChangesNothing() throws IOException {
    FaultyShard source = source();
    byte[] file = file(source);
    FaultyShard shard = new FaultyShard(0);
    run(shard, stream(file), begin(ImportExisting.IMPORT_EXISTING_FAIL));
    ImportProgress again = run(shard, stream(file), begin(ImportExisting.IMPORT_EXISTING_FAIL));
    assertThat(again.getCounts().getSame()).isEqualTo(source.content().size());
    assertThat(again.getCounts().getTypesCount()).isZero();
    assertThat(shard.content()).isEqualTo(source.content());
  }

  @Test
  void aKeyWithAnotherContentIsAMatterForThePolicy() throws IOException {
    FaultyShard source = new FaultyShard(0);
    source.call("SET", "a", "file's");
    source.call("SET", "b", "file's");
    for (int i = 0; i < 2_500; i++) {
      source.call("RPUSH", "large", "x".repeat(300));
    }
    byte[] file = file(source);
    for (String key : List.of("a", "large")) {
      for (ImportExisting existing :
          List.of(
              ImportExisting.IMPORT_EXISTING_FAIL,
              ImportExisting.IMPORT_EXISTING_SKIP,
              ImportExisting.IMPORT_EXISTING_REPLACE)) {
        FaultyShard shard = new FaultyShard(0);
        shard.call("SET", key, "cluster's");
        if (existing == ImportExisting.IMPORT_EXISTING_FAIL) {
          assertThatThrownBy(() -> run(shard, stream(file), begin(existing)))
              .isInstanceOf(LoadException.class)
              .hasMessageContaining("\"" + key + "\" exists");
          assertThat(text(shard.call("GET", key))).isEqualTo("cluster's");
        } else if (existing == ImportExisting.IMPORT_EXISTING_SKIP) {
          ImportProgress last = run(shard, stream(file), begin(existing));
          assertThat(last.getCounts().getExisting()).isEqualTo(1);
          assertThat(text(shard.call("GET", key))).isEqualTo("cluster's");
        } else {
          run(shard, stream(file), begin(existing));
          assertThat(shard.content()).isEqualTo(source.content());
        }
      }
    }
  }

  private static String text(Reply reply) {
    return Ascii.text(((Reply.Bulk) reply).bytes());
  }

  @Test
  void whatIsNotLoadedIsTold() throws IOException {
    FaultyShard source = new FaultyShard(0);
    source.call("SET", "a", "v");
    byte[] file =
        file(
            source,
            "\u00f5\u0003lib",
            "\u00fd\u0001\u0000\u0000\u0000\u0000\u0001e\u0001v",
            "\u0007\u0001m\u0081\u0000\u0010\u0083\u0010Q\u0087 \u0001\u0002\u0007\u0000",
            "\u00fe\u0003\u0000\u0001o\u0001v");
    FaultyShard shard = new FaultyShard(0);
    ImportCounts counts =
        run(shard, stream(file), begin(ImportExisting.IMPORT_EXISTING_FAIL)).getCounts();
    assertThat(counts.getExpired()).isEqualTo(1);
    assertThat(counts.getOtherDatabases()).isEqualTo(1);
    assertThat(counts.getLeftOutList().toString())
        .contains("libraries of functions", "a value of the module ABCDEFGHI")
        .contains("keys of database 3");
    assertThat(shard.content()).isEqualTo(source.content());
    ImportBegin all = ImportBegin.newBuilder().setAllDatabases(true).build();
    assertThat(keys(run(new FaultyShard(0), stream(file), all).getCounts())).isEqualTo(2);
    ImportBegin third = ImportBegin.newBuilder().addDatabases(3).build();
    assertThat(keys(run(new FaultyShard(0), stream(file), third).getCounts())).isEqualTo(1);
  }

  @Test
  void aCheckLoadsNothingAndFindsWhatNoCommandCanCarry() throws IOException {
    FaultyShard source = new FaultyShard(0);
    source.call("SET", "a", "v");
    source.call("SETRANGE", "string", "2000000", "end");
    source.call("RPUSH", "list", "x".repeat(2_000_000));
    byte[] file = file(source);
    FaultyShard shard = new FaultyShard(0);
    ImportCounts counts =
        run(shard, stream(file), ImportBegin.newBuilder().setCheckOnly(true).build()).getCounts();
    assertThat(counts.getTooLong()).isEqualTo(1);
    assertThat(counts.getInPieces()).isEqualTo(1);
    assertThat(keys(counts)).isEqualTo(2);
    assertThat(shard.content()).isEmpty();
    assertThatThrownBy(() ->
            run(
                shard,
                stream(Arrays.copyOf(file, file.length - 100)),
                begin(ImportExisting.IMPORT_EXISTING_FAIL)))
        .isInstanceOf(LoadException.class)
        .hasMessageContaining("(at byte ");
  }

  @Test
  void keysAreShownAsPeopleCanReadThem() {
    assertThat(RdbImport.shown(Ascii.bytes("a\"b\u0001\u00ff"))).isEqualTo("\"a\\\"b\\x01\\xff\"");
    assertThat(RdbImport.shown(new byte[100])).endsWith("\"…");
  }
}
