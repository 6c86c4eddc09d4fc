package io.flotilla.node.session;

import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.resp.Connection;
import io.flotilla.node.resp.ConnectionHandler;
import io.flotilla.node.resp.Intake;
import io.flotilla.node.resp.RespServer;
import io.flotilla.node.routing.Router;
import io.flotilla.statemachine.reply.Reply;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The front of the node: what all its sessions share, and the maker of sessions.
 *
 * <p>Any thread. Its parts are ports or counters; nothing here blocks.
 */
public final class Front implements RespServer.Sessions {
  /**
   * What all clients together may leave untaken: a quarter of the heap. Beyond it those that leave
   * more than their share are closed.
   */
  static final long MAX_OUTPUT_BYTES = Runtime.getRuntime().maxMemory() / 4;

  /**
   * What is said of a command that Flotilla does not have, where there is more to say than that it
   * is unknown.
   */
  public interface Unsupported {
    /** The error, or null if nothing is known of this name. */
    @Nullable Reply of(byte[][] argv, boolean inTransaction);
  }

  private final CommandBook book;
  private final Router router;
  private final LeaderHints hints;
  private final Shards shards;
  private final Admission admission;
  private final Unsupported unsupported;
  private final Intake intake;
  private final LongSupplier nanoTime;
  private final LongSupplier wallMillis;
  private final Clients clients = new Clients();
  private final Counters counters = new Counters();
  private final SlowLog slowLog = new SlowLog();
  private final Rate commandRate = new Rate();
  private final AtomicLong output = new AtomicLong();
  private final AtomicInteger parked = new AtomicInteger();
  private volatile SessionSettings settings;

  /**
   * A front.
   *
   * @param nanoTime {@code System::nanoTime}, but for tests
   * @param wallMillis {@code System::currentTimeMillis}, but for tests
   */
  public Front(
      CommandBook book,
      Router router,
      LeaderHints hints,
      Shards shards,
      Admission admission,
      Unsupported unsupported,
      Intake intake,
      SessionSettings settings,
      LongSupplier nanoTime,
      LongSupplier wallMillis) {
    this.book = book;
    this.router = router;
    this.hints = hints;
    this.shards = shards;
    this.admission = admission;
    this.unsupported = unsupported;
    this.intake = intake;
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.wallMillis = wallMillis;
  }

  @Override
  public ConnectionHandler open(Connection connection) {
    counters.connections.increment();
    Session session = new Session(this, connection);
    if (!clients.enter(session, settings.maxClients())) {
      counters.rejectedConnections.increment();
      session.refuse(Refusals.TOO_MANY_CLIENTS);
    }
    return session;
  }

  /** All commands. */
  public CommandBook book() {
    return book;
  }

  /** Where commands go. */
  public Router router() {
    return router;
  }

  /** Who is connected. */
  public Clients clients() {
    return clients;
  }

  /** What was done so far. */
  public Counters counters() {
    return counters;
  }

  /** Notes how many commands ran so far; to be called about once a second. */
  public void tick() {
    commandRate.tell(book.calls(), nanoTime());
  }

  /** How many commands a second ran in the last seconds. */
  public long commandsPerSecond() {
    return commandRate.perSecond();
  }

  /** What took long. */
  public SlowLog slowLog() {
    return slowLog;
  }

  /** What all requests hold. */
  public Intake intake() {
    return intake;
  }

  /** The settings as of now. */
  public SessionSettings settings() {
    return settings;
  }

  /** Changes the settings. */
  public synchronized void settings(UnaryOperator<SessionSettings> change) {
    settings = change.apply(settings);
  }

  /** Monotonic time. */
  public long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** The wall clock, Unix milliseconds. */
  public long wallMillis() {
    return wallMillis.getAsLong();
  }

  Reply unsupported(byte[][] argv, boolean inTransaction, Reply otherwise) {
    Reply known = unsupported.of(argv, inTransaction);
    return known == null ? otherwise : known;
  }

  LeaderHints hints() {
    return hints;
  }

  Shards shards() {
    return shards;
  }

  Admission admission() {
    return admission;
  }

  /** How many requests wait now for their shard to have a leader that serves, of all sessions. */
  public int parkedNow() {
    return parked.get();
  }

  AtomicInteger parked() {
    return parked;
  }

  /** Bytes of replies that all clients together have not taken, as of the last tick of each. */
  AtomicLong output() {
    return output;
  }
}
