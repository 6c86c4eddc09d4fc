package io.flotilla.node;

import io.flotilla.node.raft.Firewall;
import io.flotilla.statemachine.metadata.NodeId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The network between the nodes of a {@link NodesInProcess}, whose links can be cut, one direction
 * at a time: Raft's messages by Ratis' own hooks ({@link Firewall}), the peers' frames by a relay
 * for each pair of nodes.
 *
 * <pre>
 *   n1 ─ connection of n1 to n2 ─▶ relay ─▶ n2      bytes wait in the relay while their direction is cut,
 *      ◀────────── answers ───────       ◀──        as TCP keeps them; nothing is refused or closed
 * </pre>
 *
 * <p>Clients reach every node, and so do operators: the admin port is not cut, for it carries no
 * reads or writes of clients.
 */
final class NodeFirewall implements AutoCloseable {
  private record Link(String from, String to) {}

  private final NodesInProcess nodes;
  private final Firewall raft = new Firewall();
  private final Object lock = new Object();
  private final Set<Link> cut = new HashSet<>();
  private final Map<Link, Relay> relays = new HashMap<>();
  private boolean closed;

  /** Stands between these nodes, none of which has been started yet. */
  NodeFirewall(NodesInProcess nodes) {
    this.nodes = nodes;
    for (String from : nodes.names()) {
      nodes.dial(from, (peer, advertised) -> relay(from, advertised));
    }
  }

  private InetSocketAddress relay(String from, InetSocketAddress advertised) {
    for (String to : nodes.names()) {
      if (nodes.port(to, "peer") == advertised.getPort() && !to.equals(from)) {
        synchronized (lock) {
          return relays.computeIfAbsent(new Link(from, to), Relay::new).address();
        }
      }
    }
    return advertised;
  }

  private NodeId id(String name) {
    return new NodeId(nodes.node(name).self().getId());
  }

  /** Lets nothing pass from one node to the other. */
  void cut(String from, String to) {
    raft.cut(id(from), id(to));
    synchronized (lock) {
      cut.add(new Link(from, to));
    }
  }

  /** Lets nothing pass between a node and the others, either way. */
  void isolate(String name) {
    for (String other : nodes.names()) {
      if (!other.equals(name)) {
        cut(name, other);
        cut(other, name);
      }
    }
  }

  /** Opens all links. */
  void heal() {
    raft.heal();
    synchronized (lock) {
      cut.clear();
      lock.notifyAll();
    }
  }

  private void awaitOpen(Link direction) throws InterruptedException {
    synchronized (lock) {
      while (cut.contains(direction) && !closed) {
        lock.wait();
      }
    }
  }

  @Override
  public void close() {
    raft.close();
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
      relays.values().forEach(Relay::close);
    }
  }

  /**
   * Takes one node's connections to another, and passes bytes on in each direction that is open.
   */
  private final class Relay {
    private final Link link;
    private final ServerSocket server;
    private final List<Socket> sockets = new ArrayList<>();

    Relay(Link link) {
      this.link = link;
      try {
        server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Thread unused = Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }

    private void accept() {
      try {
        while (true) {
          Socket near = keep(server.accept());
          Thread unused = Thread.ofVirtual().start(() -> connect(near));
        }
      } catch (IOException e) {
        close();
      }
    }

    private void connect(Socket near) {
      try {
        Socket far =
            keep(new Socket(InetAddress.getLoopbackAddress(), nodes.port(link.to, "peer")));
        Thread unused =
            Thread.ofVirtual().start(() -> pass(far, near, new Link(link.to, link.from)));
        pass(near, far, link);
      } catch (IOException e) {
        quietly(near);
      }
    }

    private Socket keep(Socket socket) throws IOException {
      socket.setTcpNoDelay(true);
      synchronized (sockets) {
        sockets.removeIf(Socket::isClosed);
        sockets.add(socket);
      }
      return socket;
    }

    private void pass(Socket from, Socket to, Link direction) {
      try (from;
          to) {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] buffer = new byte[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          awaitOpen(direction);
          out.write(buffer, 0, n);
        }
      } catch (IOException e) {
        quietly(to); // one side has closed: so does the other
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void quietly(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void close() {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      synchronized (sockets) {
        sockets.forEach(this::quietly);
      }
    }
  }
}
