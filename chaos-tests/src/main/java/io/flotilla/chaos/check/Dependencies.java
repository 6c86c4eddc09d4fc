package io.flotilla.chaos.check;

import io.flotilla.chaos.check.Anomaly.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The graph of which transaction must come before which, and its cycles.
 *
 * <p>Tarjan's algorithm finds the strongly connected components; where a component has more than
 * one member, there are cycles. Each is looked through for the strongest kind of cycle: first with
 * writes only, then with reads, then with one read that missed a write, then with several; then the
 * same with real time. One shortest cycle of each component and of its strongest kind is told.
 */
final class Dependencies {
  /** Why one comes before the other. */
  enum Edge {
    /** It wrote the version before the other's. */
    WW,
    /** It wrote what the other read. */
    WR,
    /** It read the version before the other's. */
    RW,
    /** It had ended when the other began. */
    REALTIME
  }

  private record Class(Kind kind, Set<Edge> edges, boolean oneRead) {}

  private static final List<Class> STRONGEST_FIRST =
      List.of(
          new Class(Kind.G0, EnumSet.of(Edge.WW), false),
          new Class(Kind.G1C, EnumSet.of(Edge.WW, Edge.WR), false),
          new Class(Kind.G_SINGLE, EnumSet.of(Edge.WW, Edge.WR), true),
          new Class(Kind.G2, EnumSet.of(Edge.WW, Edge.WR, Edge.RW), false),
          new Class(Kind.G0_REALTIME, EnumSet.of(Edge.WW, Edge.REALTIME), false),
          new Class(Kind.G1C_REALTIME, EnumSet.of(Edge.WW, Edge.WR, Edge.REALTIME), false),
          new Class(Kind.G_SINGLE_REALTIME, EnumSet.of(Edge.WW, Edge.WR, Edge.REALTIME), true),
          new Class(Kind.G2_REALTIME, EnumSet.allOf(Edge.class), false));

  private final List<Map<Integer, EnumSet<Edge>>> edges;

  Dependencies(int transactions) {
    edges = new ArrayList<>(transactions);
    for (int i = 0; i < transactions; i++) {
      edges.add(new HashMap<>());
    }
  }

  void add(int from, int to, Edge edge) {
    edges.get(from).computeIfAbsent(to, t -> EnumSet.noneOf(Edge.class)).add(edge);
  }

  /** How many pairs are joined by an edge of this kind. */
  long count(Edge edge) {
    return edges.stream().flatMap(m -> m.values().stream()).filter(e -> e.contains(edge)).count();
  }

  /** One anomaly for each strongly connected component. */
  List<Anomaly> cycles(IntFunction<String> describe) {
    List<Anomaly> anomalies = new ArrayList<>();
    for (Set<Integer> component : components(null, EnumSet.allOf(Edge.class))) {
      anomalies.add(strongest(component, describe));
    }
    return anomalies;
  }

  private Anomaly strongest(Set<Integer> component, IntFunction<String> describe) {
    for (Class each : STRONGEST_FIRST) {
      List<Integer> cycle =
          each.oneRead ? cycleWithOneRead(component, each.edges) : anyCycle(component, each.edges);
      if (!cycle.isEmpty()) {
        return new Anomaly(each.kind, tell(cycle, each, describe));
      }
    }
    throw new AssertionError("a component without a cycle: " + component);
  }

  private List<Integer> anyCycle(Set<Integer> within, Set<Edge> allowed) {
    for (Set<Integer> component : components(within, allowed)) {
      int start = Collections.min(component);
      for (int next : successors(start, component, allowed)) {
        List<Integer> back = path(next, start, component, allowed);
        if (!back.isEmpty()) {
          List<Integer> cycle = new ArrayList<>(List.of(start));
          cycle.addAll(back.subList(0, back.size() - 1));
          return cycle;
        }
      }
    }
    return List.of();
  }

  private List<Integer> cycleWithOneRead(Set<Integer> within, Set<Edge> others) {
    for (int reader : within.stream().sorted().toList()) {
      for (int missed : successors(reader, within, EnumSet.of(Edge.RW))) {
        List<Integer> back = path(missed, reader, within, others);
        if (!back.isEmpty()) {
          List<Integer> cycle = new ArrayList<>(List.of(reader));
          cycle.addAll(back.subList(0, back.size() - 1));
          return cycle;
        }
      }
    }
    return List.of();
  }

  private List<Integer> successors(int from, @Nullable Set<Integer> within, Set<Edge> allowed) {
    List<Integer> successors = new ArrayList<>();
    edges
        .get(from)
        .forEach((to, kinds) -> {
          if ((within == null || within.contains(to)) && !Collections.disjoint(kinds, allowed)) {
            successors.add(to);
          }
        });
    Collections.sort(successors);
    return successors;
  }

  /** The shortest way, with both ends; empty if there is none. */
  private List<Integer> path(int from, int to, Set<Integer> within, Set<Edge> allowed) {
    Map<Integer, Integer> cameFrom = new HashMap<>();
    Deque<Integer> queue = new ArrayDeque<>(List.of(from));
    Set<Integer> reached = new HashSet<>(queue);
    while (!queue.isEmpty()) {
      int at = queue.remove();
      if (at == to) {
        List<Integer> path = new ArrayList<>(List.of(to));
        while (path.getLast() != from) {
          path.add(cameFrom.getOrDefault(path.getLast(), from));
        }
        Collections.reverse(path);
        return path;
      }
      for (int next : successors(at, within, allowed)) {
        if (reached.add(next)) {
          cameFrom.put(next, at);
          queue.add(next);
        }
      }
    }
    return List.of();
  }

  private String tell(List<Integer> cycle, Class each, IntFunction<String> describe) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < cycle.size(); i++) {
      int from = cycle.get(i);
      int to = cycle.get((i + 1) % cycle.size());
      EnumSet<Edge> kinds = EnumSet.copyOf(edges.get(from).getOrDefault(to, none()));
      if (each.oneRead && i == 0) {
        kinds.retainAll(EnumSet.of(Edge.RW));
      } else {
        kinds.retainAll(each.edges);
      }
      text.append(describe.apply(from)).append(" —").append(kinds.iterator().next()).append("→ ");
    }
    return text.append(describe.apply(cycle.getFirst())).toString();
  }

  private static EnumSet<Edge> none() {
    return EnumSet.noneOf(Edge.class);
  }

  /**
   * Strongly connected components of more than one member, by Tarjan, without recursion: histories
   * are longer than stacks are deep.
   */
  private List<Set<Integer>> components(@Nullable Set<Integer> within, Set<Edge> allowed) {
    int n = edges.size();
    int[] index = new int[n];
    int[] low = new int[n];
    Arrays.fill(index, -1);
    boolean[] onStack = new boolean[n];
    Deque<Integer> stack = new ArrayDeque<>();
    List<Set<Integer>> components = new ArrayList<>();
    int counter = 0;
    record Frame(int node, Iterator<Integer> rest) {}
    Iterable<Integer> roots = within != null ? within.stream().sorted().toList() : range(n);
    for (int root : roots) {
      if (index[root] >= 0) {
        continue;
      }
      Deque<Frame> frames = new ArrayDeque<>();
      index[root] = low[root] = counter++;
      stack.push(root);
      onStack[root] = true;
      frames.push(new Frame(root, successors(root, within, allowed).iterator()));
      while (!frames.isEmpty()) {
        Frame frame = frames.peek();
        if (frame.rest.hasNext()) {
          int next = frame.rest.next();
          if (index[next] < 0) {
            index[next] = low[next] = counter++;
            stack.push(next);
            onStack[next] = true;
            frames.push(new Frame(next, successors(next, within, allowed).iterator()));
          } else if (onStack[next]) {
            low[frame.node] = Math.min(low[frame.node], index[next]);
          }
          continue;
        }
        frames.pop();
        Frame parent = frames.peek();
        if (parent != null) {
          low[parent.node] = Math.min(low[parent.node], low[frame.node]);
        }
        if (low[frame.node] == index[frame.node]) {
          Set<Integer> component = new HashSet<>();
          int member;
          do {
            member = stack.pop();
            onStack[member] = false;
            component.add(member);
          } while (member != frame.node);
          if (component.size() > 1) {
            components.add(component);
          }
        }
      }
    }
    return components;
  }

  private static List<Integer> range(int n) {
    List<Integer> range = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      range.add(i);
    }
    return range;
  }
}
