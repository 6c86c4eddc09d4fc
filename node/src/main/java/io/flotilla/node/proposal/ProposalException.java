package io.flotilla.node.proposal;

/** An entry that no client asked for was not applied, or not known to be: {@link #failure}. */
public final class ProposalException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Failure failure;

  ProposalException(String what, Failure failure) {
    super(what + ": " + failure);
    this.failure = failure;
  }

  /** What became of it. */
  public Failure failure() {
    return failure;
  }
}
