package io.flotilla.node.resp;

import static io.flotilla.node.resp.Requests.latin1;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.statemachine.reply.Reply;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The bytes are the product: each kind of reply, in both protocols, as Redis sends it. */
class ReplyEncoderTest {
  private static final Reply A = Reply.bulk("a");
  private static final Reply B = Reply.bulk("b");

  @Test
  void scalars() {
    expect(Reply.OK, "+OK/", "+OK/");
    expect(Reply.error("ERR no\r\ngood"), "-ERR no  good/", "-ERR no  good/");
    expect(Reply.error("ERR caf\u00e9"), "-ERR caf\u00e9/", "-ERR caf\u00e9/");
    expect(Reply.integer(-7), ":-7/", ":-7/");
    expect(Reply.bulk("a\r\nb"), "$4/a\r\nb/", "$4/a\r\nb/");
    expect(Reply.EMPTY_BULK, "$0//", "$0//");
    expect(Reply.NIL, "$-1/", "_/");
    expect(Reply.NIL_ARRAY, "*-1/", "_/");
    expect(new Reply.Bool(true), ":1/", "#t/");
    expect(new Reply.Bool(false), ":0/", "#f/");
    expect(
        new Reply.BigNumber("123456789012345678901"),
        "$21/123456789012345678901/",
        "(123456789012345678901/");
    expect(new Reply.Verbatim("txt", latin1("hi")), "$2/hi/", "=6/txt:hi/");
  }

  @Test
  void doubles() {
    expect(new Reply.Double(1.5), "$3/1.5/", ",1.5/");
    expect(new Reply.Double(3), "$1/3/", ",3/");
    expect(
        Reply.Double.written(0.1, "0.10000000000000001"),
        "$19/0.10000000000000001/",
        ",0.10000000000000001/");
    expect(new Reply.Double(Double.POSITIVE_INFINITY), "$3/inf/", ",inf/");
    expect(new Reply.Double(Double.NEGATIVE_INFINITY), "$4/-inf/", ",-inf/");
  }

  @Test
  void aggregates() {
    expect(Reply.array(A, Reply.integer(1)), "*2/$1/a/:1/", "*2/$1/a/:1/");
    expect(Reply.EMPTY_ARRAY, "*0/", "*0/");
    expect(new Reply.Map(List.of(A, B)), "*2/$1/a/$1/b/", "%1/$1/a/$1/b/");
    expect(Reply.EMPTY_MAP, "*0/", "%0/");
    expect(new Reply.Set(List.of(A, B)), "*2/$1/a/$1/b/", "~2/$1/a/$1/b/");
    expect(
        new Reply.Pairs(List.of(A, new Reply.Double(1), B, new Reply.Double(2))),
        "*4/$1/a/$1/1/$1/b/$1/2/",
        "*2/*2/$1/a/,1/*2/$1/b/,2/");
    expect(
        new Reply.MapOfPairs(List.of(A, Reply.integer(1), B, Reply.integer(2))),
        "*2/*2/$1/a/:1/*2/$1/b/:2/",
        "%2/$1/a/:1/$1/b/:2/");
    expect(new Reply.Push(List.of(A)), "*1/$1/a/", ">1/$1/a/");
    expect(Reply.array(Reply.array(Reply.NIL), Reply.NIL_ARRAY), "*2/*1/$-1/*-1/", "*2/*1/_/_/");
  }

  @Test
  void largeAndSmallPartsKeepTheirOrder() {
    byte[] large = latin1("x".repeat(ReplyEncoder.WHOLE_BYTES));
    Reply many = Reply.array(java.util.Collections.nCopies(20_000, A));
    Reply mixed = Reply.array(A, Reply.bulk(large), B, many, Reply.bulk(large));
    String small = "$1/a/".repeat(20_000);
    String big = "$" + large.length + "/" + "x".repeat(large.length) + "/";
    String expected = "*5/$1/a/" + big + "$1/b/*20000/" + small + big;
    expect(mixed, expected, expected);
  }

  @Property
  void integersAreDecimal(@ForAll long value) {
    expect(new Reply.Int(value), ":" + value + "/", ":" + value + "/");
  }

  @Test
  void integersAtTheEdgesAreDecimal() {
    long power = 1;
    for (int i = 0; i <= 18; i++, power *= 10) {
      for (long value : new long[] {power - 1, power, power + 1, -power, 1 - power, -power - 1}) {
        expect(new Reply.Int(value), ":" + value + "/", ":" + value + "/");
      }
    }
    expect(new Reply.Int(Long.MIN_VALUE), ":-9223372036854775808/", ":-9223372036854775808/");
    expect(new Reply.Int(Long.MAX_VALUE), ":9223372036854775807/", ":9223372036854775807/");
  }

  private static void expect(Reply reply, String resp2, String resp3) {
    assertThat(encode(reply, Protocol.RESP2)).isEqualTo(crlf(resp2));
    assertThat(encode(reply, Protocol.RESP3)).isEqualTo(crlf(resp3));
  }

  private static String crlf(String text) {
    return text.replace("/", "\r\n");
  }

  private static String encode(Reply reply, Protocol protocol) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ReplyEncoder encoder =
        new ReplyEncoder(
            new BufferPool(),
            new ReplyEncoder.Sink() {
              @Override
              public void bytes(byte[] array, int length) {
                out.write(array, 0, length);
              }

              @Override
              public void whole(byte[] array) {
                out.writeBytes(array);
              }
            });
    encoder.write(reply, protocol);
    encoder.finish();
    assertThat(encoder.isEmpty()).isTrue();
    return out.toString(StandardCharsets.ISO_8859_1);
  }
}
