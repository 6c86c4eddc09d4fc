package io.flotilla.node.proposal;

import static java.util.Objects.requireNonNull;

import io.flotilla.node.proposal.ShardLog.LeaderHint;
import io.flotilla.node.proposal.ShardLog.Voters;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A group of Raft replicas at the grain at which Ratis' steps can be seen through {@link ShardLog}:
 * a division lowers its role in one step and raises its term in a later one, and any step of any
 * replica may happen between two getters of one read point.
 *
 * <p>It knows what no replica knows: the highest index whose write has been acknowledged anywhere.
 * A read that is confirmed at a lower index than that of the moment of its asking is stale.
 *
 * <p>All that can happen next is an {@link Event} in one bag, drawn at random: so messages are
 * late, reordered, lost and doubled. Elections, replication and joint configurations follow
 * Ongaro's thesis; {@link #commit} asserts state machine safety, so a fault of the model does not
 * pass for one of the rounds.
 */
final class RaftModel {
  private static final Set<NodeId> NOBODY = Set.of();

  /** An election is so much rarer than the numbers below say. */
  private static final int RARE = 4;

  /** In calm, what is under way comes to its end before much that is new begins. */
  private static final int CALMLY_UNDER_WAY = 92;

  /** Something that may happen. */
  interface Event {
    void happen();
  }

  /** An entry; its identity is what tells it from another with the same bytes. */
  private record Entry(
      long term, long write, @Nullable Voters voters, @Nullable Submission submission) {
    Entry(long term, long write, @Nullable Voters voters) {
      this(term, write, voters, null);
    }
  }

  /** What a member's proposal became. */
  static final class Submission {
    private final Member by;
    private final Proposal proposal;
    private int index;
    private boolean toldUnknown;

    Submission(Member by, Proposal proposal) {
      this.by = by;
      this.proposal = proposal;
    }
  }

  /** What a member's log drives, if it is more than the model itself. */
  interface Driven {
    /** The machine that applies; called on the loop. */
    ReplicatedMachine machine();

    /** Runs the task on the member's loop, later. */
    void onLoop(Runnable task);

    /** Runs the task on the member's loop, now. */
    void onLoopNow(Runnable task);
  }

  static final GroupId GROUP = new GroupId(new UUID(0, 7));

  final GroupId group;
  final List<Member> members = new ArrayList<>();
  private final Random random;
  private final List<Event> bag = new ArrayList<>();
  private final List<Event> late = new ArrayList<>();

  /** The members on one side of a cut in the network; the others are on the other side. */
  private final Set<NodeId> cutOff;

  private final List<Entry> committed = new ArrayList<>();

  // Each seed draws a world of its own (swarm testing, Groce et al. 2012): rare events become
  // common in some worlds, where those that would hide them are rare.
  private final int stands;
  private final int changes;
  private final int writing;
  private final int replications;
  private final int applications;
  private final int cuts;
  private final int lateOnes;
  private final int underWay;
  private final int interleaving;
  private final int longPause;
  private final int crowd;
  private long writes;

  /**
   * At the end of a run: nothing is lost any more, no cuts, and elections only where nobody leads.
   */
  private boolean calm;

  /** After a run: the log takes nothing more, so that it can be compared with what is applied. */
  boolean closed;

  /** The highest index (from 1) of an acknowledged write. */
  long acknowledged;

  int configurationsMade;

  /** How many things have happened. */
  int steps;

  /** What happened that is no everyday thing. */
  int elections;

  int cutsMade;
  int lost;
  int doubled;
  int delayed;

  /** Hears of what happens; for people who look at one run. */
  Consumer<String> trace = what -> {};

  RaftModel(int nodes, int voters, Random random) {
    this(GROUP, nodes, voters, random, null);
  }

  /**
   * A group beside another one on the same nodes.
   *
   * @param beside the group whose network it shares, cuts and all; null if it has its own
   */
  RaftModel(GroupId group, int nodes, int voters, Random random, @Nullable RaftModel beside) {
    this.group = group;
    this.random = random;
    if (beside == null) {
      this.cutOff = new HashSet<>();
    } else {
      this.cutOff = beside.cutOff;
    }
    this.stands = 1 + random.nextInt(8);
    this.changes = Math.max(0, random.nextInt(6) - 2);
    this.writing = 5 + random.nextInt(30);
    this.replications = 20 + random.nextInt(60);
    this.applications = 20 + random.nextInt(100);
    this.cuts = beside != null || random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(20);
    this.lateOnes = random.nextInt(2) == 0 ? 0 : random.nextInt(30);
    this.underWay = 50 + random.nextInt(40);
    this.interleaving = random.nextInt(3) == 0 ? 0 : random.nextInt(40);
    this.longPause = 50 + random.nextInt(1000);
    this.crowd = 10 + random.nextInt(60);
    Set<NodeId> first = new LinkedHashSet<>();
    for (int i = 0; i < nodes; i++) {
      NodeId id = new NodeId("%040x".formatted(i + 1));
      if (i < voters) {
        first.add(id);
      }
    }
    for (int i = 0; i < nodes; i++) {
      members.add(new Member(new NodeId("%040x".formatted(i + 1)), new Voters(first, NOBODY)));
    }
  }

  Member member(NodeId id) {
    return members.stream().filter(m -> m.id.equals(id)).findFirst().orElseThrow();
  }

  /** A message: lost across a cut, lost or doubled sometimes, late sometimes, and in any order. */
  void post(NodeId from, NodeId to, Event event) {
    if (calm) {
      bag.add(event);
      return;
    }
    if (cutOff.contains(from) != cutOff.contains(to) || random.nextInt(100) >= 95) {
      lost++;
      return;
    }
    boolean isLate = random.nextInt(100) >= 100 - lateOnes;
    delayed += isLate ? 1 : 0;
    (isLate ? late : bag).add(event);
    if (random.nextInt(100) >= 92) {
      doubled++;
      (random.nextInt(100) < 50 ? late : bag).add(event);
    }
  }

  private static Event draw(List<Event> from, Random random) {
    int i = random.nextInt(from.size());
    Event event = from.set(i, from.getLast());
    from.removeLast();
    return event;
  }

  /** Lets one thing happen: something that is under way, or something new. */
  void step() {
    steps++;
    if (!late.isEmpty() && random.nextInt(100) < 2) {
      draw(late, random).happen();
      return;
    }
    boolean comes = random.nextInt(100) < (calm ? CALMLY_UNDER_WAY : underWay);
    if (!bag.isEmpty() && (comes || bag.size() > crowd)) {
      draw(bag, random).happen();
      return;
    }
    if (!calm && random.nextInt(1000) >= 1000 - cuts) {
      cut();
    }
    Member m = members.get(random.nextInt(members.size()));
    int what = random.nextInt(stands + RARE * (changes + writing + replications + applications));
    if ((what -= stands) < 0) {
      if (!calm) {
        m.stand();
      }
    } else if ((what -= RARE * changes) < 0) {
      if (!calm) {
        m.changeVoters();
      }
    } else if ((what -= RARE * writing) < 0) {
      if (m.driven == null) {
        m.write();
      }
    } else if ((what -= RARE * replications) < 0) {
      oneThat(m, x -> x.leading).replicate();
    } else {
      oneThat(m, x -> x.applied < x.commitIndex).apply();
    }
  }

  /** The network heals, or is cut anywhere, or around a leader. */
  private void cut() {
    cutOff.clear();
    Member standing = members.get(random.nextInt(members.size()));
    int how = random.nextInt(4);
    if (how == 3) {
      members.stream().filter(m -> m.leading && m != standing).forEach(m -> cutOff.add(m.id));
    } else if (how == 2) {
      members.stream().filter(m -> random.nextInt(5) < 2).forEach(m -> cutOff.add(m.id));
    }
    cutsMade++;
    trace.accept("cut off: " + cutOff.stream().map(RaftModel::brief).sorted().toList());
    if (random.nextBoolean()) {
      // Who hears nothing of his leader any more stands for election.
      standing.stand();
    }
  }

  /** This member, or if it has nothing to do, the next one that has. */
  private Member oneThat(Member first, Predicate<Member> hasToDo) {
    int at = members.indexOf(first);
    for (int i = 0; i < members.size(); i++) {
      Member m = members.get((at + i) % members.size());
      if (hasToDo.test(m)) {
        return m;
      }
    }
    return first;
  }

  /**
   * The member with the best log stands for election, unless somebody leads and serves.
   *
   * <p>It need not be a voter by the last configuration that it knows. A leader that takes itself
   * out may be alone in holding that configuration; if it falls before a voter has it, those who
   * are still in the joint one need its vote and do not get it, for its log is better, so none but
   * itself can be elected (Ongaro's thesis, 4.2.2).
   */
  void standIfNobodyLeads() {
    if (members.stream().noneMatch(m -> m.ready)) {
      Comparator<Member> byLog =
          Comparator.<Member>comparingLong(Member::lastTerm).thenComparingInt(m -> m.log.size());
      Collections.max(members, byLog.thenComparing(Member::isVoter)).stand();
    }
  }

  /** Ends all faults, or lets them begin. */
  void calm(boolean isCalm) {
    calm = isCalm;
    cutOff.clear();
  }

  /** The bytes of all committed proposals, in order, with their terms and indexes. */
  void replay(Replay onto) {
    for (int i = 0; i < committed.size(); i++) {
      Submission s = committed.get(i).submission();
      if (s != null) {
        onto.entry(committed.get(i).term(), i + 1, s.proposal.entry().duplicate());
      }
    }
  }

  /** Hears the committed entries. */
  interface Replay {
    void entry(long term, long index, ByteBuffer bytes);
  }

  static String brief(NodeId node) {
    return "n" + node.hex().substring(node.hex().length() - 1);
  }

  /** How much is committed. */
  int committedSize() {
    return committed.size();
  }

  private void commit(List<Entry> log, int upTo) {
    for (int i = 0; i < upTo; i++) {
      if (i < committed.size()) {
        if (!committed.get(i).equals(log.get(i))) {
          throw new AssertionError("the model itself is broken at index " + (i + 1));
        }
      } else {
        committed.add(log.get(i));
      }
    }
  }

  /** One replica, and its division as the rounds see it. */
  final class Member implements ShardLog {
    final NodeId id;
    private final Voters firstVoters;
    private List<Entry> log = new ArrayList<>();
    private final Map<NodeId, Integer> matched = new HashMap<>();
    private final Set<NodeId> votes = new HashSet<>();
    private final Set<Long> ownWrites = new HashSet<>();
    private long term;
    private long votedIn;
    private boolean candidate;
    private boolean leading;
    private boolean ready;
    private int commitIndex;
    private int applied;
    private @Nullable LeaderHint hint;
    private final List<Submission> inFlight = new ArrayList<>();

    /** What hangs on this member's log; null where the model writes by itself. */
    @Nullable Driven driven;

    /**
     * Whether a getter is being answered: this member's own loop is busy, so it does nothing else.
     */
    boolean busy;

    Member(NodeId id, Voters voters) {
      this.id = id;
      this.firstVoters = voters;
    }

    /** The index (from 1) of the log's last configuration; 0 for the first one. */
    private int votersAt() {
      int at = log.size();
      while (at > 0 && log.get(at - 1).voters() == null) {
        at--;
      }
      return at;
    }

    private Voters latestVoters() {
      int at = votersAt();
      return at == 0 ? firstVoters : requireNonNull(log.get(at - 1).voters());
    }

    private boolean isVoter() {
      Voters v = latestVoters();
      return v.current().contains(id) || v.old().contains(id);
    }

    private static boolean isMajority(Set<NodeId> of, Set<NodeId> who) {
      return of.isEmpty() || of.stream().filter(who::contains).count() * 2 > of.size();
    }

    private boolean isQuorum(Set<NodeId> who) {
      Voters v = latestVoters();
      return isMajority(v.current(), who) && isMajority(v.old(), who);
    }

    private long lastTerm() {
      return log.isEmpty() ? 0 : log.getLast().term();
    }

    /** Two steps, as in Ratis: the role now, the term (and what follows from it) later. */
    private void lowerThenRaise(long newTerm, Event then) {
      lower();
      bag.add(() -> {
        if (newTerm > term) {
          lower();
          term = newTerm;
          hint = null;
        }
        then.happen();
      });
    }

    private void lower() {
      boolean led = leading;
      leading = false;
      ready = false;
      candidate = false;
      if (led && driven != null) {
        tellLeader(driven);
        for (Submission s : inFlight) {
          tellUnknown(driven, s);
        }
      }
    }

    private void tellLeader(Driven to) {
      to.onLoop(() -> to.machine().leaderChanged(hint, leading));
    }

    private void tellUnknown(Driven to, Submission s) {
      if (!s.toldUnknown) {
        s.toldUnknown = true;
        to.onLoop(() -> s.proposal.unknown("leadership was lost"));
      }
    }

    /**
     * Always in a term of its own, even if the term has risen since its role was lowered. Who stood
     * in one in which it has followed somebody could be elected by voters that this leader made.
     */
    void stand() {
      lower();
      bag.add(() -> {
        if (leading) {
          return;
        }
        term++;
        hint = null;
        candidate = true;
        votedIn = term;
        votes.clear();
        votes.add(id);
        long t = term;
        maybeLead();
        for (Member other : members) {
          if (other != this) {
            post(id, other.id, () -> other.onVoteAsked(this, t, lastTerm(), log.size()));
          }
        }
      });
    }

    private void onVoteAsked(Member asker, long t, long theirLastTerm, int theirSize) {
      if (t < term) {
        post(id, asker.id, () -> asker.onHigherTerm(term));
        return;
      }
      Event vote =
          () -> {
            boolean upToDate =
                theirLastTerm > lastTerm()
                    || (theirLastTerm == lastTerm() && theirSize >= log.size());
            if (term == t && votedIn < t && upToDate && !leading) {
              votedIn = t;
              post(id, asker.id, () -> asker.onVote(id, t));
            }
          };
      if (t > term) {
        lowerThenRaise(t, vote);
      } else {
        vote.happen();
      }
    }

    private void onVote(NodeId from, long t) {
      if (candidate && term == t) {
        votes.add(from);
        maybeLead();
      }
    }

    private void maybeLead() {
      if (isQuorum(votes)) {
        candidate = false;
        leading = true;
        ready = false;
        elections++;
        trace.accept(
            brief(id) + " leads " + group.uuid().getLeastSignificantBits() + " in term " + term);
        matched.clear();
        hint = new LeaderHint(term, id);
        if (driven != null) {
          tellLeader(driven);
        }
        append(new Entry(term, 0, null));
      }
    }

    private void append(Entry entry) {
      log = new ArrayList<>(log);
      log.add(entry);
      maybeCommit();
    }

    void write() {
      if (leading && ready) {
        long write = ++writes;
        ownWrites.add(write);
        append(new Entry(term, write, null));
      }
    }

    void changeVoters() {
      if (!leading || !ready || !latestVoters().old().isEmpty()) {
        return;
      }
      if (votersAt() > commitIndex) {
        return;
      }
      Set<NodeId> next = new LinkedHashSet<>();
      int size = 1 + random.nextInt(members.size());
      while (next.size() < size) {
        next.add(members.get(random.nextInt(members.size())).id);
      }
      trace.accept("voters from now on: " + next.stream().map(RaftModel::brief).toList());
      append(new Entry(term, 0, new Voters(next, latestVoters().current())));
    }

    void replicate() {
      if (!leading) {
        return;
      }
      List<Entry> sent = log;
      long t = term;
      int upTo = commitIndex;
      for (Member other : members) {
        if (other != this) {
          post(id, other.id, () -> other.onAppend(this, t, sent, upTo));
        }
      }
    }

    private void onAppend(Member leader, long t, List<Entry> sent, int theirCommit) {
      if (t < term) {
        post(id, leader.id, () -> leader.onHigherTerm(term));
        return;
      }
      Event accept =
          () -> {
            if (term != t || leading) {
              return;
            }
            candidate = false;
            if (hint == null) {
              hint = new LeaderHint(t, leader.id);
              if (driven != null) {
                tellLeader(driven);
              }
            }
            int same = 0;
            while (same < sent.size()
                && same < log.size()
                && sent.get(same).term() == log.get(same).term()) {
              same++;
            }
            if (same < sent.size()) {
              log = new ArrayList<>(sent);
            }
            int known = Math.min(theirCommit, sent.size());
            if (known > commitIndex) {
              commitIndex = known;
              commit(log, commitIndex);
            }
            post(id, leader.id, () -> leader.onAccepted(id, t, sent.size()));
          };
      if (t > term) {
        lowerThenRaise(t, accept);
      } else {
        accept.happen();
      }
    }

    private void onHigherTerm(long t) {
      if (t > term) {
        lowerThenRaise(t, () -> {});
      }
    }

    private void onAccepted(NodeId from, long t, int size) {
      if (leading && term == t) {
        matched.merge(from, size, Math::max);
        maybeCommit();
      }
    }

    private void maybeCommit() {
      for (int n = log.size(); n > commitIndex && log.get(n - 1).term() == term; n--) {
        Set<NodeId> have = new HashSet<>();
        have.add(id);
        for (Map.Entry<NodeId, Integer> m : matched.entrySet()) {
          if (m.getValue() >= n) {
            have.add(m.getKey());
          }
        }
        if (isQuorum(have)) {
          commitIndex = n;
          commit(log, n);
          Voters v = latestVoters();
          if (!v.old().isEmpty() && votersAt() <= n) {
            configurationsMade++;
            append(new Entry(term, 0, new Voters(v.current(), NOBODY)));
          }
          return;
        }
      }
    }

    void apply() {
      if (applied < commitIndex) {
        Entry e = log.get(applied++);
        if (driven != null) {
          drive(driven, e, applied);
        }
        if (leading && e.term() == term) {
          ready = true;
        }
        if (e.write() != 0 && ownWrites.remove(e.write())) {
          acknowledged = Math.max(acknowledged, applied);
        }
      }
    }

    private void drive(Driven to, Entry e, int index) {
      to.onLoopNow(() -> {
        Submission s = e.submission();
        if (s == null) {
          to.machine().pass(e.term(), index);
        } else {
          // Sometimes the log does not know its own proposal any more: the entry's name must do.
          boolean known = s.by == this && random.nextInt(4) != 0;
          to.machine()
              .apply(e.term(), index, s.proposal.entry().duplicate(), known ? s.proposal : null);
          inFlight.remove(s);
        }
        for (Submission other : List.copyOf(inFlight)) {
          if (other.index == index) {
            inFlight.remove(other);
            tellUnknown(to, other);
            if (random.nextInt(4) != 0) {
              to.onLoop(other.proposal::overtaken);
            }
          }
        }
      });
    }

    /** Whether it thinks that it leads; asking takes no time, unlike {@link #isLeader}. */
    boolean leads() {
      return leading;
    }

    boolean hasAppliedAll(int index) {
      return applied >= index;
    }

    /** Between two getters anything may happen anywhere. */
    private void pause() {
      if (busy && random.nextInt(100) < interleaving) {
        int steps = 1 + random.nextInt(random.nextInt(2) == 0 ? longPause : 15);
        for (int i = 0; i < steps; i++) {
          step();
        }
      }
    }

    @Override
    public GroupId group() {
      return group;
    }

    @Override
    public NodeId self() {
      return id;
    }

    @Override
    public void propose(Proposal proposal) {
      Driven to = requireNonNull(driven, "the model writes by itself");
      if (closed) {
        to.onLoop(() -> proposal.refused(Proposal.Refusal.CLOSED));
      } else if (!leading) {
        to.onLoop(() -> proposal.refused(Proposal.Refusal.NOT_LEADER));
      } else if (!ready) {
        to.onLoop(() -> proposal.refused(Proposal.Refusal.NOT_READY));
      } else if (random.nextInt(100) == 0) {
        to.onLoop(() -> proposal.refused(Proposal.Refusal.OVERLOADED));
      } else {
        Submission s = new Submission(this, proposal);
        s.index = log.size() + 1;
        inFlight.add(s);
        append(new Entry(term, 0, null, s));
      }
    }

    @Override
    public long currentTerm() {
      pause();
      return term;
    }

    @Override
    public boolean isLeaderReady() {
      pause();
      return leading && ready;
    }

    @Override
    public boolean isLeader() {
      pause();
      return leading;
    }

    @Override
    public long committedIndex() {
      pause();
      return commitIndex;
    }

    @Override
    public LogPosition lastApplied() {
      pause();
      return applied == 0
          ? LogPosition.NONE
          : new LogPosition(log.get(applied - 1).term(), applied);
    }

    @Override
    public @Nullable LeaderHint leader() {
      return hint;
    }

    @Override
    public Voters voters() {
      pause();
      return latestVoters();
    }

    @Override
    public int followersHolding(long index) {
      return 0;
    }

    @Override
    public void stepDown(String reason) {
      throw new UnsupportedOperationException("the model's leaders fall by elections");
    }
  }
}
