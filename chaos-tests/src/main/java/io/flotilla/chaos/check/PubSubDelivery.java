package io.flotilla.chaos.check;

import io.flotilla.chaos.history.Ending;
import io.flotilla.chaos.history.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What subscriptions heard of what was published. Delivery is at most once, so a message that
 * nobody heard breaks no promise and is counted; one that was heard twice, out of its sender's
 * order, or that nobody sent, does.
 */
public final class PubSubDelivery {
  private PubSubDelivery() {}

  /**
   * A message.
   *
   * @param stay the time that one sender stayed with one node: within it, messages are in order
   * @param number ascends within a stay
   */
  public record Message(String channel, long stay, long number) {}

  /**
   * What one connection heard on one channel, from the answer to SUBSCRIBE to its end.
   *
   * @param toNanos when it was last known to stand
   */
  public record Subscription(String channel, long fromNanos, long toNanos, List<Message> heard) {}

  /**
   * How many deliveries there were, of those that a network without faults would have made.
   *
   * @param expected for each message that was acknowledged, the subscriptions that stood from
   *     before it was sent until after it was answered
   */
  public record Statistics(long published, long expected, long delivered) {
    @Override
    public String toString() {
      return delivered + " of " + expected + " deliveries of " + published + " messages";
    }
  }

  /** All that is wrong. */
  public static List<String> check(
      List<Operation<Message, Long>> published, List<Subscription> subscriptions) {
    Map<Message, Operation<Message, Long>> sent = sent(published);
    List<String> violations = new ArrayList<>();
    for (Subscription subscription : subscriptions) {
      Map<Long, Message> last = new HashMap<>();
      Set<Message> heard = new HashSet<>();
      for (Message message : subscription.heard()) {
        Operation<Message, Long> by = sent.get(message);
        if (by == null) {
          violations.add("nobody ever published " + message);
        } else if (by.ending() instanceof Ending.Fail<Long> fail) {
          violations.add(message + " was said not to be published: " + fail.why());
        }
        if (!message.channel().equals(subscription.channel())) {
          violations.add(message + " was heard on channel " + subscription.channel());
        }
        Message before = last.put(message.stay(), message);
        if (!heard.add(message)) {
          violations.add(message + " was heard twice");
        } else if (before != null && before.number() > message.number()) {
          violations.add(message + " was heard behind " + before);
        }
      }
    }
    return violations;
  }

  /** What was heard of what could have been. */
  public static Statistics statistics(
      List<Operation<Message, Long>> published, List<Subscription> subscriptions) {
    long expected = 0;
    long delivered = 0;
    long acknowledged = 0;
    List<Set<Message>> heard = new ArrayList<>();
    subscriptions.forEach(s -> heard.add(new HashSet<>(s.heard())));
    for (Operation<Message, Long> each : published) {
      if (!(each.ending() instanceof Ending.Ok<Long>)) {
        continue;
      }
      acknowledged++;
      for (int i = 0; i < subscriptions.size(); i++) {
        Subscription subscription = subscriptions.get(i);
        if (subscription.channel().equals(each.action().channel())
            && subscription.fromNanos() < each.invokedNanos()
            && subscription.toNanos() > each.endedNanos()) {
          expected++;
          delivered += heard.get(i).contains(each.action()) ? 1 : 0;
        }
      }
    }
    return new Statistics(acknowledged, expected, delivered);
  }

  private static Map<Message, Operation<Message, Long>> sent(
      List<Operation<Message, Long>> published) {
    Map<Message, Operation<Message, Long>> sent = new HashMap<>();
    for (Operation<Message, Long> each : published) {
      if (sent.put(each.action(), each) != null) {
        throw new IllegalArgumentException(each.action() + " is there twice");
      }
    }
    return sent;
  }
}
