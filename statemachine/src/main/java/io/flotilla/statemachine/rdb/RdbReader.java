package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.bytes.Integers;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.HashValue;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.datatypes.SetValue;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.datatypes.StringValue;
import io.flotilla.statemachine.datatypes.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Values out of their RDB notation: all kinds that Redis 2.6 to 7.4 write, but modules'.
 *
 * <p>A value takes the encoding that Redis would give it by the limits of here. Members and fields
 * that come twice, scores that are no numbers, empty collections and whatever the notation does not
 * allow are a {@link CorruptException}: nobody but a value's own commands may make it.
 */
final class RdbReader {
  private static final int CONTAINER_PLAIN = 1;
  private static final int CONTAINER_PACKED = 2;

  /** Deadlines are read from doubles and kept so. Source: Redis, 48 bits. */
  private static final long LATEST = 0xffff_ffff_ffffL;

  private final RdbSource source;
  private final SipHash hash;
  private final EncodingLimits limits;

  RdbReader(RdbSource source, SipHash hash, EncodingLimits limits) {
    this.source = source;
    this.hash = hash;
    this.limits = limits;
  }

  /** The value of this kind that comes next. */
  Value read(int type) {
    Value value =
        switch (type) {
          case RdbType.STRING -> StringValue.of(source.string());
          case RdbType.LIST -> list();
          case RdbType.LIST_ZIPLIST -> {
            ListValue list = ListValue.restoring(true);
            Blob.ziplist(source.string(), list::restore);
            list.fit(limits);
            yield list;
          }
          case RdbType.LIST_QUICKLIST -> quicklist(false);
          case RdbType.LIST_QUICKLIST_2 -> quicklist(true);
          case RdbType.SET -> set();
          case RdbType.SET_INTSET -> {
            SetValue set = SetValue.empty(hash, SetValue.Form.INTEGERS);
            Blob.intset(source.string(), member -> set.add(member, limits));
            yield set;
          }
          case RdbType.SET_LISTPACK -> packedSet();
          case RdbType.SORTED_SET -> sortedSet(false);
          case RdbType.SORTED_SET_2 -> sortedSet(true);
          case RdbType.SORTED_SET_ZIPLIST -> packedSortedSet(elements(Blob::ziplist));
          case RdbType.SORTED_SET_LISTPACK -> packedSortedSet(elements(Blob::listpack));
          case RdbType.HASH -> hash();
          case RdbType.HASH_ZIPMAP -> zipmap();
          case RdbType.HASH_ZIPLIST -> packedHash(elements(Blob::ziplist));
          case RdbType.HASH_LISTPACK -> packedHash(elements(Blob::listpack));
          case RdbType.HASH_DEADLINES -> hashWithDeadlines();
          case RdbType.HASH_LISTPACK_DEADLINES -> packedHashWithDeadlines();
          case RdbType.STREAM, RdbType.STREAM_2, RdbType.STREAM_3 ->
              new RdbStream(source, limits, type).read();
          default -> throw new CorruptException("a value of the kind " + type);
        };
    if (value.isEmpty()) {
      throw new CorruptException("an empty collection");
    }
    return value;
  }

  private interface Form {
    long read(byte[] bytes, java.util.function.Consumer<byte[]> elements);
  }

  private List<byte[]> elements(Form form) {
    List<byte[]> elements = new ArrayList<>();
    form.read(source.string(), elements::add);
    return elements;
  }

  private static void isNew(boolean added) {
    if (!added) {
      throw new CorruptException("a member comes twice");
    }
  }

  private static void even(List<byte[]> elements, int each) {
    if (elements.size() % each != 0) {
      throw new CorruptException("the last of the pairs is none");
    }
  }

  // ---------------------------------------------------------------- lists

  private ListValue list() {
    ListValue list = ListValue.restoring(true);
    for (long left = source.count(); left > 0; left--) {
      list.restore(source.string());
    }
    list.fit(limits);
    return list;
  }

  private ListValue quicklist(boolean second) {
    ListValue list = ListValue.restoring(true);
    for (long left = source.count(); left > 0; left--) {
      long container = second ? source.length() : CONTAINER_PACKED;
      if (container != CONTAINER_PLAIN && container != CONTAINER_PACKED) {
        throw new CorruptException("a container of the kind " + container);
      }
      byte[] node = source.string();
      if (node.length == 0) {
        throw new CorruptException("a node without content");
      }
      if (container == CONTAINER_PLAIN) {
        list.restore(node);
      } else if (second) {
        Blob.listpack(node, list::restore);
      } else {
        Blob.ziplist(node, list::restore);
      }
    }
    list.fit(limits);
    return list;
  }

  // ---------------------------------------------------------------- sets

  private SetValue set() {
    long count = source.count();
    SetValue set =
        SetValue.empty(
            hash,
            count > limits.setMaxIntsetEntries() ? SetValue.Form.LARGE : SetValue.Form.INTEGERS);
    for (long left = count; left > 0; left--) {
      isNew(set.add(source.string(), limits));
    }
    return set;
  }

  private SetValue packedSet() {
    List<byte[]> members = elements(Blob::listpack);
    SetValue set =
        SetValue.empty(
            hash,
            members.size() > limits.setMaxListpackEntries()
                ? SetValue.Form.LARGE
                : SetValue.Form.SMALL);
    for (byte[] member : members) {
      isNew(!set.contains(member));
      set.restore(member);
    }
    return set;
  }

  // ---------------------------------------------------------------- sorted sets

  private SortedSetValue sortedSet(boolean binary) {
    SortedSetValue set = SortedSetValue.empty(hash, true);
    for (long left = source.count(); left > 0; left--) {
      byte[] member = source.string();
      put(set, member, binary ? source.score() : Doubles.bound(Ascii.bytes(source.scoreAsText())));
    }
    set.settle(limits);
    return set;
  }

  private SortedSetValue packedSortedSet(List<byte[]> elements) {
    even(elements, 2);
    SortedSetValue set =
        SortedSetValue.empty(hash, elements.size() / 2 > limits.zsetMaxListpackEntries());
    for (int i = 0; i < elements.size(); i += 2) {
      put(set, elements.get(i), Doubles.bound(elements.get(i + 1)));
    }
    return set;
  }

  private static void put(SortedSetValue set, byte[] member, double score) {
    if (Double.isNaN(score)) {
      throw new CorruptException("a score that is no number");
    }
    isNew(Double.isNaN(set.score(member)));
    set.restore(member, score);
  }

  // ---------------------------------------------------------------- hashes

  private HashValue hash() {
    long count = source.count();
    HashValue value = HashValue.restoring(hash, count > limits.hashMaxListpackEntries());
    for (long left = count; left > 0; left--) {
      isNew(value.set(source.string(), source.string(), limits));
    }
    return value;
  }

  private HashValue zipmap() {
    List<byte[]> elements = elements(Blob::zipmap);
    HashValue value =
        HashValue.restoring(hash, elements.size() / 2 > limits.hashMaxListpackEntries());
    for (int i = 0; i < elements.size(); i += 2) {
      isNew(value.set(elements.get(i), elements.get(i + 1), limits));
    }
    return value;
  }

  private HashValue packedHash(List<byte[]> elements) {
    even(elements, 2);
    HashValue value =
        HashValue.restoring(hash, elements.size() / 2 > limits.hashMaxListpackEntries());
    for (int i = 0; i < elements.size(); i += 2) {
      isNew(!value.contains(elements.get(i)));
      value.restore(elements.get(i), elements.get(i + 1));
    }
    return value;
  }

  private HashValue hashWithDeadlines() {
    long first = source.littleEndian(Long.BYTES);
    long count = source.count();
    HashValue value = HashValue.restoring(hash, count > limits.hashMaxListpackEntries());
    for (long left = count; left > 0; left--) {
      long behindFirst = source.length();
      byte[] field = source.string();
      isNew(value.set(field, source.string(), limits));
      deadline(value, field, behindFirst == 0 ? 0 : first + behindFirst - 1);
    }
    return value;
  }

  private HashValue packedHashWithDeadlines() {
    source.littleEndian(Long.BYTES); // the first deadline, which is found anyway
    List<byte[]> elements = elements(Blob::listpack);
    even(elements, 3);
    HashValue value =
        HashValue.restoring(hash, elements.size() / 3 > limits.hashMaxListpackEntries());
    ToLongFunction<byte[]> number =
        digits -> {
          if (!Integers.isStrict(digits)) {
            throw new CorruptException("a deadline that is no number");
          }
          return Integers.parseStrict(digits);
        };
    for (int i = 0; i < elements.size(); i += 3) {
      isNew(!value.contains(elements.get(i)));
      value.restore(elements.get(i), elements.get(i + 1));
      deadline(value, elements.get(i), number.applyAsLong(elements.get(i + 2)));
    }
    return value;
  }

  /** A deadline of 0 is none. */
  private static void deadline(HashValue value, byte[] field, long deadline) {
    if (deadline < 0 || deadline > LATEST) {
      throw new CorruptException("a deadline of " + deadline);
    }
    value.allowDeadlines();
    if (deadline > 0) {
      value.deadline(field, deadline);
    }
  }
}
