package io.flotilla.statemachine.datatypes;

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
}
