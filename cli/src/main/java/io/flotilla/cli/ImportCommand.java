package io.flotilla.cli;

import io.flotilla.proto.admin.IdentifyRequest;
import io.flotilla.proto.admin.ImportBegin;
import io.flotilla.proto.admin.ImportCheckpoint;
import io.flotilla.proto.admin.ImportCounts;
import io.flotilla.proto.admin.ImportExisting;
import io.flotilla.proto.admin.ImportLeftOut;
import io.flotilla.proto.admin.ImportPlace;
import io.flotilla.proto.admin.ImportProgress;
import io.flotilla.proto.admin.ImportReport;
import io.flotilla.proto.admin.ImportTypeCount;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code flotilla import}: a dump file of Redis goes into the running cluster.
 *
 * <pre>
 *   whole file to a node, to be checked ─▶ refuse, or
 *   file to a node, to be loaded ─▶ places come back ─▶ checkpoint beside the file
 *        ▲                                   │
 *        └── from the last place, at any node that answers ◀─ the node or the way to it is gone
 * </pre>
 *
 * <p>The file is read twice, so that nothing of a damaged one is loaded. To load a part again does
 * no harm: a key that is there with the same content counts as there. That is what makes it safe to
 * go on after any interruption, and to give the whole command again.
 */
@Command(
    name = "import",
    description = {
      "Loads a dump file of Redis (RDB, of Redis 2.8 to 7.4) into the running cluster.",
      "The file is checked as a whole first. Every key that is told as loaded is acknowledged; deadlines stay as they are.",
      "If it is interrupted, the same command with --resume goes on where it stood.",
      "Exit code 0 if all is there, 10 if something could not be loaded, 11 if it stopped part-way, 12 if nothing was done because of the file."
    })
final class ImportCommand implements Callable<Integer> {
  /** What becomes of a key that the cluster has with another content. */
  enum Existing {
    FAIL(ImportExisting.IMPORT_EXISTING_FAIL),
    REPLACE(ImportExisting.IMPORT_EXISTING_REPLACE),
    SKIP(ImportExisting.IMPORT_EXISTING_SKIP);

    private final ImportExisting message;

    Existing(ImportExisting message) {
      this.message = message;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Duration CALL = Duration.ofSeconds(10);

  /** How long the cluster may be out of reach before an import stops: a restart of all nodes. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration PAUSE = Duration.ofMillis(500);

  /** An interruption costs what was loaded since the last checkpoint, to be compared again. */
  private static final long CHECKPOINT_NANOS = Duration.ofSeconds(1).toNanos();

  private final Context context;
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(index = "0", paramLabel = "FILE", description = "The dump file, as dump.rdb.")
  private Path file = Path.of("dump.rdb");

  @Option(
      names = "--existing",
      paramLabel = "fail|replace|skip",
      description =
          "What to do with a key that the cluster has with another content: stop, replace it, or leave it."
              + " One with the same content is never a conflict. Default: ${DEFAULT-VALUE}.",
      defaultValue = "fail")
  private Existing existing = Existing.FAIL;

  @Option(
      names = "--database",
      paramLabel = "N",
      description =
          "Load the keys of this database and leave those of others; may be repeated. A cluster has one database, so"
              + " without this option or the next a file with keys beside database 0 is refused.")
  private List<Long> databases = new ArrayList<>();

  @Option(
      names = "--all-databases",
      description = "Load the keys of all databases into the cluster's one.")
  private boolean allDatabases;

  @Option(names = "--check", description = "Only check the file and count its keys; load nothing.")
  private boolean checkOnly;

  @Option(names = "--resume", description = "Go on where an interrupted import of FILE stood.")
  private boolean resume;

  @Option(names = "--restart", description = "Forget where an interrupted import of FILE stood.")
  private boolean restart;

  @Option(
      names = "--checkpoint",
      paramLabel = "PATH",
      description =
          "Where is kept how far it has come; removed at the end. Default: FILE.flotilla-import.")
  private @Nullable Path checkpointPath;

  ImportCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (resume && restart) {
      throw new CliException(ExitCode.USAGE, "bad-options", "Either --resume or --restart.");
    }
    if (allDatabases && !databases.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE, "bad-options", "Either --database or --all-databases.");
    }
    if (databases.stream().anyMatch(d -> d < 0)) {
      throw new CliException(ExitCode.USAGE, "bad-options", "No database is below 0.");
    }
    long begunNanos = System.nanoTime();
    try (DumpFile dump = DumpFile.open(context.workingDirectory().resolve(file))) {
      ImportReport.Builder report =
          ImportReport.newBuilder().setFile(file.toString()).setFileSize(dump.size());
      boolean missed = checkOnly ? check(dump, report) : load(dump, report);
      report.setTookMillis(Duration.ofNanos(System.nanoTime() - begunNanos).toMillis());
      ViewCommands.show(context, output, report.build(), p -> page(report.build()));
      return (missed ? ExitCode.LEFT_OUT : ExitCode.OK).number();
    }
  }

  private ImportBegin begin() {
    return ImportBegin.newBuilder()
        .setExisting(existing.message)
        .addAllDatabases(databases)
        .setAllDatabases(allDatabases)
        .build();
  }

  // ---------------------------------------------------------------- checking

  /** Reads it all and judges; whether something would be missed. */
  private boolean check(DumpFile dump, ImportReport.Builder report) {
    ImportBegin begin = begin().toBuilder().setCheckOnly(true).build();
    ImportProgress last = checked(dump, begin);
    ImportCounts counts = last.getCounts();
    if (counts.getOtherDatabases() > 0 && databases.isEmpty()) {
      throw badFile(
          "other-databases",
          "The file has "
              + leftOut(counts)
              + ", and a cluster has one database, 0. Say --database 0 to leave them out, --database N to load"
              + " those of another, or --all-databases. Nothing was loaded.");
    }
    if (counts.getTooLong() > 0) {
      throw badFile(
          "too-long",
          "The file has "
              + leftOut(counts)
              + ". Set write.max-command-mebibytes higher on all nodes. Nothing was loaded.");
    }
    about(report.setCheckedOnly(true).setCounts(counts), last);
    return missed(counts);
  }

  /** Has the file checked, by another node where one is lost meanwhile. */
  private ImportProgress checked(DumpFile dump, ImportBegin begin) {
    ProgressLine line = new ProgressLine(context, "Checking", 0, dump.size());
    long begunNanos = System.nanoTime();
    try {
      while (true) {
        try (AdminSession session = connection.open(context, CALL)) {
          return new ImportCall()
              .run(
                  session,
                  begin,
                  dump,
                  p -> line.at(p.getPlace().getOffset(), keys(p.getCounts())));
        } catch (CliException e) {
          if (e.reason().equals("damaged-file")) {
            throw badFile(e.reason(), e.sentence() + " Nothing was loaded.");
          }
          if (!isOutOfReach(e) || System.nanoTime() - begunNanos > PATIENCE.toNanos()) {
            throw new CliException(
                isOutOfReach(e) ? ExitCode.UNREACHABLE : e.exitCode(),
                e.reason(),
                e.sentence() + " Nothing was loaded.",
                e);
          }
          pause();
        }
      }
    } finally {
      line.end();
    }
  }

  private static boolean isOutOfReach(CliException e) {
    return e.exitCode() == ExitCode.UNREACHABLE || e.exitCode() == ExitCode.UNKNOWN_OUTCOME;
  }

  private static CliException badFile(String reason, String sentence) {
    return new CliException(ExitCode.BAD_FILE, reason, sentence);
  }

  private static void about(ImportReport.Builder report, ImportProgress last) {
    report.setRdbVersion(last.getPlace().getRdbVersion()).setRedisVersion(last.getRedisVersion());
  }

  // ---------------------------------------------------------------- loading

  private boolean load(DumpFile dump, ImportReport.Builder report) {
    Path beside =
        checkpointPath == null
            ? dump.path().resolveSibling(dump.path().getFileName() + ".flotilla-import")
            : context.workingDirectory().resolve(checkpointPath);
    Checkpoint checkpoint = new Checkpoint(beside);
    String cluster = clusterId();
    if (restart) {
      checkpoint.remove();
    }
    ImportCheckpoint stood = checkpoint.read();
    if (stood == null) {
      check(dump, report);
      stood =
          ImportCheckpoint.newBuilder()
              .setClusterId(cluster)
              .setFileFingerprint(dump.fingerprint())
              .setBegin(begin())
              .build();
      checkpoint.write(stood);
    } else {
      goesOn(dump, checkpoint, stood, cluster);
    }
    report.setCheckedOnly(false).setResumed(stood.getBegin().hasFrom());
    ImportCheckpoint done = run(dump, checkpoint, stood);
    checkpoint.remove();
    report
        .setRdbVersion(done.getBegin().getFrom().getRdbVersion())
        .setRedisVersion(done.getRedisVersion())
        .setCounts(done.getCounts());
    return missed(done.getCounts());
  }

  private String clusterId() {
    try (AdminSession session = connection.open(context, CALL)) {
      return session.ask(s -> s.identify(IdentifyRequest.getDefaultInstance())).getClusterId();
    }
  }

  private void goesOn(
      DumpFile dump, Checkpoint checkpoint, ImportCheckpoint stood, String cluster) {
    if (!resume) {
      throw new CliException(
          ExitCode.REFUSED,
          "interrupted-before",
          "An import of "
              + file
              + " was interrupted at byte "
              + stood.getBegin().getFrom().getOffset()
              + " ("
              + checkpoint.path()
              + "). Say --resume to go on there, or --restart to begin anew.");
    }
    String other =
        !stood.getFileFingerprint().equals(dump.fingerprint())
            ? "of another file"
            : !stood.getClusterId().equals(cluster)
                ? "into another cluster"
                : !stood.getBegin().toBuilder().clearFrom().build().equals(begin())
                    ? "with other options"
                    : "";
    if (!other.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE,
          "other-import",
          checkpoint.path() + " is of an import " + other + ". Say --restart to begin anew.");
    }
  }

  /** Sends the file until all of it is acknowledged, to whatever node answers. */
  private ImportCheckpoint run(DumpFile dump, Checkpoint checkpoint, ImportCheckpoint stood) {
    Journey journey = new Journey(dump, checkpoint, stood);
    try {
      while (true) {
        try (AdminSession session = connection.open(context, CALL)) {
          new ImportCall().run(session, journey.latest.getBegin(), dump, journey.from());
          return journey.latest;
        } catch (CliException e) {
          if (!isOutOfReach(e) || System.nanoTime() - journey.heardNanos > PATIENCE.toNanos()) {
            throw stopped(e, journey);
          }
          pause();
        }
      }
    } finally {
      journey.line.end();
      journey.save();
    }
  }

  private CliException stopped(CliException e, Journey journey) {
    long offset = journey.latest.getBegin().getFrom().getOffset();
    return new CliException(
        ExitCode.PART_WAY,
        e.reason(),
        e.sentence()
            + " The import stopped; what stands before byte "
            + offset
            + " of the file is loaded and acknowledged, and some keys behind it may be."
            + " The same command with --resume goes on there.",
        e);
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.PART_WAY, "interrupted", "The import was interrupted.", e);
    }
  }

  /** How far all conversations together have come. */
  private final class Journey {
    private final Checkpoint checkpoint;
    private final ProgressLine line;
    private ImportCheckpoint latest;
    private long heardNanos = System.nanoTime();
    private long savedNanos = heardNanos;

    Journey(DumpFile dump, Checkpoint checkpoint, ImportCheckpoint stood) {
      this.checkpoint = checkpoint;
      this.latest = stood;
      this.line =
          new ProgressLine(context, "Loading", stood.getBegin().getFrom().getOffset(), dump.size());
    }

    /** Hears one conversation, which counts from where it begins. */
    java.util.function.Consumer<ImportProgress> from() {
      ImportCheckpoint before = latest;
      return progress -> {
        ImportPlace place = progress.getPlace();
        if (place.getOffset() > latest.getBegin().getFrom().getOffset()) {
          heardNanos = System.nanoTime();
        }
        latest =
            before.toBuilder()
                .setBegin(before.getBegin().toBuilder().setFrom(place))
                .setCounts(sum(before.getCounts(), progress.getCounts()))
                .setRedisVersion(
                    progress.getRedisVersion().isEmpty()
                        ? before.getRedisVersion()
                        : progress.getRedisVersion())
                .build();
        line.at(place.getOffset(), keys(latest.getCounts()));
        if (System.nanoTime() - savedNanos > CHECKPOINT_NANOS) {
          save();
        }
      };
    }

    void save() {
      savedNanos = System.nanoTime();
      checkpoint.write(latest);
    }
  }

  // ---------------------------------------------------------------- counting and telling

  static ImportCounts sum(ImportCounts one, ImportCounts other) {
    Map<String, ImportTypeCount> types = new TreeMap<>();
    Map<String, ImportLeftOut> leftOut = new LinkedHashMap<>();
    for (ImportCounts counts : List.of(one, other)) {
      counts
          .getTypesList()
          .forEach(t ->
              types.merge(
                  t.getType(),
                  t,
                  (a, b) ->
                      a.toBuilder()
                          .setKeys(a.getKeys() + b.getKeys())
                          .setElements(a.getElements() + b.getElements())
                          .build()));
      counts
          .getLeftOutList()
          .forEach(l ->
              leftOut.merge(
                  l.getWhat(),
                  l,
                  (a, b) -> a.toBuilder().setCount(a.getCount() + b.getCount()).build()));
    }
    return ImportCounts.newBuilder()
        .addAllTypes(types.values())
        .addAllLeftOut(leftOut.values())
        .setExpired(one.getExpired() + other.getExpired())
        .setSame(one.getSame() + other.getSame())
        .setExisting(one.getExisting() + other.getExisting())
        .setInPieces(one.getInPieces() + other.getInPieces())
        .setOtherDatabases(one.getOtherDatabases() + other.getOtherDatabases())
        .setTooLong(one.getTooLong() + other.getTooLong())
        .build();
  }

  private static long keys(ImportCounts counts) {
    return counts.getTypesList().stream().mapToLong(ImportTypeCount::getKeys).sum()
        + counts.getSame();
  }

  private static boolean missed(ImportCounts counts) {
    return counts.getLeftOutList().stream().anyMatch(ImportLeftOut::getMissed);
  }

  private static String leftOut(ImportCounts counts) {
    return String.join(
        ", ", counts.getLeftOutList().stream().map(l -> l.getCount() + " " + l.getWhat()).toList());
  }

  private static String page(ImportReport report) {
    ImportCounts counts = report.getCounts();
    Table table = new Table().column("TYPE", 0).number("KEYS", 0).number("ELEMENTS", 0);
    long elements = 0;
    long loaded = 0;
    for (ImportTypeCount type : counts.getTypesList()) {
      table.row(type.getType(), type.getKeys(), type.getElements());
      elements += type.getElements();
      loaded += type.getKeys();
    }
    table.row("all", loaded, elements);
    StringBuilder page = new StringBuilder(table.render(Terminal.PLAIN)).append('\n');
    line(page, counts.getInPieces(), "were too large for one command and go in pieces");
    line(page, counts.getSame(), "were there already with the same content");
    line(page, counts.getExisting(), "exist with another content, which stays");
    line(page, counts.getExpired(), "had expired");
    for (ImportLeftOut left : counts.getLeftOutList()) {
      page.append("left out: ").append(left.getCount()).append(' ').append(left.getWhat());
      page.append(left.getMissed() ? "\n" : " (as asked, or no key)\n");
    }
    page.append(
        String.format(
            Locale.ROOT,
            "%s: %s (%s, RDB version %d, of Redis %s) in %.1f s.%n",
            report.getCheckedOnly() ? "Checked, nothing loaded" : "Loaded and acknowledged",
            report.getFile(),
            Words.bytes(report.getFileSize()),
            report.getRdbVersion(),
            Words.orNothing(report.getRedisVersion()),
            report.getTookMillis() / 1000.0));
    return page.toString();
  }

  private static void line(StringBuilder page, long count, String words) {
    if (count > 0) {
      page.append(count).append(" keys ").append(words).append('\n');
    }
  }
}
