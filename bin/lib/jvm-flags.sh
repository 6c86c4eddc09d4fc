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
      if [ "$2" -ge 25 ]; then
        # Object headers of 8 bytes instead of 12: small values are mostly headers. A product feature from JDK 25 on.
        echo '-XX:+UseCompactObjectHeaders'
      fi
      ;;
    cli)
      # A command lives for a second: no second compiler, no collector threads.
      echo '-XX:TieredStopAtLevel=1'
      echo '-XX:+UseSerialGC'
      ;;
  esac
}
