package io.flotilla.node.proposal;

/**
 * A connection, as the shards that it asks see it. Called on the connection's {@link
 * ConnectionLoop} only.
 */
public interface Asker {
  /**
   * Some of this connection's requests have just been completed: the replies that are next in order
   * may be written, and flushed once. Called once per connection after a run of completions, not
   * once per completion; where its requests lie scattered over a large batch, after each such run.
   */
  void settled();

  /**
   * A shard for which {@link Strand#submit} asked to stop takes requests again: the socket may be
   * read on.
   */
  void relieved();
}
