package io.flotilla.node.resp;

import static io.flotilla.node.resp.Requests.decode;
import static io.flotilla.node.resp.Requests.latin1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every client speaks to this decoder first, and so does everyone who wishes the node ill: the same
 * bytes must mean the same requests however they arrive, and no bytes may cost more than the limits
 * say.
 */
class RequestDecoderTest {
  private static final RequestLimits SMALL = new RequestLimits(1000, 2000);

  @Test
  void pipelinedRequestsComeOneByOne() throws ProtocolException {
    assertThat(decodeAll("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\nSET a 'b c'\r\n"))
        .containsExactly(List.of("GET", "k"), List.of("PING"), List.of("SET", "a", "b c"));
  }

  @Test
  void anArgumentMayHoldAnyBytes() throws ProtocolException {
    assertThat(decodeAll("*2\r\n$4\r\nECHO\r\n$6\r\n\r\n\0\u00ff$1\r\n"))
        .containsExactly(List.of("ECHO", "\r\n\0\u00ff$1"));
  }

  @Test
  void emptyRequestsAskNothing() throws ProtocolException {
    assertThat(decodeAll("\r\n*0\r\n*-1\r\n*-10\r\n   \r\n\nPING\r\n"))
        .containsExactly(List.of("PING"));
  }

  @Test
  void anEmptyArgumentIsAnArgument() throws ProtocolException {
    assertThat(decodeAll("*2\r\n$0\r\n\r\n$0\r\n\r\n")).containsExactly(List.of("", ""));
  }

  @Test
  void whatIsNoRequestIsRefusedInRedissWords() {
    for (String count :
        List.of("3000000000", "1048577", "+1", "01", "-0", "", "9".repeat(20), "x")) {
      refused("*" + count + "\r\n", "invalid multibulk length");
    }
    for (String length : List.of("-10", "x", "2000000000", "536870913", "", "+1")) {
      refused("*1\r\n$" + length + "\r\n", "invalid bulk length");
    }
    refused("*1\r\n:5\r\n", "expected '$', got ':'");
    refused("*1\r\nPING\r\n", "expected '$', got 'P'");
    refused("*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", "expected '$', got 'f'");
    refused("set \"\"\"x\"\"\"\r\n", "unbalanced quotes in request");
    refused("get 'a'b\r\n", "unbalanced quotes in request");
  }

  @Test
  void aLineThatNeverEndsIsRefused() {
    String endless = "\0".repeat(RequestLimits.MAX_LINE_BYTES + 1);
    refused("*" + endless, "too big mbulk count string");
    refused("*1\r\n$" + endless, "too big bulk count string");
    refused("x" + endless, "too big inline request");
  }

  private static void refused(String bytes, String words) {
    assertThatThrownBy(() -> decodeAll(bytes))
        .isInstanceOf(ProtocolException.class)
        .hasMessage(words);
  }

  @Test
  void aClientThatHasNotSaidWhoItIsSendsShortRequestsOnly() throws ProtocolException {
    RequestDecoder stranger = new RequestDecoder(RequestLimits.DEFAULTS, false);
    assertThatThrownBy(() -> decode(stranger, latin1("*11\r\n"), List.of()))
        .hasMessage("unauthenticated multibulk length");
    RequestDecoder another = new RequestDecoder(RequestLimits.DEFAULTS, false);
    assertThatThrownBy(() -> decode(another, latin1("*1\r\n$16385\r\n"), List.of()))
        .hasMessage("unauthenticated bulk length");
    RequestDecoder known = new RequestDecoder(RequestLimits.DEFAULTS, false);
    known.authenticated(true);
    assertThat(decode(known, latin1("*11\r\n"), List.of())).isEmpty();
  }

  @Test
  void aRequestThatIsTooLargeIsReadToItsEndAndTheNextOneIsSound() throws ProtocolException {
    RequestDecoder decoder = new RequestDecoder(SMALL, true);
    String value = "v".repeat(999);
    List<byte[]> tooMuch = List.of(latin1("MSET"), latin1(value), latin1(value), latin1(value));
    byte[] bytes =
        latin1(
            new String(Requests.multibulk(tooMuch), java.nio.charset.StandardCharsets.ISO_8859_1)
                + "*1\r\n$4\r\nPING\r\n");
    decoder.append(bytes, 0, bytes.length);
    assertThat(decoder.next()).isSameAs(RequestDecoder.DROPPED);
    assertThat(decoder.dropReason()).isEqualTo(ConnectionHandler.Drop.TOO_LARGE);
    assertThat(decoder.gathered()).isZero();
    assertThat(Requests.text(decoder.next())).containsExactly("PING");
    assertThat(decoder.next()).isNull();
  }

  @Test
  void aRequestThatWasGivenUpHalfWayIsReportedWhenItsEndArrives() throws ProtocolException {
    RequestDecoder decoder = new RequestDecoder(RequestLimits.DEFAULTS, true);
    byte[] start = latin1("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\nabc");
    decoder.append(start, 0, start.length);
    assertThat(decoder.next()).isNull();
    decoder.drop(ConnectionHandler.Drop.OVERLOADED);
    decoder.settle();
    assertThat(decoder.gathered()).isZero();
    byte[] rest = latin1("defghij\r\nPING\r\n");
    decoder.append(rest, 0, rest.length);
    assertThat(decoder.next()).isSameAs(RequestDecoder.DROPPED);
    assertThat(decoder.dropReason()).isEqualTo(ConnectionHandler.Drop.OVERLOADED);
    assertThat(Requests.text(decoder.next())).containsExactly("PING");
  }

  @Test
  void announcingMuchCostsNothing() throws ProtocolException {
    RequestDecoder decoder = new RequestDecoder(new RequestLimits(1L << 29, 1L << 30), true);
    byte[] bytes = latin1("*1048576\r\n$536870912\r\nabc");
    decoder.append(bytes, 0, bytes.length);
    assertThat(decoder.next()).isNull();
    decoder.settle();
    assertThat(decoder.gathered() + decoder.unread()).isLessThan(128 << 10);
  }

  @Test
  void aMillionArgumentsAreOneRequest() throws ProtocolException {
    int count = RequestLimits.MAX_ARGUMENTS;
    byte[] bytes = latin1("*" + count + "\r\n" + "$1\r\nx\r\n".repeat(count));
    RequestDecoder decoder = new RequestDecoder(RequestLimits.DEFAULTS, true);
    decoder.append(bytes, 0, bytes.length);
    byte[][] request = decoder.next();
    assertThat(request).hasNumberOfRows(count);
    assertThat(decoder.cost()).isEqualTo(count * (1L + RequestDecoder.COST_PER_ARGUMENT));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 100, 65536, 100_000})
  void aLongArgumentArrivesInPieces(int piece) throws ProtocolException {
    String value = "0123456789".repeat(30_000);
    byte[] bytes = Requests.multibulk(List.of(latin1("SET"), latin1("k"), latin1(value)));
    List<Integer> pieces = java.util.Collections.nCopies(bytes.length / piece + 1, piece);
    assertThat(decode(new RequestDecoder(RequestLimits.DEFAULTS, true), bytes, pieces))
        .containsExactly(List.of("SET", "k", value));
  }

  @Property
  void anySplitOfTheBytesGivesTheSameRequests(
      @ForAll("requests") List<List<byte[]>> requests,
      @ForAll List<@net.jqwik.api.constraints.IntRange(min = 1, max = 40) Integer> pieces)
      throws ProtocolException {
    var bytes = new java.io.ByteArrayOutputStream();
    for (List<byte[]> request : requests) {
      bytes.writeBytes(Requests.multibulk(request));
    }
    List<List<String>> expected =
        requests.stream().map(r -> Requests.text(r.toArray(new byte[0][]))).toList();
    assertThat(
            decode(new RequestDecoder(RequestLimits.DEFAULTS, true), bytes.toByteArray(), pieces))
        .isEqualTo(expected);
  }

  @Property(tries = 5000)
  void garbageIsRequestsOrAProtocolErrorAndNothingElse(
      @ForAll("garbage") String garbage,
      @ForAll List<@net.jqwik.api.constraints.IntRange(min = 1, max = 9) Integer> pieces) {
    byte[] bytes = latin1(garbage);
    String whole = outcome(bytes, List.of());
    assertThat(outcome(bytes, pieces)).isEqualTo(whole);
  }

  /** Requests up to the first protocol error, and its words. */
  private static String outcome(byte[] bytes, List<Integer> pieces) {
    StringBuilder outcome = new StringBuilder();
    RequestDecoder decoder = new RequestDecoder(SMALL, true);
    int at = 0;
    try {
      for (int i = 0; at < bytes.length; i++) {
        int piece =
            i < pieces.size() ? Math.min(pieces.get(i), bytes.length - at) : bytes.length - at;
        decoder.append(bytes, at, piece);
        for (byte[][] request = decoder.next(); request != null; request = decoder.next()) {
          outcome.append(Requests.text(request)).append('\n');
        }
        decoder.settle();
        at += piece;
      }
    } catch (ProtocolException e) {
      outcome.append(e.getMessage());
    }
    return outcome.toString();
  }

  @Provide
  static Arbitrary<List<List<byte[]>>> requests() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMaxSize(50)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .list()
        .ofMaxSize(8);
  }

  /** Bytes that often look like the protocol for a while. */
  @Provide
  static Arbitrary<String> garbage() {
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(
                6,
                Arbitraries.of("*1\r\n", "*2\r\n", "$1\r\nx\r\n", "$3\r\nGET\r\n", "$0\r\n\r\n")),
            net.jqwik.api.Tuple.of(
                3,
                Arbitraries.of(
                    "*", "$", "\r\n", "\n", "\r", "\"", "'", "\\x4", " ", "-1", "3", "\0")),
            net.jqwik.api.Tuple.of(
                1, Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(4)))
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  private static List<List<String>> decodeAll(String bytes) throws ProtocolException {
    return decode(new RequestDecoder(RequestLimits.DEFAULTS, true), latin1(bytes), List.of());
  }
}
