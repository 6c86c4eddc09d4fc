package io.flotilla.node.admin;

import io.flotilla.node.metadata.LeaderHints;
import io.flotilla.node.metadata.MetadataClient;
import io.flotilla.node.proposal.GroupId;
import io.flotilla.proto.metadata.MetadataState;
import java.util.function.Supplier;

/** What the operator's service needs of the cluster once the node belongs to one. */
public record Joined(
    GroupId metadataGroup,
    Supplier<MetadataState> state,
    LeaderHints hints,
    MetadataClient client) {}
