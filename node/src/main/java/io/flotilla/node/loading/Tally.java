package io.flotilla.node.loading;

import io.flotilla.proto.admin.ImportCounts;
import io.flotilla.proto.admin.ImportLeftOut;
import io.flotilla.proto.admin.ImportTypeCount;
import java.util.SortedMap;
import java.util.TreeMap;

/** What became of keys; any thread. */
final class Tally {
  private final SortedMap<String, long[]> types = new TreeMap<>();
  private final SortedMap<String, ImportLeftOut> leftOut = new TreeMap<>();
  private long expired;
  private long same;
  private long existing;
  private long inPieces;
  private long otherDatabases;
  private long tooLong;

  synchronized void loaded(String type, long elements) {
    long[] counts = types.computeIfAbsent(type, t -> new long[2]);
    counts[0]++;
    counts[1] += elements;
  }

  synchronized void inPieces() {
    inPieces++;
  }

  synchronized void expired() {
    expired++;
  }

  synchronized void same() {
    same++;
  }

  synchronized void existing() {
    existing++;
  }

  synchronized void otherDatabase(long database) {
    otherDatabases++;
    leftOut("keys of database " + database, 1, false);
  }

  synchronized void tooLong() {
    tooLong++;
    leftOut("keys with an element that is too long for a command", 1, true);
  }

  synchronized void leftOut(String what, long count, boolean missed) {
    if (count > 0) {
      leftOut.merge(
          what,
          ImportLeftOut.newBuilder().setWhat(what).setCount(count).setMissed(missed).build(),
          (a, b) -> a.toBuilder().setCount(a.getCount() + b.getCount()).build());
    }
  }

  /** Adds what another has counted. */
  synchronized void add(ImportCounts other) {
    for (ImportTypeCount type : other.getTypesList()) {
      long[] counts = types.computeIfAbsent(type.getType(), t -> new long[2]);
      counts[0] += type.getKeys();
      counts[1] += type.getElements();
    }
    expired += other.getExpired();
    same += other.getSame();
    existing += other.getExisting();
    inPieces += other.getInPieces();
    otherDatabases += other.getOtherDatabases();
    tooLong += other.getTooLong();
    other.getLeftOutList().forEach(l -> leftOut(l.getWhat(), l.getCount(), l.getMissed()));
  }

  synchronized ImportCounts message() {
    ImportCounts.Builder b =
        ImportCounts.newBuilder()
            .setExpired(expired)
            .setSame(same)
            .setExisting(existing)
            .setInPieces(inPieces)
            .setOtherDatabases(otherDatabases)
            .setTooLong(tooLong)
            .addAllLeftOut(leftOut.values());
    types.forEach((type, counts) ->
        b.addTypes(
            ImportTypeCount.newBuilder().setType(type).setKeys(counts[0]).setElements(counts[1])));
    return b.build();
  }
}
