package io.flotilla.node.loading;

import io.flotilla.node.metadata.ClusterView;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.admin.ImportBegin;
import io.flotilla.proto.admin.ImportExisting;
import io.flotilla.proto.admin.ImportPlace;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.nodes.LoadOutcome;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LoadVerdict;
import io.flotilla.proto.nodes.LoadWork;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.StreamValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.rdb.DumpPayload;
import io.flotilla.statemachine.rdb.RdbFile;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run over a dump file: its keys go to the leaders of their slots, and its caller hears how far
 * all is acknowledged.
 *
 * <pre>
 *   file ─▶ RdbFile ─▶ window being read │ window under way ─▶ one road per shard ─▶ its leader
 *                      (keys in order)   │        │
 *                                        │        └─ all acknowledged ─▶ progress(place behind it)
 * </pre>
 *
 * <p><b>Small keys.</b> Each is one RESTORE, with its deadline as it is. Keys gather into a window
 * of some megabytes; while one window is under way the next is read. Its place is told only when
 * every key in it has been answered by the machine of its shard, so an import that breaks off, here
 * or at the caller, goes on from the last place told. What lies between that place and the break
 * may have been loaded already, and is loaded again.
 *
 * <p><b>Twice is once.</b> A RESTORE whose fate is unknown, as when its leader was killed, is said
 * again to the next leader. If it had been done, the key exists. So a key that exists is compared:
 * one with the same content and deadline counts as loaded, whether by this run, an earlier one, or
 * somebody else; only another content is a matter for the policy. Under REPLACE nothing need be
 * asked.
 *
 * <p><b>Large keys</b> ({@link Pieces}) are put together under another name in the same slot,
 * {@code flotilla:import:…}, and take their own name at the end, in one entry of the log with their
 * deadline: nobody ever sees half of a value under its key. The other name is drawn for each
 * attempt and expires after an hour unless a piece is added, so that what an import leaves behind
 * goes by itself, and so that a piece of unknown fate, done late, spoils nothing: where a piece
 * cannot be said twice, the value begins anew under another name. The last entry is
 *
 * <pre>
 *   PERSIST or PEXPIREAT name · RENAME name key          (REPLACE)
 *   PERSIST or PEXPIREAT name · RENAMENX name key · DEL name
 * </pre>
 *
 * <p>If its fate is unknown, it is said again; then "no such key" means that it was done.
 *
 * <p><b>Nothing invented.</b> A file that is damaged ends the run with the byte at which it was
 * found. The checksum stands at the end, so who wants nothing of a damaged file loaded runs over it
 * once to check.
 */
public final class RdbImport {
  /** Above this a value goes in pieces. */
  private static final long LARGE_BYTES = 512 * 1024;

  /**
   * A stream with groups is exact only as a whole, so it goes as a whole for as long as it may: the
   * shard's turn is then held for some tens of milliseconds, once.
   */
  private static final int LARGE_STREAM_BYTES = 4 << 20;

  /** A window: some hundred milliseconds of a cluster's work. */
  private static final long WINDOW_BYTES = 4 << 20;

  private static final int WINDOW_KEYS = 8_192;

  /** What one call to a leader carries: a few entries of its log. */
  private static final long CALL_BYTES = 512 * 1024;

  private static final int CALL_KEYS = 1_024;

  /** How long nothing may get on: several elections, and a node that starts again. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Before something is said again: a tenth of an election. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** How long the parts of a value that nobody finishes remain. */
  private static final long PARTS_LIVE_MILLIS = Duration.ofHours(1).toMillis();

  /** While a file is checked, its place is told this often. */
  private static final long TELL_BYTES = 8 << 20;

  /** What a command needs beside its largest argument. */
  private static final int COMMAND_ROOM_BYTES = 1 << 10;

  /** Values are only passed on, so any key of the hash will do. */
  private static final SipHash ANY_HASH = new SipHash(0, 0);

  private static final int SHOWN_KEY_BYTES = 80;
  private static final String BUSY = "BUSYKEY";
  private static final String NO_SUCH_KEY = "ERR no such key";

  /** Hears how far the run has come. */
  @FunctionalInterface
  public interface Output {
    /** All before its place is in the cluster for good. On the thread that runs the import. */
    void progress(ImportProgress progress);
  }

  /** A small key on its way. */
  private static final class Item {
    final byte[] key;
    final byte[] payload;
    final long deadline;
    final String type;
    final long elements;

    Item(byte[] key, byte[] payload, long deadline, Value value) {
      this.key = key;
      this.payload = payload;
      this.deadline = deadline;
      this.type = value.type().toString();
      this.elements = value.weight();
    }

    long bytes() {
      return key.length + payload.length + 64L;
    }
  }

  /** What was read between two places. */
  private static final class Window {
    final List<Item> items = new ArrayList<>();
    final Tally tally = new Tally();
    long bytes;
    RdbFile.Place end = RdbFile.Place.BEGINNING;
  }

  private final ImportBegin begin;
  private final boolean replaces;
  private final Leaders leaders;
  private final Supplier<ClusterView> view;
  private final int commandBytesMax;
  private final LongSupplier wallMillis;
  private final ExecutorService executor;
  private final Output output;

  private final Tally acknowledged = new Tally();
  private Window window = new Window();
  private @Nullable Window underWay;
  private @Nullable Future<?> result;
  private String redisVersion = "";
  private long keysAnnounced;
  private long toldOffset;

  /** Behind the last key that was taken: what comes next stands there. */
  private RdbFile.Place before = RdbFile.Place.BEGINNING;

  /**
   * A run.
   *
   * @param commandBytesMax the longest argument that a command may carry
   * @param executor virtual threads, for the roads to the shards
   */
  public RdbImport(
      ImportBegin begin,
      Leaders leaders,
      Supplier<ClusterView> view,
      int commandBytesMax,
      LongSupplier wallMillis,
      ExecutorService executor,
      Output output) {
    this.begin = begin;
    this.replaces = begin.getExisting() == ImportExisting.IMPORT_EXISTING_REPLACE;
    this.leaders = leaders;
    this.view = view;
    this.commandBytesMax = commandBytesMax;
    this.wallMillis = wallMillis;
    this.executor = executor;
    this.output = output;
  }

  /**
   * Reads the file, which begins at the place that the run is to begin at, to its end.
   *
   * @throws LoadException if it cannot go on
   * @throws IOException if the file's bytes stop coming
   */
  public void run(InputStream file) throws IOException {
    RdbFile.Place from =
        begin.hasFrom()
            ? new RdbFile.Place(
                begin.getFrom().getRdbVersion(),
                begin.getFrom().getOffset(),
                begin.getFrom().getCrc(),
                begin.getFrom().getDatabase())
            : RdbFile.Place.BEGINNING;
    RdbFile reader = new RdbFile(file, from, ANY_HASH, EncodingLimits.DEFAULT);
    toldOffset = from.offset();
    before = from;
    try {
      reader.read(new Reading(reader));
    } catch (CorruptException e) {
      settle();
      throw new LoadException(LoadException.Kind.DAMAGED, String.valueOf(e.getMessage()));
    }
    send(reader.place());
    settle();
    tell(reader.place(), true);
  }

  private final class Reading implements RdbFile.Listener {
    private final RdbFile reader;

    Reading(RdbFile reader) {
      this.reader = reader;
    }

    @Override
    public void about(String name, byte[] value) {
      if (name.equals("redis-ver")) {
        redisVersion = Ascii.text(value);
      }
    }

    @Override
    public void sizes(long keys, long deadlines) {
      keysAnnounced += Math.max(0, keys);
    }

    @Override
    public void key(long database, byte[] key, Value value, long deadline) {
      if (!begin.getAllDatabases() && !wanted(database)) {
        window.tally.otherDatabase(database);
      } else if (deadline != Expirable.NEVER && deadline <= wallMillis.getAsLong()) {
        window.tally.expired();
      } else if (begin.getCheckOnly()) {
        check(value);
      } else {
        take(key, value, deadline, reader.place());
      }
      maybeTell(reader.place());
      before = reader.place();
    }

    @Override
    public void functions(byte[] library) {
      window.tally.leftOut("libraries of functions", 1, true);
    }

    @Override
    public void skipped(long database, byte[] key, String why) {
      window.tally.leftOut(why, 1, true);
    }

    @Override
    public void skippedOfModule(String module) {
      window.tally.leftOut("what the module " + module + " keeps beside the keys", 1, false);
    }
  }

  private boolean wanted(long database) {
    return begin.getDatabasesCount() == 0
        ? database == 0
        : begin.getDatabasesList().contains(database);
  }

  // ---------------------------------------------------------------- telling

  private void maybeTell(RdbFile.Place place) {
    if (begin.getCheckOnly() && place.offset() - toldOffset >= TELL_BYTES) {
      acknowledged.add(window.tally.message());
      window = new Window();
      tell(place, false);
    }
  }

  private void tell(RdbFile.Place place, boolean done) {
    toldOffset = place.offset();
    output.progress(
        ImportProgress.newBuilder()
            .setPlace(
                ImportPlace.newBuilder()
                    .setRdbVersion(place.version())
                    .setOffset(place.offset())
                    .setCrc(place.crc())
                    .setDatabase(place.database()))
            .setCounts(acknowledged.message())
            .setDone(done)
            .setRedisVersion(redisVersion)
            .setKeysAnnounced(keysAnnounced)
            .build());
  }

  private void check(Value value) {
    if (value.bytesUpTo(commandBytesMax) > commandBytesMax) {
      long longest = Pieces.longest(value);
      if (longest + COMMAND_ROOM_BYTES > commandBytesMax) {
        window.tally.tooLong();
        return;
      }
      window.tally.inPieces();
    } else if (isLarge(value)) {
      window.tally.inPieces();
    }
    window.tally.loaded(value.type().toString(), value.weight());
  }

  private static boolean isLarge(Value value) {
    return !(value instanceof StreamValue) && value.bytesUpTo(LARGE_BYTES) > LARGE_BYTES;
  }

  // ---------------------------------------------------------------- windows

  private void take(byte[] key, Value value, long deadline, RdbFile.Place behind) {
    byte[] payload = isLarge(value) ? null : DumpPayload.of(value);
    int payloadMax =
        value instanceof StreamValue
            ? Math.min(LARGE_STREAM_BYTES, commandBytesMax)
            : commandBytesMax;
    if (payload == null || payload.length + COMMAND_ROOM_BYTES > payloadMax) {
      send(before);
      settle();
      large(key, value, deadline);
      acknowledged.add(window.tally.message());
      window = new Window();
      tell(behind, false);
      return;
    }
    Item item = new Item(key, payload, deadline, value);
    window.items.add(item);
    window.bytes += item.bytes();
    if (window.bytes >= WINDOW_BYTES || window.items.size() >= WINDOW_KEYS) {
      send(behind);
    }
  }

  /** Sends the window that was read, once the one before is settled. */
  private void send(RdbFile.Place end) {
    settle();
    Window full = window;
    full.end = end;
    window = new Window();
    underWay = full;
    result = executor.submit(() -> load(full));
  }

  private void settle() {
    Window sent = underWay;
    Future<?> sending = result;
    if (sent == null || sending == null) {
      return;
    }
    underWay = null;
    result = null;
    get(sending);
    acknowledged.add(sent.tally.message());
    tell(sent.end, false);
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      throw interrupted();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LoadException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static LoadException interrupted() {
    Thread.currentThread().interrupt();
    return new LoadException(LoadException.Kind.INTERRUPTED, "the node stops");
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  // ---------------------------------------------------------------- small keys

  /** Loads all of a window, whoever comes to lead meanwhile. */
  private void load(Window full) {
    List<Item> left = full.items;
    Stall stall = new Stall();
    while (!left.isEmpty()) {
      List<Callable<List<Item>>> roads = new ArrayList<>();
      List<Item> undone = new ArrayList<>();
      byShard(left, undone, stall)
          .forEach((group, items) -> roads.add(() -> road(group, items, full.tally, stall)));
      List<Future<List<Item>>> under = roads.stream().map(executor::submit).toList();
      for (Future<List<Item>> road : under) {
        undone.addAll(get(road));
      }
      if (undone.size() < left.size()) {
        stall.gotOn();
      }
      stall.check();
      left = undone;
      if (!left.isEmpty()) {
        pause();
      }
    }
  }

  /** Since when nothing has got on, and what was said last. */
  private static final class Stall {
    private long since = System.nanoTime();
    private String why = "no leader is known";

    synchronized void gotOn() {
      since = System.nanoTime();
    }

    synchronized void why(String words) {
      why = words;
    }

    synchronized void check() {
      if (System.nanoTime() - since > PATIENCE.toNanos()) {
        throw new LoadException(
            LoadException.Kind.NO_PROGRESS,
            "nothing was acknowledged for " + PATIENCE.toSeconds() + " s: " + why);
      }
    }
  }

  private Map<GroupId, List<Item>> byShard(List<Item> items, List<Item> nobodys, Stall stall) {
    ClusterView now = view.get();
    Map<GroupId, List<Item>> shards = new LinkedHashMap<>();
    for (Item item : items) {
      int slot = HashSlot.of(item.key);
      ClusterView.Shard shard = now.shardOf(slot);
      if (shard == null) {
        stall.why("slot " + slot + " has no owner");
        nobodys.add(item);
      } else {
        shards.computeIfAbsent(shard.group(), g -> new ArrayList<>()).add(item);
      }
    }
    return shards;
  }

  /** Loads what it can of one shard's keys; what is left comes back. */
  private List<Item> road(GroupId group, List<Item> items, Tally tally, Stall stall) {
    List<Item> undone = new ArrayList<>();
    int at = 0;
    while (at < items.size()) {
      int end = at;
      long bytes = 0;
      while (end < items.size() && end - at < CALL_KEYS && bytes < CALL_BYTES) {
        bytes += items.get(end++).bytes();
      }
      List<Item> part = items.subList(at, end);
      List<Item> back = call(group, part, tally, stall);
      undone.addAll(back);
      at = end;
      if (back.size() == part.size()) { // nobody leads: not worth asking for the rest
        undone.addAll(items.subList(at, items.size()));
        break;
      }
      stall.gotOn();
    }
    return undone;
  }

  private List<Item> call(GroupId group, List<Item> items, Tally tally, Stall stall) {
    LoadRequest.Builder request = LoadRequest.newBuilder().setGroupId(group.toString());
    for (Item item : items) {
      request.addWork(Work.of(List.<byte[][]>of(restore(item))));
    }
    LoadResponse response = leaders.load(group, request.build());
    List<Item> undone = new ArrayList<>();
    List<Item> busy = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      LoadOutcome outcome = response.getOutcomes(i);
      if (outcome.getVerdict() != LoadVerdict.LOAD_VERDICT_DONE) {
        stall.why(outcome.getError());
        undone.add(item);
      } else if (outcome.getError().startsWith(BUSY)) {
        busy.add(item);
      } else {
        refuse(item.key, outcome);
        tally.loaded(item.type, item.elements);
      }
    }
    if (!busy.isEmpty()) {
      compare(group, busy, tally, undone);
    }
    return undone;
  }

  private byte[][] restore(Item item) {
    List<byte[]> words = new ArrayList<>(6);
    words.add(Work.word("RESTORE"));
    words.add(item.key);
    words.add(Work.word(item.deadline == Expirable.NEVER ? 0 : item.deadline));
    words.add(item.payload);
    if (item.deadline != Expirable.NEVER) {
      words.add(Work.word("ABSTTL"));
    }
    if (replaces) {
      words.add(Work.word("REPLACE"));
    }
    return words.toArray(byte[][]::new);
  }

  /** What becomes of keys that exist. */
  private void compare(GroupId group, List<Item> busy, Tally tally, List<Item> undone) {
    LoadRequest.Builder request = LoadRequest.newBuilder().setGroupId(group.toString());
    busy.forEach(item -> request.addWork(Work.compare(item.key)));
    LoadResponse response = leaders.load(group, request.build());
    for (int i = 0; i < busy.size(); i++) {
      Item item = busy.get(i);
      LoadOutcome there = response.getOutcomes(i);
      if (there.getVerdict() != LoadVerdict.LOAD_VERDICT_DONE || !there.getExists()) {
        undone.add(item); // asked again, or gone meanwhile
      } else {
        existing(item.key, LocalLoad.fingerprint(item.payload), item.deadline, there, tally);
      }
    }
  }

  private void existing(
      byte[] key, byte[] fingerprint, long deadline, LoadOutcome there, Tally tally) {
    if (there.getDeadlineMillis() == deadline
        && Arrays.equals(there.getFingerprint().toByteArray(), fingerprint)) {
      tally.same();
    } else if (begin.getExisting() == ImportExisting.IMPORT_EXISTING_SKIP) {
      tally.existing();
    } else {
      throw new LoadException(
          LoadException.Kind.KEY_EXISTS,
          "the key " + shown(key) + " exists in the cluster with another content or deadline");
    }
  }

  private static void refuse(byte[] key, LoadOutcome outcome) {
    if (!outcome.getError().isEmpty()) {
      throw new LoadException(
          LoadException.Kind.KEY_REFUSED,
          "the key " + shown(key) + " is refused: " + outcome.getError());
    }
  }

  /** A key as people can read it. */
  static String shown(byte[] key) {
    StringBuilder text = new StringBuilder("\"");
    for (int i = 0; i < Math.min(key.length, SHOWN_KEY_BYTES); i++) {
      char c = (char) (key[i] & 0xff);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7f) {
        text.append(c);
      } else {
        text.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
      }
    }
    return text.append(key.length > SHOWN_KEY_BYTES ? "\"…" : "\"").toString();
  }

  // ---------------------------------------------------------------- large keys

  /** The fate of a piece that must not be said twice is unknown: the value begins anew. */
  private static final class Doubtful extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private void large(byte[] key, Value value, long deadline) {
    Stall stall = new Stall();
    if (!replaces) {
      LoadOutcome there = answer(key, Work.compare(key), stall);
      if (there.getExists()) {
        existing(key, Fingerprint.of(value), deadline, there, window.tally);
        return;
      }
    }
    while (true) {
      byte[] parts = partsName(key);
      try {
        long leftOut = Pieces.write(value, parts, (c, again) -> piece(key, parts, c, again, stall));
        if (finish(parts, key, value, deadline, stall)) {
          window.tally.leftOut("pending entries of which the stream has no entry", leftOut, true);
          return;
        }
      } catch (Doubtful d) {
        stall.check();
      }
    }
  }

  /** A name of the same slot: a number in braces decides it. */
  private static byte[] partsName(byte[] key) {
    int slot = HashSlot.of(key);
    long drawn = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    int tag = 0;
    while (HashSlot.of(Work.word(tag)) != slot) {
      tag++;
    }
    return Work.word("flotilla:import:" + Long.toHexString(drawn) + ":{" + tag + "}");
  }

  private void piece(
      byte[] key, byte[] parts, List<byte[][]> commands, boolean again, Stall stall) {
    List<byte[][]> all = new ArrayList<>(commands);
    all.add(Work.command(Work.word("PEXPIRE"), parts, Work.word(PARTS_LIVE_MILLIS)));
    LoadWork work = Work.of(all);
    while (true) {
      LoadOutcome outcome = once(parts, work, stall);
      if (outcome.getVerdict() == LoadVerdict.LOAD_VERDICT_DONE) {
        refuse(key, outcome);
        stall.gotOn();
        return;
      }
      if (outcome.getVerdict() == LoadVerdict.LOAD_VERDICT_UNKNOWN && !again) {
        throw new Doubtful();
      }
      stall.check();
      pause();
    }
  }

  /** Gives the value its name; false if its parts are gone, and it must begin anew. */
  private boolean finish(byte[] parts, byte[] key, Value value, long deadline, Stall stall) {
    List<byte[][]> commands = new ArrayList<>();
    commands.add(
        deadline == Expirable.NEVER
            ? Work.command(Work.word("PERSIST"), parts)
            : Work.command(Work.word("PEXPIREAT"), parts, Work.word(deadline)));
    commands.add(Work.command(Work.word(replaces ? "RENAME" : "RENAMENX"), parts, key));
    if (!replaces) {
      commands.add(Work.command(Work.word("DEL"), parts));
    }
    LoadWork work = Work.of(commands);
    boolean maybeDone = false;
    while (true) {
      LoadOutcome outcome = once(key, work, stall);
      if (outcome.getVerdict() != LoadVerdict.LOAD_VERDICT_DONE) {
        maybeDone |= outcome.getVerdict() == LoadVerdict.LOAD_VERDICT_UNKNOWN;
        stall.check();
        pause();
        continue;
      }
      boolean gone = outcome.getError().startsWith(NO_SUCH_KEY);
      if (!gone) {
        refuse(key, outcome);
      }
      boolean renamed = !gone && (replaces || outcome.getNumbers(1) == 1);
      if (renamed || (gone && maybeDone && replaces)) {
        window.tally.loaded(value.type().toString(), value.weight());
        window.tally.inPieces();
        return true;
      }
      return (gone && !maybeDone)
          ? vanished(value, deadline)
          : settled(key, value, deadline, stall);
    }
  }

  /** The parts are gone, and nobody renamed them: by their deadlines, or after too long a pause. */
  private boolean vanished(Value value, long deadline) {
    long now = wallMillis.getAsLong();
    boolean whole = deadline != Expirable.NEVER && deadline <= now;
    if (whole || (value instanceof HashValue hash && lastsNot(hash, now))) {
      window.tally.expired();
      return true;
    }
    return false;
  }

  private static boolean lastsNot(HashValue hash, long now) {
    boolean[] lasts = {false};
    hash.forEach((field, content) -> {
      long until = hash.deadlineMillis(field);
      lasts[0] |= until < 0 || until > now;
    });
    return !lasts[0];
  }

  /** Somebody has given the key a value meanwhile: this import, perhaps. */
  private boolean settled(byte[] key, Value value, long deadline, Stall stall) {
    LoadOutcome there = answer(key, Work.compare(key), stall);
    if (!there.getExists()) {
      return false;
    }
    existing(key, Fingerprint.of(value), deadline, there, window.tally);
    return true;
  }

  private LoadOutcome answer(byte[] key, LoadWork work, Stall stall) {
    while (true) {
      LoadOutcome outcome = once(key, work, stall);
      if (outcome.getVerdict() == LoadVerdict.LOAD_VERDICT_DONE) {
        return outcome;
      }
      stall.check();
      pause();
    }
  }

  private LoadOutcome once(byte[] key, LoadWork work, Stall stall) {
    ClusterView.Shard shard = view.get().shardOf(HashSlot.of(key));
    if (shard == null) {
      String why = "slot " + HashSlot.of(key) + " has no owner";
      stall.why(why);
      return LoadOutcome.newBuilder()
          .setVerdict(LoadVerdict.LOAD_VERDICT_NOT_DONE)
          .setError(why)
          .build();
    }
    LoadRequest request =
        LoadRequest.newBuilder().setGroupId(shard.group().toString()).addWork(work).build();
    LoadOutcome outcome = leaders.load(shard.group(), request).getOutcomes(0);
    if (outcome.getVerdict() != LoadVerdict.LOAD_VERDICT_DONE) {
      stall.why(outcome.getError());
    }
    return outcome;
  }
}
