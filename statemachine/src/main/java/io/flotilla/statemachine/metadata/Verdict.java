package io.flotilla.statemachine.metadata;

import io.flotilla.proto.metadata.MetadataVerdict;

/**
 * What a change of the metadata came to.
 *
 * <p>All changes are idempotent: the same entry again is {@link Already}, so a proposer that lost
 * sight of its entry may propose it again and learn the truth. The version is the state's after the
 * entry: the index of the last entry that changed anything.
 */
public sealed interface Verdict {
  /** The state's version after the entry. */
  long version();

  /** Whether the state is now as asked. */
  default boolean done() {
    return this instanceof Applied || this instanceof Already;
  }

  /** The state is now as asked, by this entry. */
  record Applied(long version) implements Verdict {}

  /** It was so already. */
  record Already(long version) implements Verdict {}

  /** Somebody else was first, or the state forbids it now; nothing was changed. */
  record Conflict(long version, String why) implements Verdict {}

  /** The change makes no sense; nothing was changed. */
  record Invalid(long version, String why) implements Verdict {}

  /** The verdict as a message. */
  default MetadataVerdict message() {
    MetadataVerdict.Builder b = MetadataVerdict.newBuilder().setVersion(version());
    return switch (this) {
      case Applied a -> b.setKind(MetadataVerdict.Kind.KIND_APPLIED).build();
      case Already a -> b.setKind(MetadataVerdict.Kind.KIND_ALREADY).build();
      case Conflict c -> b.setKind(MetadataVerdict.Kind.KIND_CONFLICT).setText(c.why()).build();
      case Invalid i -> b.setKind(MetadataVerdict.Kind.KIND_INVALID).setText(i.why()).build();
    };
  }

  /** The verdict of a message; a kind that this program does not know is an error of the sender. */
  static Verdict of(MetadataVerdict message) {
    return switch (message.getKind()) {
      case KIND_APPLIED -> new Applied(message.getVersion());
      case KIND_ALREADY -> new Already(message.getVersion());
      case KIND_CONFLICT -> new Conflict(message.getVersion(), message.getText());
      case KIND_INVALID -> new Invalid(message.getVersion(), message.getText());
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("unknown verdict " + message.getKindValue());
    };
  }
}
