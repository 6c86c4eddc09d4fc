package io.flotilla.statemachine.datatypes;

/**
 * An entry that was delivered to a consumer of a group and is not acknowledged.
 *
 * @param id the entry's id; the entry itself may be gone from the stream
 * @param deliveredMillis when it was delivered last, Unix milliseconds
 * @param deliveries how often, as far as clients have not said otherwise
 * @param consumer whose it is
 */
public record PendingEntry(
    StreamId id, long deliveredMillis, long deliveries, StreamConsumer consumer) {}
