package io.flotilla.statemachine.fuzz;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What holds for all steps of a test case.
 *
 * @param protocol 2 or 3
 * @param listens whether key events are compared too
 * @param limits settings that both sides are given, by their names; small ones bring conversions of
 *     encodings about sooner
 */
record Frame(int protocol, boolean listens, Map<String, String> limits) {
  private static final Map<String, String> TIGHT =
      new TreeMap<>(
          Map.of(
              "hash-max-listpack-entries",
              "6",
              "hash-max-listpack-value",
              "12",
              "list-max-listpack-size",
              "4",
              "set-max-intset-entries",
              "5",
              "zset-max-listpack-entries",
              "5",
              "zset-max-listpack-value",
              "10",
              "stream-node-max-entries",
              "4",
              "hll-sparse-max-bytes",
              "300"));

  /** Both sides begin with Redis's defaults where a frame says nothing. */
  static final Map<String, String> DEFAULTS =
      new TreeMap<>(
          Map.of(
              "hash-max-listpack-entries",
              "128",
              "hash-max-listpack-value",
              "64",
              "list-max-listpack-size",
              "-2",
              "set-max-intset-entries",
              "512",
              "zset-max-listpack-entries",
              "128",
              "zset-max-listpack-value",
              "64",
              "stream-node-max-entries",
              "100",
              "hll-sparse-max-bytes",
              "3000"));

  static Frame random(Random random) {
    return new Frame(
        random.nextInt(4) == 0 ? 2 : 3,
        random.nextInt(5) == 0,
        random.nextInt(3) == 0 ? TIGHT : DEFAULTS);
  }

  @Override
  public String toString() {
    return "RESP"
        + protocol
        + (listens ? ", with key events" : "")
        + (limits.equals(TIGHT) ? ", with tight limits of encodings " + limits : "");
  }
}
