package io.flotilla.node.admin;

import io.flotilla.node.proposal.GroupId;
import io.flotilla.node.proposal.LogPosition;
import io.flotilla.proto.admin.Identity;
import io.flotilla.proto.admin.Setting;
import io.flotilla.proto.identity.FormationPlan;
import io.flotilla.proto.metadata.MetadataEntry;
import io.flotilla.proto.metadata.MetadataVerdict;
import io.flotilla.proto.metadata.Node;
import io.flotilla.proto.nodes.AdoptRequest;
import io.flotilla.proto.nodes.ChangeMembersRequest;
import io.flotilla.proto.nodes.GreetRequest;
import io.flotilla.proto.nodes.Greeting;
import io.flotilla.proto.nodes.LoadRequest;
import io.flotilla.proto.nodes.LoadResponse;
import io.flotilla.proto.nodes.LocalStatusResponse;
import io.flotilla.statemachine.metadata.NodeId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this node can do by itself when it is asked over the network: the port that the wiring
 * implements.
 *
 * <p>Calls come on virtual threads and may block. What cannot be done throws {@link
 * AdminException}. Before the node belongs to a cluster only the first group of methods works; the
 * others throw FORBIDDEN_NOW.
 */
public interface LocalNode {
  // Always

  Identity identity();

  Greeting greet(GreetRequest request);

  Node adopt(AdoptRequest request);

  FormationPlan init(
      List<io.flotilla.node.metadata.ClusterView.Endpoint> admins, int shards, int replicas);

  /** Begins to stop the node, after the caller has been answered. */
  void stop();

  // As a member

  /**
   * Proposes to the local replica of the metadata group; throws FORBIDDEN_NOW "not-leader" if it
   * certainly was not done.
   */
  MetadataVerdict propose(MetadataEntry entry, Duration timeout);

  /** This node and its replicas. */
  LocalStatusResponse status();

  /** Commits a CHECK entry in a group that this node leads. */
  LogPosition check(GroupId group, long checkId, Duration timeout);

  /** The digest that the local replica made at that CHECK entry. */
  Digest digest(GroupId group, long checkId, Duration timeout);

  /** Begins to find out whether the local replica differs from most at that CHECK entry. */
  void doubt(GroupId group, long checkId, long index);

  /** A digest and where it was taken. */
  record Digest(long index, String hex) {}

  /** Takes a snapshot of the local replica; its index. */
  long snapshot(GroupId group, Duration timeout);

  /** Hands the leadership of a group that this node leads to another. */
  void transferLeadership(GroupId group, NodeId to, Duration timeout);

  /** Opens an empty replica; nothing if it is open. */
  void openReplica(GroupId group);

  /** Closes the replica of a group of which this node is no member any more. */
  void closeReplica(GroupId group);

  /** Changes the members of a group that this node leads. */
  void changeMembers(ChangeMembersRequest request, Duration timeout);

  /** Does an import's work in a group that this node leads; each piece has an outcome. */
  LoadResponse load(LoadRequest request, Duration timeout);

  /** The longest argument that a command may carry here. */
  int commandBytesMax();

  /** Gives leaderships away and takes none until told otherwise; how many were given away. */
  int drain(boolean undrain);

  /** This node's own settings. */
  List<Setting> nodeSettings();

  /** The settings of the cluster with their defaults, as this program knows them. */
  List<ClusterSetting> clusterSettings();

  /** A setting that the cluster shares. */
  interface ClusterSetting {
    String name();

    String defaultValue();

    String description();

    /** Why the value is wrong; null if it is right. */
    @Nullable String problem(String value);
  }
}
