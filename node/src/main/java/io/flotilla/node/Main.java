package io.flotilla.node;

import io.flotilla.node.config.ConfigException;
import io.flotilla.node.config.NodeConfig;
import io.flotilla.node.raft.Halt;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entrance of a node's process: {@code --config FILE}, or settings in the environment, or both.
 *
 * <p>Ends with an {@link ExitCode}. SIGTERM and SIGINT stop it in good order: the hook asks the
 * main thread to stop the node, waits for it, and lets the process end with the code that the main
 * thread found, because the JVM's own would be 143 for every stop.
 */
public final class Main {
  private static final Logger log = LoggerFactory.getLogger(Main.class);

  /**
   * The gRPC inside Ratis writes to the JDK's own logging, past logback; kept here, because that
   * holds its loggers weakly.
   */
  private static final java.util.logging.Logger GRPC_OF_RATIS =
      java.util.logging.Logger.getLogger("org.apache.ratis.thirdparty");

  private Main() {}

  /** Runs a node until it is stopped. */
  public static void main(String[] arguments) {
    boolean hasFile = arguments.length == 2 && arguments[0].equals("--config");
    if (!hasFile && (arguments.length > 0 || !NodeConfig.isIn(System.getenv()))) {
      System.err.println(
          "usage: flotilla node --config FILE, or settings as variables, FLOTILLA_SET_NODE_NAME=n1");
      end(ExitCode.USAGE);
      return;
    }
    NodeConfig config;
    try {
      config = NodeConfig.read(hasFile ? Path.of(arguments[1]) : null, System.getenv());
    } catch (ConfigException e) {
      System.err.println("flotilla: " + e.source() + " is wrong:");
      e.problems().forEach(p -> System.err.println("  " + p));
      end(ExitCode.CONFIG);
      return;
    }
    GRPC_OF_RATIS.setLevel(java.util.logging.Level.WARNING);
    CountDownLatch done = new CountDownLatch(1);
    Thread main = Thread.currentThread();
    Running running = new Running();
    Thread hook =
        Thread.ofPlatform()
            .name("flotilla-stop")
            .unstarted(() -> {
              running.stop("a signal asked for it", main);
              try {
                done.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(running.exitCode.code);
            });
    Runtime.getRuntime().addShutdownHook(hook);
    running.exitCode = run(config, running);
    done.countDown();
    System.exit(running.exitCode.code);
  }

  /** What the hook and the main thread share. */
  private static final class Running {
    private @Nullable RunningNode node;
    private boolean stopping;
    volatile ExitCode exitCode = ExitCode.STOPPED;

    synchronized boolean isStopping() {
      return stopping;
    }

    synchronized void started(RunningNode started) {
      node = started;
      if (stopping) {
        started.requestStop("it was asked to while it started");
      }
    }

    synchronized void stop(String why, Thread main) {
      stopping = true;
      if (node != null) {
        node.requestStop(why);
      } else {
        main.interrupt();
      }
    }
  }

  private static ExitCode run(NodeConfig config, Running running) {
    try (RunningNode node = RunningNode.start(config, Halt.ofProcess())) {
      running.started(node);
      ExitCode code = node.awaitStop();
      if (code == ExitCode.UNTRUSTED_DATA) {
        System.err.println(
            "flotilla: the node stops, because a majority contradicts one of its replicas; its log says which");
      }
      return code;
    } catch (StartException e) {
      if (running.isStopping()) {
        log.info("the node was stopped while it started: {}", e.getMessage());
        return ExitCode.STOPPED;
      }
      log.error("the node does not start: {}", e.getMessage());
      System.err.println("flotilla: " + e.getMessage());
      return e.exitCode();
    } catch (InterruptedException e) {
      return ExitCode.STOPPED;
    } catch (RuntimeException e) {
      log.error("the node does not start", e);
      System.err.println("flotilla: the node does not start: " + e);
      return ExitCode.HALTED;
    }
  }

  private static void end(ExitCode code) {
    System.exit(code.code);
  }
}
