package io.flotilla.statemachine.datatypes;

/**
 * The type of a value, by the name that {@code TYPE} answers.
 *
 * @param <T> the structure that holds such a value
 */
public final class DataType<T extends Value> {
  /** Byte strings, also read as integers, floats and bitmaps. */
  public static final DataType<StringValue> STRING = new DataType<>("string", StringValue.class);

  /** Fields with a value each. */
  public static final DataType<HashValue> HASH = new DataType<>("hash", HashValue.class);

  /** Elements in the order in which they were pushed. */
  public static final DataType<ListValue> LIST = new DataType<>("list", ListValue.class);

  /** Distinct members. */
  public static final DataType<SetValue> SET = new DataType<>("set", SetValue.class);

  /** Distinct members in the order of their scores. */
  public static final DataType<SortedSetValue> SORTED_SET =
      new DataType<>("zset", SortedSetValue.class);

  /** Entries of fields and values in the order of their ids, and groups that consume them. */
  public static final DataType<StreamValue> STREAM = new DataType<>("stream", StreamValue.class);

  private final String name;
  private final Class<T> structure;

  private DataType(String name, Class<T> structure) {
    this.name = name;
    this.structure = structure;
  }

  /** The name, as {@code TYPE} answers it. */
  @Override
  public String toString() {
    return name;
  }

  /** Whether a value is of this type. */
  public boolean holds(Value value) {
    return structure.isInstance(value);
  }

  /** The value as its structure; the caller has asked {@link #holds}. */
  public T cast(Value value) {
    return structure.cast(value);
  }
}
