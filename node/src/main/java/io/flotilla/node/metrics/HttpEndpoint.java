package io.flotilla.node.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * The node's HTTP port: {@code /metrics}, {@code /health/live}, {@code /health/ready}.
 *
 * <p>The JDK's own server, because a scrape every few seconds needs no better one. Alive means that
 * the process answers; an orchestrator should restart what does not. Ready means that clients are
 * served; the body says what is missing.
 */
public final class HttpEndpoint implements AutoCloseable {
  /** Connections that wait to be accepted: scrapers and probes, not clients. */
  private static final int BACKLOG = 16;

  private final HttpServer server;
  private final ExecutorService executor;

  /** Whether the node serves clients; empty if it does, else what is missing. */
  public interface Readiness {
    String missing();
  }

  /** Listens; fails if the port cannot be had. */
  public HttpEndpoint(InetSocketAddress bind, Supplier<String> scrape, Readiness readiness)
      throws IOException {
    server = HttpServer.create(bind, BACKLOG);
    executor = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(executor);
    server.createContext(
        "/metrics",
        exchange ->
            answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", scrape.get()));
    server.createContext(
        "/health/live", exchange -> answer(exchange, 200, "text/plain", "alive\n"));
    server.createContext(
        "/health/ready",
        exchange -> {
          String missing = readiness.missing();
          answer(
              exchange,
              missing.isEmpty() ? 200 : 503,
              "text/plain",
              missing.isEmpty() ? "ready\n" : missing + "\n");
        });
    server.start();
  }

  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")
          && !exchange.getRequestMethod().equals("HEAD")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      exchange.sendResponseHeaders(status, bytes.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    executor.close();
  }
}
