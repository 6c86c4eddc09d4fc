package io.flotilla.node.loading;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.nodes.LoadCommand;
import io.flotilla.proto.nodes.LoadOutcome;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LoadVerdict;
import io.flotilla.proto.nodes.LoadWork;
import io.flotilla.statemachine.bytes.Ascii;
import java.util.List;

/** Work for a leader, and the same outcome for all of it. */
public final class Work {
  private Work() {}

  /** A command of these words; they are not copied. */
  static byte[][] command(byte[]... words) {
    return words;
  }

  static byte[] word(String text) {
    return Ascii.bytes(text);
  }

  static byte[] word(long number) {
    return Ascii.bytes(Long.toString(number));
  }

  /** These commands, at one place in the log. */
  static LoadWork of(List<byte[][]> commands) {
    LoadWork.Builder work = LoadWork.newBuilder();
    for (byte[][] command : commands) {
      LoadCommand.Builder b = LoadCommand.newBuilder();
      for (byte[] argument : command) {
        b.addArguments(UnsafeByteOperations.unsafeWrap(argument));
      }
      work.addCommands(b);
    }
    return work.build();
  }

  /** What does this key hold? */
  static LoadWork compare(byte[] key) {
    return LoadWork.newBuilder().setCompare(UnsafeByteOperations.unsafeWrap(key)).build();
  }

  /** A message's bytes as an argument. */
  static byte[] bytes(ByteString bytes) {
    return bytes.toByteArray();
  }

  /** Nothing of it was answered, and why. */
  public static LoadResponse unanswered(LoadRequest request, LoadVerdict verdict, String why) {
    LoadResponse.Builder b = LoadResponse.newBuilder();
    LoadOutcome outcome = LoadOutcome.newBuilder().setVerdict(verdict).setError(why).build();
    for (int i = 0; i < request.getWorkCount(); i++) {
      b.addOutcomes(outcome);
    }
    return b.build();
  }
}
