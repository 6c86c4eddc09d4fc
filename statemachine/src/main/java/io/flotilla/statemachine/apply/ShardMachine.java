package io.flotilla.statemachine.apply;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.snapshot.HashKey;
import io.flotilla.proto.snapshot.LastDeletion;
import io.flotilla.proto.snapshot.ShardHead;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.Command;
import io.flotilla.statemachine.command.Command.Body;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Dice;
import io.flotilla.statemachine.command.Errors;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.keyspace.KeyEvents;
import io.flotilla.statemachine.keyspace.Keyspace;
import io.flotilla.statemachine.keyspace.Walk;
import io.flotilla.statemachine.keyspace.WrongTypeException;
import io.flotilla.statemachine.log.Entry;
import io.flotilla.statemachine.log.EntryCodec;
import io.flotilla.statemachine.log.Item;
import io.flotilla.statemachine.reply.Reply;
import io.flotilla.statemachine.snapshot.ChunkReader;
import io.flotilla.statemachine.snapshot.ChunkWriter;
import io.flotilla.statemachine.snapshot.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A shard's state machine: the door between the log and the keys.
 *
 * <p><b>The law.</b> The reply and the new state of entry <i>i</i> are a pure function of (state
 * <i>i</i> − 1, bytes of entry <i>i</i>). {@link #apply} reads the group, the term, the index, the
 * entry and the state, and nothing else: no clock, no dice of its own, no settings but replicated
 * ones. A replica restored from a snapshot behaves exactly as one that replayed the log.
 *
 * <p><b>Time.</b> Machine time is the largest stamp of all entries so far; it stands still while an
 * entry is applied. A read looks from a <i>now</i> that may lie ahead of it ({@link #read}).
 *
 * <p><b>Ownership.</b> Each command's slot is checked here, when it takes effect; {@link
 * Reply.Elsewhere} is the verdict on a slot that is not this shard's. A machine serves nothing
 * before its Genesis and an Own entry.
 *
 * <p><b>Faults.</b> A client's mistake is a reply. Any other exception is our own fault, would
 * happen on every replica, and is thrown: the caller stops the process rather than let replicas
 * part (docs/decisions).
 *
 * <p>One thread: the shard's loop.
 */
public final class ShardMachine {
  /** The newest feature level that this release knows. */
  public static final int FEATURE_LEVEL = 1;

  /** The keys of so many commands are looked for at once: as many misses as a processor takes. */
  public static final int LOOK_AHEAD = 32;

  private static final Reply[] NO_REPLIES = {};
  private static final Reply.Error NO_GENESIS =
      new Reply.Error("CLUSTERDOWN The shard has not begun yet");

  private final CommandTable table;
  private final long seed;
  private final Consumer<Check> checks;
  private KeyEvents events = KeyEvents.DEAF;

  // Replicated state: all of it is in a snapshot.
  private long term = -1;
  private long index = -1;
  private long machineTime;
  private @Nullable SipHash hash;
  private Keyspace keyspace = new Keyspace(new SipHash(0, 0));
  private SlotOwnership ownership = new SlotOwnership();
  private long settingsVersion;
  private Map<String, String> settings = Map.of();
  private int featureLevel;

  // Made of the state above.
  private EncodingLimits limits = EncodingLimits.DEFAULT;
  private final Dice dice = new Dice(0);
  private WriteContext context = new WriteContext(keyspace, limits, dice);

  private final byte[][] foreseen = new byte[LOOK_AHEAD][];
  private int foreseenCount;

  /** The commands of the items whose keys were looked for last, by their places among them. */
  private final @Nullable Command[] coming = new Command[LOOK_AHEAD];

  private @Nullable RunningCheck check;
  private @Nullable ShardSnapshot snapshot;
  private long changesAtSnapshot; // of the keyspace, when the last snapshot began

  private record RunningCheck(long checkId, long index, Digest digest, Walk walk) {}

  /**
   * An empty machine.
   *
   * @param table all commands
   * @param groupSeed the same for all replicas of the shard: the group's part in its dice
   * @param checks hears what CHECK entries find, during {@link #step}
   */
  public ShardMachine(CommandTable table, long groupSeed, Consumer<Check> checks) {
    this.table = table;
    this.seed = groupSeed;
    this.checks = checks;
  }

  // ---------------------------------------------------------------- the log

  /**
   * Applies the entry at this position of the log.
   *
   * @return for a batch a reply for each of its items, in order; else nothing
   */
  public Reply[] apply(long entryTerm, long entryIndex, Entry entry) {
    return apply(entryTerm, entryIndex, entry, Laps.UNTIMED);
  }

  /** The same, telling after each item of a batch. */
  public Reply[] apply(long entryTerm, long entryIndex, Entry entry, Laps laps) {
    pass(entryTerm, entryIndex);
    machineTime = Math.max(machineTime, entry.stampMillis());
    keyspace.beginWrite(machineTime, index);
    switch (entry) {
      case Entry.Batch batch -> {
        return replies(batch.items(), laps);
      }
      case Entry.Advance advance -> {}
      case Entry.Sweep sweep -> sweep.keys().forEach(keyspace::expire);
      case Entry.Genesis genesis -> {
        if (hash == null) {
          begin(genesis.hash());
        }
      }
      case Entry.Own own -> own.slots().forEach(ownership::own);
      case Entry.Check asked -> beginCheck(asked.checkId());
      case Entry.Settle settle -> {
        if (settle.version() > settingsVersion) {
          settle(settle.version(), settle.settings());
        }
      }
      case Entry.Raise raise -> featureLevel = Math.max(featureLevel, raise.featureLevel());
    }
    return NO_REPLIES;
  }

  /** Passes an entry that holds nothing for the machine. */
  public void pass(long entryTerm, long entryIndex) {
    if (entryIndex <= index) {
      throw new IllegalStateException("entry " + entryIndex + " comes after entry " + index);
    }
    term = entryTerm;
    index = entryIndex;
  }

  private void begin(SipHash clusterHash) {
    hash = clusterHash;
    renew(new Keyspace(clusterHash));
  }

  private void renew(Keyspace fresh) {
    keyspace = fresh;
    keyspace.events(events);
    keyspace.beginWrite(machineTime, index);
    context = new WriteContext(keyspace, limits, dice);
  }

  private void settle(long version, Map<String, String> values) {
    settingsVersion = version;
    settings = values;
    limits = EncodingLimits.of(values);
    context = new WriteContext(keyspace, limits, dice);
  }

  private Reply[] replies(List<Item> items, Laps laps) {
    Reply[] replies = new Reply[items.size()];
    int logged = 0; // a read that is not in the log must not move the dice of what is
    for (int i = 0; i < replies.length; i++) {
      int place = i % LOOK_AHEAD;
      if (place == 0) {
        for (int j = i; j < Math.min(i + LOOK_AHEAD, replies.length); j++) {
          coming[j - i] = foresee(items.get(j));
        }
        lookAhead();
      }
      context.begin(items.get(i) instanceof Item.Transaction);
      switch (items.get(i)) {
        case Item.Single single -> {
          dice.reseed(Dice.seed(seed, index, logged++));
          replies[i] = run(coming[place], single.argv());
        }
        case Item.Transaction transaction -> {
          dice.reseed(Dice.seed(seed, index, logged++));
          replies[i] = run(transaction);
        }
        case Item.LocalRead read -> {
          Reply answer = read(read.command(), read.argv(), machineTime, Dice.seed(seed, index, ~i));
          if (answer == null) {
            throw new AssertionError("a read at machine time met a deadline ahead of it");
          }
          replies[i] = WATCH.equals(read.command().fullName()) ? watched(items, i, answer) : answer;
          keyspace.beginWrite(machineTime, index);
        }
      }
      laps.answered();
    }
    return replies;
  }

  /** The command of a single one, if there is such. */
  private @Nullable Command foresee(Item item) {
    return switch (item) {
      case Item.Single single -> {
        Command command = table.find(single.argv());
        if (command != null) {
          foresee(command, single.argv());
        }
        yield command;
      }
      case Item.LocalRead read -> {
        foresee(read.command(), read.argv());
        yield null;
      }
      case Item.Transaction transaction -> null;
    };
  }

  /**
   * Notes what will be asked in a moment, of at most {@link #LOOK_AHEAD} commands, for {@link
   * #lookAhead}: only for speed.
   */
  public void foresee(Command command, byte[][] argv) {
    int only = command.onlyKeyPlace();
    if (only > 0 && only < argv.length) {
      foreseen[foreseenCount++] = argv[only];
    }
  }

  /** Looks for the keys of the commands that were foreseen, side by side. */
  public void lookAhead() {
    if (foreseenCount > 1) {
      keyspace.lookAhead(foreseen, foreseenCount);
    }
    foreseenCount = 0;
  }

  /**
   * The versions that a WATCH within an entry remembers. A version is the index of an entry, so
   * what this entry has changed already and may change once more has none that could tell the two
   * apart: such a key is watched at {@link #NO_VERSION}, and its transaction aborts, as it must if
   * the second change comes.
   */
  private Reply watched(List<Item> items, int place, Reply answer) {
    if (!(items.get(place) instanceof Item.LocalRead watch)
        || !(answer instanceof Reply.Array versions)) {
      return answer;
    }
    List<Reply> remembered = new ArrayList<>(versions.elements());
    for (int i = 0; i < remembered.size(); i++) {
      boolean isOfThisEntry =
          remembered.get(i) instanceof Reply.Int version && version.value() == index;
      if (isOfThisEntry && mayTouch(items, place + 1, watch.argv()[i + 1])) {
        remembered.set(i, Reply.integer(NO_VERSION));
      }
    }
    return Reply.array(remembered);
  }

  private boolean mayTouch(List<Item> items, int from, byte[] key) {
    for (Item item : items.subList(from, items.size())) {
      boolean touches =
          switch (item) {
            case Item.Single single -> mayTouch(single.argv(), key);
            case Item.Transaction transaction ->
                transaction.commands().stream().anyMatch(argv -> mayTouch(argv, key));
            case Item.LocalRead read -> false;
          };
      if (touches) {
        return true;
      }
    }
    return false;
  }

  /** Whether a command names the key, or names none and may change any. */
  private boolean mayTouch(byte[][] argv, byte[] key) {
    Command command = table.find(argv);
    if (command == null || !command.acceptsCount(argv.length)) {
      return false;
    }
    int[] places = command.keyPlaces(argv);
    if (places == null || places.length == 0) {
      return command.body() instanceof Body.Write;
    }
    for (int place : places) {
      if (Arrays.equals(argv[place], key)) {
        return true;
      }
    }
    return false;
  }

  private Reply run(Item.Transaction transaction) {
    for (Item.Watched watched : transaction.watched()) {
      int slot = keyspace.slotOf(watched.key());
      if (!ownership.owns(slot)) {
        return new Reply.Elsewhere(slot);
      }
    }
    for (byte[][] argv : transaction.commands()) {
      Command command = table.find(argv);
      int elsewhere =
          command == null || !command.acceptsCount(argv.length)
              ? OWNED
              : slotElsewhere(command, argv);
      if (elsewhere != OWNED) {
        return new Reply.Elsewhere(elsewhere); // all of it or nothing of it
      }
    }
    for (Item.Watched watched : transaction.watched()) {
      if (keyspace.versionOf(watched.key()) != watched.version()) {
        return Reply.NIL_ARRAY;
      }
    }
    List<Reply> replies = new ArrayList<>(transaction.commands().size());
    for (byte[][] argv : transaction.commands()) {
      replies.add(run(table.find(argv), argv));
    }
    return Reply.array(replies);
  }

  private Reply run(@Nullable Command command, byte[][] argv) {
    if (command == null) {
      return new Reply.Error("ERR unknown command '" + Ascii.text(argv[0]) + "'");
    }
    if (!command.acceptsCount(argv.length)) {
      return Errors.wrongArity(command.fullName());
    }
    if (hash == null) {
      return NO_GENESIS;
    }
    int elsewhere = slotElsewhere(command, argv);
    if (elsewhere != OWNED) {
      return new Reply.Elsewhere(elsewhere);
    }
    try {
      return switch (command.body()) {
        case Body.Write write -> write.function().answer(context, new Arguments(argv));
        case Body.Read read -> read.function().answer(context, new Arguments(argv));
        case Body.Fixed fixed -> fixed.reply();
        case Body.Node node ->
            new Reply.Error("ERR '" + command.fullName() + "' is not a command for a shard");
        case Body.Container container ->
            new Reply.Error("ERR '" + command.fullName() + "' needs a subcommand");
      };
    } catch (CommandException refused) {
      return refused.reply();
    } catch (WrongTypeException wrongType) {
      return new Reply.Error(String.valueOf(wrongType.getMessage()));
    }
  }

  private static final int OWNED = -1;

  private static final String WATCH = "watch";

  /** A version that no key ever has. */
  private static final long NO_VERSION = -1;

  /** The first slot among the command's keys that this shard does not own, or {@link #OWNED}. */
  private int slotElsewhere(Command command, byte[][] argv) {
    int only = command.onlyKeyPlace();
    if (only > 0) {
      int slot = keyspace.slotOf(argv[only]);
      return ownership.owns(slot) ? OWNED : slot;
    }
    int[] places = command.keyPlaces(argv);
    if (places != null) {
      for (int place : places) {
        int slot = keyspace.slotOf(argv[place]);
        if (!ownership.owns(slot)) {
          return slot;
        }
      }
    }
    return OWNED;
  }

  // ---------------------------------------------------------------- reads

  /**
   * Answers a read on the state as it stands.
   *
   * @param nowMillis the time to look from, Unix milliseconds; earlier than machine time counts as
   *     machine time
   * @param diceSeed for commands that answer by chance
   * @return the reply; null if the read met a deadline between machine time and now: an {@link
   *     Entry.Advance} to at least {@code nowMillis} must be applied before it is asked once more
   *     with the same now
   */
  public @Nullable Reply read(Command command, byte[][] argv, long nowMillis, long diceSeed) {
    if (!(command.body() instanceof Body.Read read)) {
      return new Reply.Error("ERR '" + command.fullName() + "' is not a read");
    }
    if (hash == null) {
      return NO_GENESIS;
    }
    int elsewhere = slotElsewhere(command, argv);
    if (elsewhere != OWNED) {
      return new Reply.Elsewhere(elsewhere);
    }
    keyspace.beginRead(Math.max(nowMillis, machineTime), machineTime);
    dice.reseed(diceSeed);
    Reply reply;
    try {
      reply = read.function().answer(new ReadContext(keyspace, limits, dice), new Arguments(argv));
    } catch (CommandException refused) {
      reply = refused.reply();
    } catch (WrongTypeException wrongType) {
      reply = new Reply.Error(String.valueOf(wrongType.getMessage()));
    }
    if (keyspace.metDeadlineAhead()) {
      keyspace.giveUpRead();
      return null;
    }
    return reply;
  }

  /** Machine time: the largest stamp of all entries applied, Unix milliseconds. */
  public long machineTimeMillis() {
    return machineTime;
  }

  /** The index of the last entry applied or passed, −1 before the first. */
  public long appliedIndex() {
    return index;
  }

  /** The term of the last entry applied or passed, −1 before the first. */
  public long appliedTerm() {
    return term;
  }

  /** Whether the shard has had its Genesis. */
  public boolean hasBegun() {
    return hash != null;
  }

  /** Whether the shard serves this slot. */
  public boolean owns(int slot) {
    return ownership.owns(slot);
  }

  /** The slots that the shard serves, in order, each range under one epoch. */
  public List<Entry.SlotRange> owned() {
    return ownership.ranges();
  }

  /** The version of the settings in force. */
  public long settingsVersion() {
    return settingsVersion;
  }

  /** The feature level in force. */
  public int featureLevel() {
    return featureLevel;
  }

  /**
   * The number of keys, those included whose deadline has passed and which no sweep has reached.
   */
  public long keys() {
    return keyspace.size();
  }

  /** The number of keys with a deadline. */
  public int keysWithDeadline() {
    return keyspace.sizeWithDeadline();
  }

  /** How many changes of keys the last snapshot of this replica does not have. */
  public long changesSinceSnapshot() {
    return keyspace.changes() - changesAtSnapshot;
  }

  /** How many keys have expired since this replica began, or {@link #resetCounts}. */
  public long expiredKeys() {
    return keyspace.expired();
  }

  /** How many keys the reads that this replica answered have found, in the same time. */
  public long keyspaceHits() {
    return keyspace.hits();
  }

  /** How many keys they have not found, in the same time. */
  public long keyspaceMisses() {
    return keyspace.misses();
  }

  /** Counts expired keys, hits and misses from zero. */
  public void resetCounts() {
    keyspace.resetCounts();
  }

  /** The number of keys in a slot. */
  public int keysInSlot(int slot) {
    return slot >= 0 && slot < HashSlot.COUNT ? keyspace.sizeOfSlot(slot) : 0;
  }

  /**
   * The earliest deadline of any key, Unix milliseconds, or −1: when the leader's next sweep is
   * due.
   */
  public long firstDeadlineMillis() {
    return keyspace.firstDeadlineMillis();
  }

  /**
   * Up to {@code limit} keys whose deadline is at or before this time, for the leader's {@link
   * Entry.Sweep}.
   */
  public List<byte[]> due(long nowMillis, int limit) {
    List<byte[]> keys = new ArrayList<>();
    keyspace.due(nowMillis, limit, keys::add);
    return keys;
  }

  /** Who hears what happens to keys from now on; not part of the state. */
  public void events(KeyEvents listener) {
    events = listener;
    keyspace.events(listener);
  }

  // ---------------------------------------------------------------- cuts

  /**
   * Goes on with what runs between batches, snapshot and check, for about so many bytes; whether
   * there is more to do. The loop calls it whenever it is idle and between entries, while {@link
   * #hasWork}.
   */
  public boolean step(int byteBudget) {
    RunningCheck running = check;
    if (running != null) {
      if (!running.walk.step(byteBudget)) {
        check = null;
        checks.accept(
            new Check(running.checkId, running.index, running.digest.hex(), running.digest.keys()));
      }
    } else if (snapshot != null && !snapshot.step(byteBudget)) {
      snapshot = null;
    }
    return hasWork();
  }

  /** Whether a snapshot or a check is under way. */
  public boolean hasWork() {
    return check != null || snapshot != null;
  }

  private void beginCheck(long checkId) {
    if (check != null) {
      check.walk.close(); // the newer one counts; whoever waits for the older one asks again
      check = null;
    }
    Digest digest = new Digest();
    digest.head(head().toByteArray());
    Walk walk = keyspace.beginWalk(digest);
    if (walk != null) {
      check = new RunningCheck(checkId, index, digest, walk);
    }
  }

  /**
   * Begins a snapshot of the state as it is now. Its pieces go to the consumer in order, during
   * {@link #step} and {@link #apply}; one at a time.
   *
   * @throws IllegalStateException if a snapshot is under way
   */
  public ShardSnapshot beginSnapshot(Consumer<byte[]> pieces) {
    if (snapshot != null) {
      throw new IllegalStateException("a snapshot at index " + snapshot.index() + " is under way");
    }
    ChunkWriter writer = new ChunkWriter(pieces);
    Walk walk = keyspace.beginWalk(writer);
    if (walk == null) {
      throw new AssertionError("more walks than a check and a snapshot");
    }
    writer.head(head().toByteArray());
    snapshot = new ShardSnapshot(term, index, writer, walk);
    changesAtSnapshot = keyspace.changes();
    return snapshot;
  }

  /** Gives up the snapshot under way, if any. */
  public void endSnapshot() {
    if (snapshot != null) {
      snapshot.close();
      snapshot = null;
    }
  }

  private ShardHead head() {
    ShardHead.Builder head =
        ShardHead.newBuilder()
            .setTerm(term)
            .setIndex(index)
            .setMachineTimeMillis(machineTime)
            .setSettingsVersion(settingsVersion)
            .addAllSettings(EntryCodec.settings(settings))
            .setFeatureLevel(featureLevel);
    ownership.ranges().forEach(range -> head.addOwned(EntryCodec.range(range)));
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      long deletion = keyspace.lastDeletion(slot);
      if (deletion != 0) {
        head.addLastDeletions(LastDeletion.newBuilder().setSlot(slot).setIndex(deletion));
      }
    }
    if (hash != null) {
      head.setHash(HashKey.newBuilder().setKey0(hash.k0()).setKey1(hash.k1()));
    }
    return head.build();
  }

  /**
   * Replaces the whole state by a snapshot. Everything is read and checked before anything is
   * touched.
   *
   * @throws IOException if the stream fails; the state is as before
   * @throws CorruptException if this is not a whole snapshot that this release can read; the state
   *     is as before
   */
  public void restore(InputStream in) throws IOException {
    ShardMachine fresh = new ShardMachine(table, seed, checks);
    new ChunkReader(in).read(fresh::restoreHead);
    if (check != null) {
      check.walk.close();
      check = null;
    }
    endSnapshot();
    term = fresh.term;
    index = fresh.index;
    machineTime = fresh.machineTime;
    hash = fresh.hash;
    ownership = fresh.ownership;
    settle(fresh.settingsVersion, fresh.settings);
    featureLevel = fresh.featureLevel;
    renew(fresh.keyspace);
  }

  private Keyspace restoreHead(byte[] bytes) {
    ShardHead head;
    try {
      head = ShardHead.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptException("the head of the snapshot cannot be read: " + e.getMessage());
    }
    if (head.getFeatureLevel() > FEATURE_LEVEL) {
      throw new CorruptException(
          "the snapshot has feature level "
              + head.getFeatureLevel()
              + "; this release knows "
              + FEATURE_LEVEL);
    }
    term = head.getTerm();
    index = head.getIndex();
    machineTime = head.getMachineTimeMillis();
    featureLevel = head.getFeatureLevel();
    head.getOwnedList().forEach(range -> ownership.own(EntryCodec.range(range)));
    settle(head.getSettingsVersion(), EntryCodec.settings(head.getSettingsList()));
    if (head.hasHash()) {
      begin(new SipHash(head.getHash().getKey0(), head.getHash().getKey1()));
    }
    keyspace.beginWrite(0, index); // before all deadlines: nothing expires while it is put back
    for (LastDeletion deletion : head.getLastDeletionsList()) {
      if (deletion.getSlot() >= HashSlot.COUNT) {
        throw new CorruptException("the head of the snapshot names slot " + deletion.getSlot());
      }
      keyspace.lastDeletion(deletion.getSlot(), deletion.getIndex());
    }
    return keyspace;
  }
}
