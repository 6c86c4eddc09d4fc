package io.flotilla.node.proposal;

/** A group and a term: in a question the asker's term, in an answer the answerer's. */
public record GroupTerm(GroupId group, long term) {}
