package io.flotilla.node.proposal;

import io.flotilla.node.metrics.Durations;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the shards of this node have done since it started, counted for metrics; all numbers only
 * grow. Any thread.
 */
public final class ProposalCounters {
  private final LongAdder batches = new LongAdder();
  private final LongAdder batchedCommands = new LongAdder();
  private final LongAdder batchedBytes = new LongAdder();
  private final LongAdder unknownOutcomes = new LongAdder();
  private final LongAdder overloads = new LongAdder();
  private final LongAdder rounds = new LongAdder();
  private final LongAdder framesSent = new LongAdder();
  private final LongAdder framesAnswered = new LongAdder();
  private final LongAdder readsConfirmed = new LongAdder();
  private final LongAdder readsUnconfirmed = new LongAdder();
  private final LongAdder readsBehindTime = new LongAdder();
  private final LongAdder sweptKeys = new LongAdder();

  private final Durations gathered = new Durations();
  private final Durations replicated = new Durations();
  private final Durations rounded = new Durations();

  /** From the arrival of an entry's first command at its shard until it is handed to the log. */
  public Durations gathered() {
    return gathered;
  }

  /** From there until it is applied here and its replies are known. */
  public Durations replicated() {
    return replicated;
  }

  /** From the begin of a confirmation round until a group's reads are confirmed. */
  public Durations rounded() {
    return rounded;
  }

  void batch(int commands, int bytes) {
    batches.increment();
    batchedCommands.add(commands);
    batchedBytes.add(bytes);
  }

  void unknown(int commands) {
    unknownOutcomes.add(commands);
  }

  void overloaded(int commands) {
    overloads.add(commands);
  }

  void round() {
    rounds.increment();
  }

  void frameSent() {
    framesSent.increment();
  }

  void frameAnswered() {
    framesAnswered.increment();
  }

  void confirmed(int reads) {
    readsConfirmed.add(reads);
  }

  void unconfirmed(int reads) {
    readsUnconfirmed.add(reads);
  }

  void behindTime(int reads) {
    readsBehindTime.add(reads);
  }

  void swept(int keys) {
    sweptKeys.add(keys);
  }

  /** Entries proposed for clients. */
  public long batches() {
    return batches.sum();
  }

  /** Commands and riding reads in them. */
  public long batchedCommands() {
    return batchedCommands.sum();
  }

  /** Their bytes in the log. */
  public long batchedBytes() {
    return batchedBytes.sum();
  }

  /** Commands whose clients were told that the outcome is unknown. */
  public long unknownOutcomes() {
    return unknownOutcomes.sum();
  }

  /** Requests refused because too much was waiting. */
  public long overloads() {
    return overloads.sum();
  }

  /** Confirmation rounds begun. */
  public long rounds() {
    return rounds.sum();
  }

  /** Frames sent for them, repetitions included. */
  public long framesSent() {
    return framesSent.sum();
  }

  /** Other nodes' frames answered. */
  public long framesAnswered() {
    return framesAnswered.sum();
  }

  /** Reads confirmed by a round. */
  public long readsConfirmed() {
    return readsConfirmed.sum();
  }

  /** Reads that no round confirmed, or that were not applied far enough in time. */
  public long readsUnconfirmed() {
    return readsUnconfirmed.sum();
  }

  /** Reads that had to wait for a time entry. */
  public long readsBehindTime() {
    return readsBehindTime.sum();
  }

  /** Keys named in sweeps. */
  public long sweptKeys() {
    return sweptKeys.sum();
  }
}
