package io.flotilla.statemachine.apply;

/**
 * What a CHECK entry found here: the digest of this replica's state after exactly that entry.
 *
 * @param checkId the name that the entry gave
 * @param index the entry's log index
 * @param digest 32 hexadecimal digits, equal on replicas whose states are equal
 * @param keys the number of keys digested
 */
public record Check(long checkId, long index, String digest, long keys) {}
