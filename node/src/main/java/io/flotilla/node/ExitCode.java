package io.flotilla.node;

/**
 * What a node's process says when it ends: docs/operations tells operators; the numbers are those
 * of sysexits.h.
 */
enum ExitCode {
  /** Stopped as it was asked to. */
  STOPPED(0),
  /** The command line is wrong. */
  USAGE(64),
  /** Data that cannot be trusted: nothing was changed; the node must be replaced. */
  UNTRUSTED_DATA(65),
  /** A port cannot be had. */
  PORT_UNAVAILABLE(69),
  /** The node halted itself; its log says why; start it again. */
  HALTED(70),
  /** The data directory cannot be used: another process has it, or it is somebody else's. */
  DIRECTORY_UNUSABLE(73),
  /** The node has been replaced: its id is retired for ever. */
  RETIRED(77),
  /** The settings are wrong. */
  CONFIG(78);

  final int code;

  ExitCode(int code) {
    this.code = code;
  }
}
