package io.flotilla.node.raft;

import io.flotilla.node.proposal.LogPosition;
import io.flotilla.node.proposal.Proposal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A proposal that writes down all that it is told, in order. */
public class TestProposal implements Proposal {
  private final String text;
  private final List<String> events = new CopyOnWriteArrayList<>();
  private volatile @Nullable LogPosition position;

  public TestProposal(String text) {
    this.text = text;
  }

  @Override
  public ByteBuffer entry() {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();
  }

  @Override
  public void refused(Refusal why) {
    events.add("refused " + why);
  }

  @Override
  public void appended(LogPosition place) {
    position = place;
  }

  @Override
  public void unknown(String why) {
    events.add("unknown");
  }

  @Override
  public void overtaken() {
    events.add("overtaken");
  }

  void applied(LogPosition place, String applied) {
    events.add(
        place.equals(position) && applied.equals(text)
            ? "applied"
            : "applied elsewhere: " + place + " not " + position);
  }

  /** What it was told, in order. */
  public List<String> events() {
    return List.copyOf(events);
  }

  /** Where the log put it, or null. */
  public @Nullable LogPosition position() {
    return position;
  }
}
