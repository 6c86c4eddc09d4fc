package io.flotilla.node.raft;

import io.flotilla.statemachine.metadata.NodeId;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What carries Raft's messages between nodes: questions and their answers, over one connection per
 * pair of nodes for all groups.
 *
 * <p>A question is sent once. One that fails may or may not have been heard; Raft bears that.
 */
public interface RaftLinks {
  /** What a question is about. */
  enum Subject {
    /** Entries for a follower's log, or a heartbeat. */
    APPEND,
    /** A candidate's request for a vote. */
    VOTE,
    /** A piece of a snapshot. */
    SNAPSHOT,
    /** A leader asks a follower to stand for election. */
    STAND
  }

  /** What is asked, written where it is sent from: an append holds megabytes at times. */
  interface Body {
    /** How many bytes it has. */
    int bytes();

    /**
     * Writes them, once at most, on the links' own thread.
     *
     * @param to has room for so many, all of which are filled
     */
    void writeTo(ByteBuffer to);
  }

  /** Answers what other nodes ask. */
  interface Answerer {
    /**
     * The answer, at once or later; a failure is told to the asker in its words. On the links' own
     * thread, so it must not block.
     *
     * @param body read only, valid during the call
     */
    CompletionStage<byte[]> answer(NodeId from, Subject subject, ByteBuffer body);
  }

  /** Answers questions from now on. */
  void serve(Answerer answerer);

  /** The nodes to be connected to from now on, and where they listen; any thread. */
  void peers(Map<NodeId, InetSocketAddress> addresses);

  /**
   * Asks a node; any thread. Fails at once where there is no connection, and when it is lost. The
   * future is completed on the links' own thread, or on the caller's if it fails at once.
   */
  CompletableFuture<byte[]> ask(NodeId to, Subject subject, Body body, Duration patience);
}
