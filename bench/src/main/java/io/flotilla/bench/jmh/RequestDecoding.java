package io.flotilla.bench.jmh;

import io.flotilla.node.resp.ProtocolException;
import io.flotilla.node.resp.RequestDecoder;
import io.flotilla.node.resp.RequestLimits;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Bytes of a pipeline into requests: what a connection's loop does with them first. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RequestDecoding {
  private static final int PIPELINE = 64;

  private final RequestDecoder decoder = new RequestDecoder(RequestLimits.DEFAULTS, true);
  private final byte[] pipeline = pipeline();

  private static byte[] pipeline() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] key : Sets.keys(PIPELINE)) {
      byte[][] command = Sets.command(key);
      out.writeBytes(latin1("*" + command.length + "\r\n"));
      for (byte[] argument : command) {
        out.writeBytes(latin1("$" + argument.length + "\r\n"));
        out.writeBytes(argument);
        out.writeBytes(latin1("\r\n"));
      }
    }
    return out.toByteArray();
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** One SET of a pipeline of 64 that has arrived as a whole. */
  @Benchmark
  @OperationsPerInvocation(PIPELINE)
  public void next(Blackhole hole) throws ProtocolException {
    decoder.append(pipeline, 0, pipeline.length);
    int requests = 0;
    for (byte[][] request = decoder.next(); request != null; request = decoder.next()) {
      hole.consume(request);
      requests++;
    }
    decoder.settle();
    if (requests != PIPELINE) {
      throw new AssertionError(requests + " requests out of a pipeline of " + PIPELINE);
    }
  }
}
