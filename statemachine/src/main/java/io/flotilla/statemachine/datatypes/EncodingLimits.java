package io.flotilla.statemachine.datatypes;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Integers;
import java.util.Map;

/**
 * The sizes up to which a value keeps its compact encoding, by Redis's setting names and defaults.
 * Replicated: they decide what {@code OBJECT ENCODING} answers, and an encoding never shrinks back
 * by itself.
 *
 * @param hashMaxListpackEntries {@code hash-max-listpack-entries}
 * @param hashMaxListpackValue {@code hash-max-listpack-value}, bytes
 * @param listMaxListpackSize {@code list-max-listpack-size}: positive, elements a node; −1 to −5, 4
 *     to 64 KiB a node
 * @param listCompressDepth {@code list-compress-depth}; kept for the asking, Flotilla does not
 *     compress
 * @param setMaxIntsetEntries {@code set-max-intset-entries}
 * @param setMaxListpackEntries {@code set-max-listpack-entries}
 * @param setMaxListpackValue {@code set-max-listpack-value}, bytes
 * @param zsetMaxListpackEntries {@code zset-max-listpack-entries}
 * @param zsetMaxListpackValue {@code zset-max-listpack-value}, bytes
 * @param streamNodeMaxBytes {@code stream-node-max-bytes}
 * @param streamNodeMaxEntries {@code stream-node-max-entries}
 * @param hllSparseMaxBytes {@code hll-sparse-max-bytes}
 */
public record EncodingLimits(
    int hashMaxListpackEntries,
    int hashMaxListpackValue,
    int listMaxListpackSize,
    int listCompressDepth,
    int setMaxIntsetEntries,
    int setMaxListpackEntries,
    int setMaxListpackValue,
    int zsetMaxListpackEntries,
    int zsetMaxListpackValue,
    int streamNodeMaxBytes,
    int streamNodeMaxEntries,
    int hllSparseMaxBytes) {
  /** Redis 7.2's defaults. */
  public static final EncodingLimits DEFAULT =
      new EncodingLimits(128, 64, -2, 0, 512, 128, 64, 128, 64, 4096, 100, 3000);

  /** The limits that these settings name, by Redis's names; what is not named keeps its default. */
  public static EncodingLimits of(Map<String, String> settings) {
    return new EncodingLimits(
        number(settings, "hash-max-listpack-entries", DEFAULT.hashMaxListpackEntries),
        number(settings, "hash-max-listpack-value", DEFAULT.hashMaxListpackValue),
        number(settings, "list-max-listpack-size", DEFAULT.listMaxListpackSize),
        number(settings, "list-compress-depth", DEFAULT.listCompressDepth),
        number(settings, "set-max-intset-entries", DEFAULT.setMaxIntsetEntries),
        number(settings, "set-max-listpack-entries", DEFAULT.setMaxListpackEntries),
        number(settings, "set-max-listpack-value", DEFAULT.setMaxListpackValue),
        number(settings, "zset-max-listpack-entries", DEFAULT.zsetMaxListpackEntries),
        number(settings, "zset-max-listpack-value", DEFAULT.zsetMaxListpackValue),
        number(settings, "stream-node-max-bytes", DEFAULT.streamNodeMaxBytes),
        number(settings, "stream-node-max-entries", DEFAULT.streamNodeMaxEntries),
        number(settings, "hll-sparse-max-bytes", DEFAULT.hllSparseMaxBytes));
  }

  /**
   * A setting that is no number keeps its default: every replica must make the same of an entry,
   * whatever stands in it.
   */
  private static int number(Map<String, String> settings, String name, int otherwise) {
    String text = settings.get(name);
    if (text == null || text.length() > 10 || !Integers.isStrict(Ascii.bytes(text))) {
      return otherwise;
    }
    long value = Integers.parseStrict(Ascii.bytes(text));
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value));
  }
}
