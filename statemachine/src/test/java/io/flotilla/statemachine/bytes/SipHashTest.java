package io.flotilla.statemachine.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * The hash orders keys in snapshots, digests and cursors of every release, so it may never change.
 */
class SipHashTest {
  /**
   * The hash of the bytes 0, 1 … n − 1 under the key 00 01 … 0f, for n from 0 to 63, low byte
   * first. Source: the test vectors that Rust's core library holds SipHash-1-3 by.
   */
  private static final String VECTORS =
      """
      dcc40f055801acab 93ca577df39bf4c9 4dd4c74d029bcb82 fbf7dde7b80af88b
      2883d388605775cf 673b53492fd5f9de a7229fc5502b0dc5 4011b19b987d92d3
      8e9a298d11959036 e43d066cb38ea425 7f09ff92ee85de79 52c34df9c118c170
      a2d9b457b184a378 a7ff29120c766f30 345df9c011a15a60 5699512a6dd820d3
      668b907d1add4fcc 0cd8db639068f29c 3ee673b49c38fc8f 1c7d298de59d1ff2
      40e0cca6462fdcc0 44f8452bfeab92b9 2e8720a39b7bfe7f 23c1e6da7f0e5a52
      8c9c3467b2ae64f4 79095b702859cd45 a51399cae3353e3a 353bde4a4ec71da9
      0dd06cef02ed0bfb f4e1b14ab43cd988 63e6c543d6110f54 bcd1218c1fdd7023
      0db6a7166c7b1581 bff98f7ae5b9544d 3e752a1f78129f75 916b18bfbea3a1ce
      0662a2add308f52c 5730c3a32d1c10b6 a1363aae9674f4b3 9283107b54576b62
      3115e4993236d2c1 44d91a3f92c17c66 258813c8fe4f7065 a64989c2d180f224
      6b87f8faed1ccac2 9621049ffc4b16c2 23d6b168939c6ea1 fd14518b9c16fb49
      464c07dff843319f b386cc1224affdc6 8f09520ad149af7e 9a2f299d5513f31c
      121ff4a2dd304ac4 d01ea74389e9fa36 e6bcf0734cb38f31 80e9a77036bf7aa2
      756d3c24dbc0bcb4 1315b7fd52d8f823 088a7da64d5f038f 48f1e8b7e5d09cd8
      ee44a6f7bce6f4f6 f237180fd89ac5ae e094664b15f6b2c3 a8b3bbb76290199d
      """;

  private static final SipHash HASH = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

  @Example
  void vectorsOfSipHash13() {
    String[] vectors = VECTORS.trim().split("\\s+", -1);
    assertThat(vectors).hasSize(64);
    for (int length = 0; length < 64; length++) {
      byte[] message = new byte[length];
      for (int i = 0; i < length; i++) {
        message[i] = (byte) i;
      }
      String hash = HexFormat.of().toHexDigits(Long.reverseBytes(HASH.hash(message)));
      assertThat(hash).as("of %s bytes", length).isEqualTo(vectors[length]);
    }
  }

  /** A digest over a large key must not depend on how it was cut. */
  @Property
  void piecesHashLikeTheWhole(@ForAll byte[] bytes, @ForAll long seed) {
    Random random = new Random(seed);
    SipHash.Stream stream = HASH.stream();
    int at = 0;
    while (at < bytes.length) {
      int length = Math.min(bytes.length - at, random.nextInt(20));
      stream.update(bytes, at, length);
      at += length;
    }
    assertThat(stream.finish()).isEqualTo(HASH.hash(bytes));
  }

  @Property
  void partOfAnArrayHashesLikeItsCopy(@ForAll byte[] bytes, @ForAll int one, @ForAll int other) {
    int from = Math.floorMod(one, bytes.length + 1);
    int to = from + Math.floorMod(other, bytes.length - from + 1);
    assertThat(HASH.hash(bytes, from, to - from))
        .isEqualTo(HASH.hash(Arrays.copyOfRange(bytes, from, to)));
  }
}
