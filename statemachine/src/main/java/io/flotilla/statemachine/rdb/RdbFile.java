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
 * later version is a {@link CorruptException}; by then its listener has heard of what stood before,
 * since the checksum stands at the end. Source: Redis.
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

  private final RdbSource source;
  private final RdbReader reader;

  /** Reads a file from this stream; values take their encodings by these limits. */
  public RdbFile(InputStream in, SipHash hash, EncodingLimits limits) {
    source = new RdbSource(new BufferedInputStream(in));
    reader = new RdbReader(source, hash, limits);
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
    }
  }

  private int readAll(Listener listener) {
    int version = version();
    long database = 0;
    long deadline = Expirable.NEVER;
    while (true) {
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
          key(part, database, deadline, listener);
          deadline = Expirable.NEVER;
        }
      }
    }
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
  }

  private void key(int type, long database, long deadline, Listener listener) {
    byte[] key = source.string();
    source.begin();
    switch (type) {
      case RdbType.MODULE_2 -> {
        String module = moduleName(source.length());
        skipModule();
        listener.skipped(database, key, "a value of the module " + module);
      }
      default -> listener.key(database, key, reader.read(type), deadline);
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
