package io.flotilla.node.metadata;

/** A change of the metadata has no verdict: there was no leader in time, or the answer was lost. */
public final class MetadataUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean outcomeUnknown;

  public MetadataUnavailableException(boolean outcomeUnknown, String why) {
    super(
        (outcomeUnknown
                ? "the change may have been made, or may be made later: "
                : "the change was not made: ")
            + why);
    this.outcomeUnknown = outcomeUnknown;
  }

  /** Whether the change may have been made, or may be made later. */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
