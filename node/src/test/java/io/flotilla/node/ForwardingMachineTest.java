package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.ReplicatedMachine;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * A machine around another must pass on all that it is told. One that did not know {@code
 * leaderReady} left parked commands waiting on every node that passes an entry.
 */
final class ForwardingMachineTest {
  @Test
  void aNodeThatPassesAnEntryHearsThatItsReplicaServes() {
    List<String> told = new ArrayList<>();
    ReplicatedMachine machine =
        (ReplicatedMachine)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ReplicatedMachine.class},
                (proxy, method, arguments) -> {
                  told.add(method.getName());
                  return null;
                });
    new Passing(new GroupId(new UUID(0, 1)), machine, Set.of()).leaderReady();
    assertThat(told).containsExactly("leaderReady");
  }

  /** A default method of the interface would be forgotten in silence. */
  @Test
  void allThatAMachineCanBeToldIsPassedOn() {
    assertThat(ReplicatedMachine.class.getMethods())
        .isNotEmpty()
        .allSatisfy(method ->
            assertThat(ForwardingMachine.class.getDeclaredMethods())
                .anySatisfy(own -> {
                  assertThat(own.getName()).isEqualTo(method.getName());
                  assertThat(Arrays.asList(own.getParameterTypes()))
                      .containsExactly(method.getParameterTypes());
                }));
  }
}
