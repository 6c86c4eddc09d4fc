package io.flotilla.statemachine.datatypes;

/**
 * What a key holds: one of Redis's data types as a pure structure.
 *
 * <p>A value knows neither its key nor its deadline. It is mutable, touched by one thread, and free
 * of any order that depends on a hash table's history: whatever a client, a script or a snapshot
 * can see of its order is insertion order or a canonical one, so that a replica restored from a
 * snapshot behaves as one that replayed the log.
 */
public sealed interface Value
    permits StringValue, HashValue, ListValue, SetValue, SortedSetValue, StreamValue {
  /** The type, as {@code TYPE} names it. */
  DataType<?> type();

  /** Whether nothing is left, so that the key must go (never true of a string or a stream). */
  boolean isEmpty();

  /** A deep copy that shares nothing mutable. */
  Value copy();

  /** The encoding in Redis's words, as {@code OBJECT ENCODING} shows it. */
  String encoding();

  /**
   * The elements that a walk over the whole value visits: the cost of deleting, copying or encoding
   * it.
   */
  long weight();

  /**
   * The bytes that its elements take, counted up to this limit: something above it where there are
   * more. Quick whatever the value.
   */
  long bytesUpTo(long limit);

  /** Shows all elements in their order; a string as one element. */
  void show(ElementVisitor visitor);

  /** The elements as they are now, in pieces, whatever happens to this value. */
  Chunks capture();
}
