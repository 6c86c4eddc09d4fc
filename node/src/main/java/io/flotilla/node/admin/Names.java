package io.flotilla.node.admin;

import io.flotilla.proto.metadata.MetadataState;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.metadata.Shard;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What people call nodes and shards, as the metadata knows them. */
final class Names {
  private Names() {}

  /** The name of the metadata group wherever a shard may be named. */
  static final String METADATA = "metadata";

  static Node node(MetadataState state, String nameOrId) {
    Node node = maybeNode(state, nameOrId);
    if (node == null) {
      throw new AdminException(
          AdminException.Kind.NOT_FOUND,
          "unknown-node",
          "no node is called \""
              + nameOrId
              + "\"; there are "
              + state.getNodesList().stream()
                  .map(Node::getName)
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
    return node;
  }

  static @Nullable Node maybeNode(MetadataState state, String nameOrId) {
    for (Node node : state.getNodesList()) {
      if (node.getName().equals(nameOrId) || node.getId().equals(nameOrId)) {
        return node;
      }
    }
    return null;
  }

  static Shard shard(MetadataState state, String numberOrId) {
    for (Shard shard : state.getShardsList()) {
      if (Integer.toString(shard.getNumber()).equals(numberOrId)
          || shard.getId().equals(numberOrId)) {
        return shard;
      }
    }
    throw new AdminException(
        AdminException.Kind.NOT_FOUND,
        "unknown-shard",
        "no shard is called \""
            + numberOrId
            + "\"; there are "
            + state.getShardsList().stream()
                .map(s -> Integer.toString(s.getNumber()))
                .collect(Collectors.joining(", ")));
  }

  static List<Shard> shards(MetadataState state, List<String> numbersOrIds) {
    return numbersOrIds.isEmpty()
        ? state.getShardsList()
        : numbersOrIds.stream().map(s -> shard(state, s)).toList();
  }

  static String nodeName(MetadataState state, String id) {
    Node node = maybeNode(state, id);
    return node == null ? "" : node.getName();
  }
}
