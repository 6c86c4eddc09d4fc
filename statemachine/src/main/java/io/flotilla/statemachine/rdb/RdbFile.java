package io.flotilla.statemachine.rdb;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.datatypes.EncodingLimits;
import io.flotilla.statemachine.datatypes.Value;
import io.flotilla.statemachine.expiry.Expirable;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A dump of a whole Redis, read from its beginning to its end, one key at a time.
 *
 * <pre>
 *   "REDIS" version:4 digits  part*  255 crc64
 *
 *   part   250 name value             what wrote it, and when
 *          254 database               the keys that follow are in this one
 *          251 keys deadlines         how many there will be
 *          244 slot keys deadlines    likewise, of a slot
 *          253 seconds:u32            the deadline of the next key
 *          252 milliseconds:u64       likewise
 *          249 u8, 248 length         how often, or when, the next key was used
 *          245 library                a library of functions
 *          247 id length length …     what a module wants to remember
 *          kind key value             a key
 * </pre>
 *
 * <p>What cannot be kept here, of modules, is skipped, and told of. A file that is damaged or of a
 * later version is a {@link CorruptException} that names the byte; by then its listener has heard
 * of what stood before, since the checksum stands at the end. Who must not have heard of it reads
 * twice.
 *
 * <p><b>Places.</b> Between two keys nothing is remembered but a {@link Place}: with it, reading
 * goes on in the middle of a file, and the checksum at the end still covers all of it. Source:
 * Redis.
 */
public final class RdbFile {
  private static final String MAGIC = "REDIS";
  private static final int NEWEST = 12;

  /** From this version on there is a checksum; it is 0 where Redis was told to compute none. */
  private static final int CHECKSUMMED = 5;

  private static final int SLOT_INFO = 244;
  private static final int FUNCTION = 245;
  private static final int MODULE_AUX = 247;
  private static final int IDLE = 248;
  private static final int FREQUENCY = 249;
  private static final int AUX = 250;
  private static final int SIZES = 251;
  private static final int DEADLINE_MILLIS = 252;
  private static final int DEADLINE_SECONDS = 253;
  private static final int DATABASE = 254;
  private static final int END = 255;

  private static final int MODULE_END = 0;
  private static final int MODULE_SIGNED = 1;
  private static final int MODULE_UNSIGNED = 2;
  private static final int MODULE_FLOAT = 3;
  private static final int MODULE_DOUBLE = 4;
  private static final int MODULE_STRING = 5;

  /** A module's name is nine letters of six bits, above ten bits of its version. */
  private static final String MODULE_LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  /**
   * Where a reader stands between two keys.
   *
   * @param version the version of the notation; 0 before it was read
   * @param offset the bytes before this place
   * @param crc their checksum
   * @param database what keys that follow are in
   */
  public record Place(int version, long offset, long crc, long database) {
    /** Before the first byte. */
    public static final Place BEGINNING = new Place(0, 0, 0, 0);
  }

  private final RdbSource source;
  private final RdbReader reader;
  private Place place;

  /** Reads a file from this stream; values take their encodings by these limits. */
  public RdbFile(InputStream in, SipHash hash, EncodingLimits limits) {
    this(in, Place.BEGINNING, hash, limits);
  }

  /** Reads a file on from a place; the stream begins there. */
  public RdbFile(InputStream in, Place from, SipHash hash, EncodingLimits limits) {
    place = from;
    source = new RdbSource(new BufferedInputStream(in), from.offset(), from.crc());
    reader = new RdbReader(source, hash, limits);
  }

  /**
   * The last place that was reached. While a listener hears of a key, that is the place behind it.
   */
  public Place place() {
    return place;
  }

  /** Hears what stands in the file, in its order. */
  public interface Listener {
    /** Something about the file, such as {@code redis-ver}. */
    void about(String name, byte[] value);

    /** About how many keys will come, and how many of them with a deadline. */
    void sizes(long keys, long deadlines);

    /**
     * A key with its value, and its deadline in Unix milliseconds or {@link Expirable#NEVER}; the
     * deadline may have passed.
     */
    void key(long database, byte[] key, Value value, long deadlineMillis);

    /** The source of a library of functions. */
    void functions(byte[] library);

    /** A key that is not read, and why. */
    void skipped(long database, byte[] key, String why);

    /** What a module has put beside the keys is not read. */
    void skippedOfModule(String module);
  }

  /**
   * Reads the whole file.
   *
   * @return the version of its notation
   * @throws IOException if the stream fails
   * @throws CorruptException if this is no whole RDB file of a version that is known here
   */
  public int read(Listener listener) throws IOException {
    try {
      return readAll(listener);
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    } catch (CorruptException what) {
      throw new CorruptException(what.getMessage() + " (at byte " + source.position() + ")");
    }
  }

  private int readAll(Listener listener) {
    int version = place.version() == 0 ? version() : place.version();
    long database = place.database();
    long deadline = Expirable.NEVER;
    while (true) {
      if (deadline == Expirable.NEVER) {
        reached(version, database);
      }
      int part = source.u8();
      switch (part) {
        case DATABASE -> database = source.length();
        case AUX -> listener.about(Ascii.text(source.string()), source.string());
        case SIZES -> listener.sizes(source.length(), source.length());
        case SLOT_INFO -> {
          source.length();
          source.length();
          source.length();
        }
        case DEADLINE_SECONDS -> deadline = 1000 * source.littleEndian(Integer.BYTES);
        case DEADLINE_MILLIS -> deadline = source.littleEndian(Long.BYTES);
        case FREQUENCY -> source.u8();
        case IDLE -> source.length();
        case FUNCTION -> listener.functions(source.string());
        case MODULE_AUX -> {
          long id = source.length();
          source.length();
          source.length();
          skipModule();
          listener.skippedOfModule(moduleName(id));
        }
        case END -> {
          end(version);
          return version;
        }
        default -> {
          key(part, version, database, deadline, listener);
          deadline = Expirable.NEVER;
        }
      }
    }
  }

  private void reached(int version, long database) {
    place = new Place(version, source.position(), source.crc(), database);
  }

  private int version() {
    String head = Ascii.text(source.raw(MAGIC.length() + 4));
    if (!head.matches("REDIS[0-9]{4}")) {
      throw new CorruptException("this is no RDB file");
    }
    int version = Integer.parseInt(head.substring(MAGIC.length()));
    if (version < 1 || version > NEWEST) {
      throw new CorruptException(
          "an RDB file of version " + version + "; this release reads up to " + NEWEST);
    }
    return version;
  }

  private void end(int version) {
    long computed = source.crc();
    long said = version < CHECKSUMMED ? 0 : source.littleEndian(Long.BYTES);
    if (said != 0 && said != computed) {
      throw new CorruptException("the checksum of the RDB file does not match its bytes");
    }
    if (!source.isAtEnd()) {
      throw new CorruptException("more follows behind the end of the RDB file");
    }
  }

  private void key(int type, int version, long database, long deadline, Listener listener) {
    byte[] key = source.string();
    source.begin();
    switch (type) {
      case RdbType.MODULE_2 -> {
        String module = moduleName(source.length());
        skipModule();
        reached(version, database);
        listener.skipped(database, key, "a value of the module " + module);
      }
      default -> {
        Value value = reader.read(type);
        reached(version, database);
        listener.key(database, key, value, deadline);
      }
    }
  }

  private static String moduleName(long id) {
    StringBuilder name = new StringBuilder();
    for (int shift = 58; shift >= 10; shift -= 6) {
      name.append(MODULE_LETTERS.charAt((int) (id >>> shift) & 0x3f));
    }
    return name.toString();
  }

  private void skipModule() {
    while (true) {
      long kind = source.length();
      if (kind < MODULE_END || kind > MODULE_STRING) {
        throw new CorruptException("a module's content of the kind " + kind);
      }
      switch ((int) kind) {
        case MODULE_END -> {
          return;
        }
        case MODULE_SIGNED, MODULE_UNSIGNED -> source.length();
        case MODULE_FLOAT -> source.raw(Float.BYTES);
        case MODULE_DOUBLE -> source.raw(Double.BYTES);
        default -> source.string();
      }
    }
  }
}
