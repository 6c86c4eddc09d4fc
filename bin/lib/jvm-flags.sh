# The JVM flags of Flotilla's processes, one reason each. Sourced by bin/flotilla.
# What an operator adds goes into FLOTILLA_NODE_OPTS and FLOTILLA_CLI_OPTS, which come last and so win.

# jvm_flags ROLE FEATURE_VERSION: prints the flags of a node or of the cli on that JDK, one a line.
jvm_flags() {
  # Netty's epoll transport and its buffers are native code, and allowed to be.
  echo '--enable-native-access=ALL-UNNAMED'
  if [ "$2" -ge 23 ]; then
    # Netty, protobuf and Ratis still use sun.misc.Unsafe; without this the JDK warns of it on standard error at each start.
    echo '--sun-misc-unsafe-memory-access=allow'
  fi
  case "$1" in
    node)
      # A node that has run out of memory has lost a thread somewhere and is not to be trusted: it ends, and its log is whole.
      echo '-XX:+ExitOnOutOfMemoryError'
      # The fatal error log of a crash goes to standard error, where the node's other words are, not into the working directory.
      echo '-XX:+ErrorFileToStderr'
      # The heap begins small and grows with the data. By default it begins with a 64th of the machine's memory, and G1 lets all of
      # that, and more, fill with garbage before it first collects. Measured in one idle cluster on a machine of 24 GB, some minutes
      # after the start: 640 MB resident by default, 250 MB with this; the collector itself (Serial: 220 MB) matters less.
      echo '-Xms64m'
      # Netty follows one buffer in 4096 to find leaks, not one in 128: each one followed costs two traces of the stack, together
      # 2 to 3 % of the thread that serves the sockets at GET with a pipeline of 16.
      echo '-Dio.netty.leakDetection.samplingInterval=4096'
      if grep -qs '\[madvise\]' /sys/kernel/mm/transparent_hugepage/enabled; then
        # Pages of 2 MB for the heap where Linux gives them to who asks. The heap grows under load, and each page that is touched
        # for the first time costs a fault. Measured at SET with a pipeline of 64 on a virtual machine: 4000 to 7000 faults a second
        # on each node without, below 30 with, and 0.9 us less of the kernel's time for each SET on a follower.
        echo '-XX:+UseTransparentHugePages'
      fi
      if [ "$2" -ge 25 ]; then
        # Object headers of 8 bytes instead of 12: small values are mostly headers. A product feature from JDK 25 on.
        echo '-XX:+UseCompactObjectHeaders'
      fi
      ;;
    cli)
      # What the JVM itself has to say must not stand in the results, which are on standard output.
      echo '-Xlog:disable'
      echo '-Xlog:all=warning:stderr'
      # A command lives for a second: no second compiler, no collector threads.
      echo '-XX:TieredStopAtLevel=1'
      echo '-XX:+UseSerialGC'
      ;;
  esac
}
