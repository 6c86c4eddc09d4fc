package io.flotilla.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux says of a process. */
final class ProcessStats {
  /** USER_HZ, fixed in Linux's interface whatever the kernel ticks at. */
  private static final double TICKS_PER_SECOND = 100;

  private ProcessStats() {}

  /** CPU seconds that it has used, in user and system mode. */
  static double cpuSeconds(ProcessHandle process) {
    String stat = read(process, "stat");
    // The name, in brackets, may hold blanks; utime and stime are the 12th and 13th after it.
    String[] cells = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(cells[11]) + Long.parseLong(cells[12])) / TICKS_PER_SECOND;
  }

  /** Bytes of memory that are resident now. */
  static long residentBytes(ProcessHandle process) {
    for (String line : read(process, "status").lines().toList()) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new BenchException("process " + process.pid() + " tells no VmRSS");
  }

  private static String read(ProcessHandle process, String file) {
    try {
      return Files.readString(
          Path.of("/proc/" + process.pid() + "/" + file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new BenchException("process " + process.pid() + " has ended: " + e, e);
    }
  }
}
