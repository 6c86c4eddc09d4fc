package io.flotilla.statemachine.keyspace;

import io.flotilla.statemachine.bytes.HashSlot;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.DeadlineHeap;
import io.flotilla.statemachine.expiry.Expirable;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A shard's keys: a table per hash slot, each key with its value, its deadline and the version that
 * WATCH compares.
 *
 * <p><b>Time.</b> The keyspace is told the time ({@link #beginWrite}, {@link #beginRead}) and has
 * no clock. A key whose deadline has passed is absent for everyone; a write that meets it removes
 * it first, a read leaves it for the sweep. A read's <i>now</i> may lie ahead of machine time; if
 * the read then meets a deadline between the two it must not answer yet, since a slower clock could
 * bring the key back: {@link #metDeadlineAhead} tells, and the node commits a time entry and asks
 * again (ARCHITECTURE §2). Fields of hashes with deadlines of their own go the same way: a write
 * that meets a hash removes the fields that are due, a read is given the hash without them, and a
 * hash of which nothing is left is absent.
 *
 * <p><b>Versions.</b> A key's version is the log index of its last modification; an absent key's is
 * the index of the last deletion in its slot. A spurious abort of a transaction is allowed, a
 * missed one is not.
 *
 * <p><b>Walks.</b> A walk visits every range as it was when the walk began: before a range is
 * changed, walks that have not passed it visit it ({@link #beforeWrite}).
 *
 * <p>Invariants: {@code keys} is the sum of the tables' sizes; a table is never empty; {@code
 * onlyRanges} has the range of each table that never split; an entry is in the heap exactly if it
 * is {@link Entry.Expiring}; in a slot that has a table, every key hashes to that slot.
 *
 * <p>One thread: the shard's loop.
 */
public final class Keyspace {
  /** The fields of one hash that a sweep removes at once: some milliseconds; then the next one. */
  private static final int MAX_SWEPT_FIELDS = 10_000;

  private final SipHash hash;
  private final @Nullable SlotTable[] tables = new SlotTable[HashSlot.COUNT];

  /**
   * The only range of a slot that never had more than one: most slots'. A key is looked for in cold
   * memory, and this leaves out two of the objects on the way to it, the table and its directory.
   */
  private final @Nullable KeyRange[] onlyRanges = new KeyRange[HashSlot.COUNT];

  /** A bit for each slot that has a table, so that an empty stretch of slots costs nothing. */
  private final long[] occupied = new long[HashSlot.COUNT / Long.SIZE];

  private final long[] lastDeletions = new long[HashSlot.COUNT];
  private final DeadlineHeap<Entry.Expiring> deadlines = new DeadlineHeap<>();
  private final @Nullable Walk[] walks = new Walk[Walk.MAX_WALKS];
  private int walksRunning;
  private int lastWalk;
  private KeyEvents events = KeyEvents.DEAF;
  private long changes;
  private long expired;
  private long hits;
  private long misses;
  private long keys;
  private int keysWithDeadline;

  private boolean writing;
  private long now;
  private long machineTime;
  private long version;
  private boolean metDeadlineAhead;

  // what the read under way has counted: a command that looks twice at an argument looks up one key
  private byte @Nullable [] counted;
  private long hitsBefore;
  private long missesBefore;

  // where the last key that was asked for lives: the same array is asked for several times in one
  // command
  private byte[] placedKey = new byte[0];
  private int placedSlot;
  private long placedHash;
  private Lookahead ahead = new Lookahead(0);

  /** An empty keyspace that places keys by this hash; all replicas of a shard share its key. */
  public Keyspace(SipHash hash) {
    this.hash = hash;
    placed(placedKey, HashSlot.of(placedKey), hash.hash(placedKey));
  }

  // ---------------------------------------------------------------- time and position

  /**
   * Begins a write at this machine time (Unix milliseconds); changes get the log index as their
   * version.
   */
  public void beginWrite(long machineTimeMillis, long logIndex) {
    writing = true;
    now = machineTimeMillis;
    machineTime = machineTimeMillis;
    version = logIndex;
  }

  /** Begins a read at {@code nowMillis}, not before the machine time. */
  public void beginRead(long nowMillis, long machineTimeMillis) {
    writing = false;
    now = nowMillis;
    machineTime = machineTimeMillis;
    metDeadlineAhead = false;
    counted = null;
    hitsBefore = hits;
    missesBefore = misses;
  }

  /** The read under way is not answered, and will be asked again: what it has met counts then. */
  public void giveUpRead() {
    hits = hitsBefore;
    misses = missesBefore;
  }

  /** The time of the command under way, Unix milliseconds. */
  public long nowMillis() {
    return now;
  }

  /**
   * Whether the read under way met a deadline between machine time and its now, so that it must not
   * be answered yet.
   */
  public boolean metDeadlineAhead() {
    return metDeadlineAhead;
  }

  /** Tells of something that happened to a key. */
  public void happened(EventClass eventClass, String event, byte[] key) {
    switch (eventClass) {
      case EXPIRED -> expired++;
      case NEW -> {} // what follows is the change
      default -> changes++;
    }
    events.happened(eventClass, event, key);
  }

  /**
   * How many changes of keys this replica has seen since it began; those count that Redis tells
   * events of. Not part of the state.
   */
  public long changes() {
    return changes;
  }

  /**
   * How many keys this replica has removed since it began, or {@link #resetCounts}, because their
   * deadline had passed.
   */
  public long expired() {
    return expired;
  }

  /**
   * How many keys the reads that this replica answered have looked up and found, since it began or
   * {@link #resetCounts}. Not part of the state, for each read is answered by one replica; reads
   * within a transaction, which every replica applies, do not count.
   */
  public long hits() {
    return hits;
  }

  /** The same for keys that were not there. */
  public long misses() {
    return misses;
  }

  /** Counts expired keys, hits and misses from zero, as CONFIG RESETSTAT asks. */
  public void resetCounts() {
    expired = 0;
    hits = 0;
    misses = 0;
  }

  /** Who hears key events from now on. */
  public void events(KeyEvents listener) {
    events = listener;
  }

  /**
   * Looks for keys that commands will ask for in a moment, by these very arrays, so that they need
   * not wait for memory each. That changes no answer.
   *
   * @param soon the first {@code count} are these keys; the array itself may be used again
   */
  public void lookAhead(byte[][] soon, int count) {
    Lookahead next = new Lookahead(count);
    for (int i = 0; i < count; i++) {
      next.add(soon[i]);
    }
    next.look(this, hash);
    ahead = next;
  }

  // ---------------------------------------------------------------- reading

  /**
   * The value of a key, not to be changed, or null where there is none.
   *
   * @throws WrongTypeException if it is of another type
   */
  public <T extends Value> @Nullable T read(byte[] key, DataType<T> type) {
    Entry entry = lookUp(key);
    return entry == null ? null : typed(entry, type);
  }

  /** The value of a key whatever its type, not to be changed, or null where there is none. */
  public @Nullable Value readAny(byte[] key) {
    Entry entry = lookUp(key);
    return entry == null ? null : visible(entry);
  }

  /** Whether the key exists. */
  public boolean exists(byte[] key) {
    return lookUp(key) != null;
  }

  /**
   * The deadline of a key in Unix milliseconds, {@link Expirable#NEVER} if it has none or does not
   * exist.
   */
  public long deadlineMillis(byte[] key) {
    Entry entry = lookUp(key);
    return entry == null ? Expirable.NEVER : entry.keyDeadlineMillis();
  }

  /**
   * What WATCH remembers of a key: the log index of its last modification, or of the last deletion
   * in its slot.
   */
  public long versionOf(byte[] key) {
    Entry entry = live(key);
    return entry == null ? lastDeletions[slotOf(key)] : entry.version;
  }

  /**
   * The number of keys, those included whose deadline has passed and which nothing has removed yet
   * (as in Redis).
   */
  public long size() {
    return keys;
  }

  /** The number of keys in a slot. */
  public int sizeOfSlot(int slot) {
    SlotTable table = tables[slot];
    return table == null ? 0 : table.size;
  }

  /** The number of keys that have a deadline. */
  public int sizeWithDeadline() {
    return keysWithDeadline;
  }

  /** The keyed hash that places keys, and orders the members of large collections. */
  public SipHash hash() {
    return hash;
  }

  /** The hash by which keys are placed within their slot. */
  public long hashOf(byte[] key) {
    place(key);
    return placedHash;
  }

  /** The slot of a key; remembered for the key that was asked for last. */
  public int slotOf(byte[] key) {
    place(key);
    return placedSlot;
  }

  /**
   * The first slot from {@code slot} on that holds keys, or {@link HashSlot#COUNT} where there is
   * none.
   */
  public int nextSlotWithKeys(int slot) {
    if (slot >= HashSlot.COUNT) {
      return HashSlot.COUNT;
    }
    int word = slot >>> 6;
    long bits = occupied[word] & (-1L << slot);
    while (bits == 0) {
      if (++word == occupied.length) {
        return HashSlot.COUNT;
      }
      bits = occupied[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(bits);
  }

  /**
   * Visits the live keys of a slot in the order of their hashes (as unsigned), from the first hash
   * that is at least {@code fromHash}, until the visitor has had enough or the slot ends. Keys of
   * equal hash come in the order of their bytes.
   */
  public void visitSlot(int slot, long fromHash, KeyView visitor) {
    SlotTable table = tables[slot];
    if (table == null) {
      return;
    }
    KeyRange range = table.rangeOf(fromHash);
    int place = range.firstAtLeast(fromHash);
    while (range != null) {
      for (; place < range.size; place++) {
        Entry entry = range.at(place);
        if (isLive(entry) && !visitor.visit(entry.key, entry.glance(), entry.keyDeadlineMillis())) {
          return;
        }
      }
      range = table.after(range);
      place = 0;
    }
  }

  // ---------------------------------------------------------------- writing

  /**
   * The value of a key, to be changed in place, or null where there is none. Say {@link #changed}
   * after the change.
   *
   * @throws WrongTypeException if it is of another type
   */
  public <T extends Value> @Nullable T modify(byte[] key, DataType<T> type) {
    Entry entry = live(key);
    if (entry == null) {
      return null;
    }
    T value = typed(entry, type);
    beforeWrite(key);
    return value;
  }

  /**
   * Stores what a command has done to a value that {@link #modify} gave out, or puts a new value
   * under a key; a deadline stays. A collection that has become empty goes, and the event of it
   * too.
   */
  public void changed(byte[] key, Value value, EventClass eventClass, String event) {
    Entry entry = live(key);
    if (value.isEmpty()) {
      happened(eventClass, event, key);
      if (entry != null) {
        delete(key, entry, EventClass.GENERIC, "del");
      }
      return;
    }
    store(key, entry, value);
    happened(eventClass, event, key);
  }

  /** The same for a value that is not empty, without an event. */
  public void changed(byte[] key, Value value) {
    store(key, live(key), value);
  }

  private void store(byte[] key, @Nullable Entry entry, Value value) {
    if (entry == null) {
      insert(key, value);
    } else {
      beforeWrite(key);
      entry.value(value);
      entry.version = version;
    }
    if (entry instanceof Entry.ExpiringFields || hasDeadlines(value)) {
      Entry stored = existing(key);
      schedule(key, stored, stored.keyDeadlineMillis());
    }
  }

  private static boolean hasDeadlines(Value value) {
    return value instanceof HashValue hash && hash.deadlines() > 0;
  }

  /** Puts a value under a key, in place of whatever was there; a deadline goes. */
  public void put(byte[] key, Value value, EventClass eventClass, String event) {
    put(key, value, Expirable.NEVER, eventClass, event);
  }

  /**
   * Puts a value that is not empty under a key, in place of whatever was there, with this deadline
   * in Unix milliseconds or none ({@link Expirable#NEVER}). One event, whatever it replaced.
   */
  public void put(
      byte[] key, Value value, long deadlineMillis, EventClass eventClass, String event) {
    Entry entry = live(key);
    if (entry == null) {
      insert(key, value);
    } else {
      beforeWrite(key);
      entry.value(value);
      entry.version = version;
    }
    if (deadlineMillis != Expirable.NEVER
        || entry instanceof Entry.Expiring
        || hasDeadlines(value)) {
      schedule(key, existing(key), deadlineMillis);
    }
    happened(eventClass, event, key);
  }

  /** Removes a key; whether it was there. */
  public boolean remove(byte[] key, EventClass eventClass, String event) {
    Entry entry = live(key);
    if (entry == null) {
      return false;
    }
    delete(key, entry, eventClass, event);
    return true;
  }

  /**
   * Takes a value out of a key without an event, as RENAME does on its way; null where there is
   * none.
   */
  public @Nullable Value take(byte[] key) {
    Entry entry = live(key);
    if (entry == null) {
      return null;
    }
    Value value = entry.value();
    beforeWrite(key);
    unlink(key, entry);
    return value;
  }

  /**
   * Gives a key a deadline in Unix milliseconds, or takes it away ({@link Expirable#NEVER});
   * whether the key is there.
   */
  public boolean deadline(byte[] key, long deadlineMillis, String event) {
    Entry entry = live(key);
    if (entry == null) {
      return false;
    }
    beforeWrite(key);
    schedule(key, entry, deadlineMillis).version = version;
    happened(EventClass.GENERIC, event, key);
    return true;
  }

  /** Removes every key of the slots for which the predicate holds; walks keep what they need. */
  public void clear(java.util.function.IntPredicate slots) {
    for (int slot = nextSlotWithKeys(0); slot < HashSlot.COUNT; slot = nextSlotWithKeys(slot + 1)) {
      if (slots.test(slot)) {
        clearSlot(slot);
      }
    }
  }

  private void clearSlot(int slot) {
    SlotTable table = table(slot);
    for (KeyRange range = table.first(); range != null; range = table.after(range)) {
      for (int i = 0; i < range.size; i++) {
        forgetDeadline(range.at(i));
      }
    }
    keys -= table.size;
    vacate(slot); // a walk that needs the table holds it, and nobody changes it any more
    lastDeletions[slot] = version;
  }

  /**
   * Removes the key if its deadline has passed, or else fields of its hash whose deadlines have, at
   * most so many at once: the sweep's step, decided by the entry's machine time.
   */
  public boolean expire(byte[] key) {
    Entry entry = find(key);
    if (entry == null || !isDue(entry)) {
      return false;
    }
    if (isKeyDue(entry)) {
      delete(key, entry, EventClass.EXPIRED, "expired");
    } else {
      removeDueFields(key, entry, MAX_SWEPT_FIELDS);
    }
    return true;
  }

  /**
   * Calls for up to {@code limit} keys whose deadline, or that of a field, is at or before a time,
   * in no particular order. For the leader's sweep.
   */
  public void due(long nowMillis, int limit, Consumer<byte[]> visitor) {
    deadlines.due(nowMillis, limit, entry -> visitor.accept(entry.key));
  }

  /** The earliest deadline of all, or {@link Expirable#NEVER}. */
  public long firstDeadlineMillis() {
    Entry.Expiring first = deadlines.first();
    return first == null ? Expirable.NEVER : first.deadlineMillis();
  }

  // ---------------------------------------------------------------- walks, snapshots

  /** Begins a walk over all keys as they are now. Null if the most walks are running. */
  public @Nullable Walk beginWalk(Walk.Visitor visitor) {
    for (int lane = 0; lane < walks.length; lane++) {
      if (walks[lane] == null) {
        lastWalk++;
        Walk walk = new Walk(this, lane, lastWalk, Arrays.copyOf(tables, tables.length), visitor);
        walks[lane] = walk;
        walksRunning++;
        return walk;
      }
    }
    return null;
  }

  void endWalk(Walk walk) {
    if (walks[walk.lane] == walk) {
      walks[walk.lane] = null;
      walksRunning--;
    }
  }

  /** Puts back a key as a snapshot holds it. */
  public void restore(byte[] key, Value value, long deadlineMillis, long keyVersion) {
    version = keyVersion;
    insert(key, value);
    if (deadlineMillis != Expirable.NEVER || hasDeadlines(value)) {
      schedule(key, existing(key), deadlineMillis);
    }
  }

  /** The log index of the last deletion in a slot. */
  public long lastDeletion(int slot) {
    return lastDeletions[slot];
  }

  /** Puts back the log index of the last deletion in a slot. */
  public void lastDeletion(int slot, long index) {
    lastDeletions[slot] = index;
  }

  // ---------------------------------------------------------------- inside

  private <T extends Value> T typed(Entry entry, DataType<T> type) {
    Value value = visible(entry);
    if (!type.holds(value)) {
      throw new WrongTypeException();
    }
    return type.cast(value);
  }

  /**
   * The value as it is now: to a read, a copy of a hash without the fields that are due. That is
   * until the sweep has removed them, so seldom; a copy shares what it does not change.
   */
  private Value visible(Entry entry) {
    Value value = entry.value();
    if (!writing && isDue(entry) && value instanceof HashValue hash) {
      HashValue left = hash.copy();
      left.removeDue(now, Long.MAX_VALUE);
      return left;
    }
    return value;
  }

  private @Nullable Entry find(byte[] key) {
    place(key);
    KeyRange range = maybeRange(placedSlot, placedHash);
    if (range == null) {
      return null;
    }
    int place = range.find(placedHash, key);
    return place < 0 ? null : range.at(place);
  }

  /** The range that a key of this slot and hash belongs to; null where the slot has no keys. */
  @Nullable KeyRange maybeRange(int slot, long hashOfKey) {
    KeyRange range = onlyRanges[slot];
    if (range == null) {
      SlotTable table = tables[slot];
      return table == null ? null : table.rangeOf(hashOfKey);
    }
    return range;
  }

  private Entry existing(byte[] key) {
    Entry entry = find(key);
    if (entry == null) {
      throw new AssertionError("a key that was just put is not in slot " + placedSlot);
    }
    return entry;
  }

  /** What lives under a key; a read's lookup is counted. */
  @SuppressWarnings(
      "ReferenceEquality") // the same argument, not the same key: MGET a a looks twice
  private @Nullable Entry lookUp(byte[] key) {
    Entry entry = live(key);
    if (!writing && key != counted) {
      counted = key;
      if (entry == null) {
        misses++;
      } else {
        hits++;
      }
    }
    return entry;
  }

  private @Nullable Entry live(byte[] key) {
    Entry entry = find(key);
    if (entry == null || !isDue(entry)) {
      return entry;
    }
    if (!writing) {
      return isLive(entry) ? entry : null;
    }
    if (isKeyDue(entry)) {
      delete(key, entry, EventClass.EXPIRED, "expired");
      return null;
    }
    removeDueFields(key, entry, Long.MAX_VALUE);
    return find(key);
  }

  private boolean isLive(Entry entry) {
    if (!isDue(entry)) {
      return true;
    }
    if (isKeyDue(entry)) {
      metDeadlineAhead |= entry.keyDeadlineMillis() > machineTime;
      return false;
    }
    HashValue hash = (HashValue) entry.value();
    long due = hash.due(now);
    metDeadlineAhead |= due > hash.due(machineTime);
    return due < hash.size();
  }

  private boolean isDue(Entry entry) {
    return entry instanceof Entry.Expiring expiring && expiring.deadlineMillis() <= now;
  }

  private boolean isKeyDue(Entry entry) {
    long deadline = entry.keyDeadlineMillis();
    return deadline != Expirable.NEVER && deadline <= now;
  }

  private void removeDueFields(byte[] key, Entry entry, long limit) {
    beforeWrite(key);
    HashValue hash = (HashValue) entry.value();
    hash.removeDue(now, limit);
    happened(EventClass.HASH, "hexpired", key);
    if (hash.isEmpty()) {
      delete(key, entry, EventClass.GENERIC, "del");
    } else {
      schedule(key, entry, entry.keyDeadlineMillis()).version = version;
    }
  }

  private void insert(byte[] key, Value value) {
    place(key);
    SlotTable table = tables[placedSlot];
    if (table == null) {
      table = new SlotTable(placedSlot, lastWalk); // born after every running walk's cut
      tables[placedSlot] = table;
      onlyRanges[placedSlot] = table.first();
      occupied[placedSlot >>> 6] |= 1L << placedSlot;
    }
    KeyRange range = table.rangeOf(placedHash);
    beforeWrite(table, range);
    int place = range.find(placedHash, key);
    if (place >= 0) {
      throw new AssertionError("a key is inserted that is there already, in slot " + placedSlot);
    }
    range.insert(-1 - place, placedHash, new Entry(key, value, version));
    table.size++;
    keys++;
    if (table.maybeSplit(range)) {
      onlyRanges[placedSlot] = null;
    }
    happened(EventClass.NEW, "new", key);
  }

  private void delete(byte[] key, Entry entry, EventClass eventClass, String event) {
    beforeWrite(key);
    unlink(key, entry);
    happened(eventClass, event, key);
  }

  private void unlink(byte[] key, Entry entry) {
    place(key);
    SlotTable table = table(placedSlot);
    KeyRange range = table.rangeOf(placedHash);
    range.delete(range.find(placedHash, key));
    forgetDeadline(entry);
    keys--;
    lastDeletions[placedSlot] = version;
    if (--table.size == 0) {
      vacate(placedSlot);
      return;
    }
    KeyRange buddy = table.maybeBuddy(range);
    if (buddy != range) {
      beforeWrite(table, buddy);
      table.join(range, buddy);
    }
  }

  /**
   * Gives a key this deadline or none, and its entry the form that this and the deadlines of its
   * fields ask for; the entry that stands there now.
   */
  private Entry schedule(byte[] key, Entry entry, long keyDeadline) {
    long fieldDeadline = entry.fieldDeadlineMillis();
    keysWithDeadline +=
        (keyDeadline == Expirable.NEVER ? 0 : 1)
            - (entry.keyDeadlineMillis() == Expirable.NEVER ? 0 : 1);
    if (fieldDeadline != Expirable.NEVER) {
      Entry.ExpiringFields expiring =
          entry instanceof Entry.ExpiringFields already ? already : entry.expiringFields();
      become(key, entry, expiring);
      expiring.keyDeadlineMillis(keyDeadline);
      deadlines.schedule(
          expiring,
          keyDeadline == Expirable.NEVER ? fieldDeadline : Math.min(keyDeadline, fieldDeadline));
      return expiring;
    }
    boolean isPlain = entry instanceof Entry.Expiring && !(entry instanceof Entry.ExpiringFields);
    if (keyDeadline != Expirable.NEVER) {
      Entry.Expiring expiring = isPlain ? (Entry.Expiring) entry : entry.expiring();
      become(key, entry, expiring);
      deadlines.schedule(expiring, keyDeadline);
      return expiring;
    }
    Entry lasting = entry instanceof Entry.Expiring ? entry.lasting() : entry;
    become(key, entry, lasting);
    return lasting;
  }

  @SuppressWarnings("ReferenceEquality") // an entry that stays as it is
  private void become(byte[] key, Entry entry, Entry other) {
    if (entry != other) {
      if (entry instanceof Entry.Expiring expiring) {
        deadlines.cancel(expiring);
      }
      replace(key, other);
    }
  }

  private void forgetDeadline(Entry entry) {
    if (entry instanceof Entry.Expiring expiring) {
      deadlines.cancel(expiring);
      keysWithDeadline -= entry.keyDeadlineMillis() == Expirable.NEVER ? 0 : 1;
    }
  }

  private void replace(byte[] key, Entry entry) {
    place(key);
    KeyRange range = table(placedSlot).rangeOf(placedHash);
    range.entries[range.find(placedHash, key)] = entry;
  }

  private void beforeWrite(byte[] key) {
    if (walksRunning > 0) {
      place(key);
      KeyRange range = maybeRange(placedSlot, placedHash);
      if (range == null || isAwaited(range)) {
        SlotTable table = table(placedSlot);
        beforeWrite(table, table.rangeOf(placedHash));
      }
    }
  }

  /** Whether a walk may not have visited the range: the table, far in memory, must be asked. */
  private boolean isAwaited(KeyRange range) {
    for (Walk walk : walks) {
      if (walk != null && !range.visitedBy(walk)) {
        return true;
      }
    }
    return false;
  }

  private void beforeWrite(SlotTable table, KeyRange range) {
    if (walksRunning > 0) {
      for (Walk walk : walks) {
        if (walk != null) {
          walk.maybeVisit(table, range);
        }
      }
    }
  }

  private void vacate(int slot) {
    tables[slot] = null;
    onlyRanges[slot] = null;
    occupied[slot >>> 6] &= ~(1L << slot);
  }

  private SlotTable table(int slot) {
    SlotTable table = tables[slot];
    if (table == null) {
      throw new AssertionError("slot " + slot + " has no keys");
    }
    return table;
  }

  @SuppressWarnings(
      "ReferenceEquality") // the same array object is the same key: that is the quick way
  private void place(byte[] key) {
    if (key != placedKey) {
      int known = ahead.placeOf(key);
      if (known >= 0) {
        placed(key, ahead.slot(known), ahead.hash(known));
      } else {
        placed(key, HashSlot.of(key), hash.hash(key));
      }
    }
  }

  private void placed(byte[] key, int slot, long hashOfKey) {
    placedKey = key;
    placedSlot = slot;
    placedHash = hashOfKey;
  }
}
