package io.flotilla.statemachine.commands.geo;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * GEOSEARCH, GEORADIUS and their kin: the members within a shape, shown or stored.
 *
 * <p>Members of equal distance come in the order in which they are found: cell by cell, by score
 * and name within one. Redis promises none for them.
 */
final class Searches {
  private static final String UNITS = " <M | KM | FT | MI>";
  private static final String WITH = " [WITHCOORD] [WITHDIST] [WITHHASH]";
  private static final String RADIUS_OPTIONS =
      " radius" + UNITS + WITH + " [COUNT count [ANY]] [ASC | DESC]";
  private static final String STORE = " [STORE key | STOREDIST key]";
  private static final String AROUND =
      " <FROMMEMBER member | FROMLONLAT longitude latitude>"
          + " <BYRADIUS radius"
          + UNITS
          + " | BYBOX width height"
          + UNITS
          + "> [ASC | DESC] [COUNT count [ANY]]";
  private static final String COST =
      "O(N+log(M)) for N members in the cells around the area, and M within it";

  private static final Reply.Error NO_MEMBER =
      new Reply.Error("ERR could not decode requested zset member");
  private static final Reply.Error RADIUS = new Reply.Error("ERR need numeric radius");
  private static final Reply.Error WIDTH = new Reply.Error("ERR need numeric width");
  private static final Reply.Error HEIGHT = new Reply.Error("ERR need numeric height");
  private static final Reply.Error NEGATIVE_RADIUS =
      new Reply.Error("ERR radius cannot be negative");
  private static final Reply.Error NEGATIVE_SIDE =
      new Reply.Error("ERR height or width cannot be negative");
  private static final Reply.Error COUNT = new Reply.Error("ERR COUNT must be > 0");
  private static final Reply.Error ANY_WITHOUT_COUNT =
      new Reply.Error("ERR the ANY argument requires COUNT argument");

  /** Members that are measured at a time where any will do. */
  private static final int AT_A_TIME = 128;

  private static final int NO_PLACE = -1;

  static List<Row> rows() {
    return List.of(
        write(
                "GEORADIUS key longitude latitude" + RADIUS_OPTIONS + STORE,
                (context, arguments) -> search(context, arguments, Form.RADIUS))
            .summary("Returns or stores the members within a radius of a place.")
            .since("3.2.0")
            .complexity(COST)
            .flags(DENYOOM)
            .keys(
                KeySpec.at(1, RO, ACCESS),
                KeySpec.behind("STORE", 6, OW, UPDATE),
                KeySpec.behind("STOREDIST", 6, OW, UPDATE))
            .keyFinder((argv, places) -> findKeys(argv, 6, places)),
        read(
                "GEORADIUS_RO key longitude latitude" + RADIUS_OPTIONS,
                (context, arguments) -> search(context, arguments, Form.RADIUS_RO))
            .summary("Returns the members within a radius of a place.")
            .since("3.2.10")
            .complexity(COST),
        write(
                "GEORADIUSBYMEMBER key member" + RADIUS_OPTIONS + STORE,
                (context, arguments) -> search(context, arguments, Form.BY_MEMBER))
            .summary("Returns or stores the members within a radius of a member.")
            .since("3.2.0")
            .complexity(COST)
            .flags(DENYOOM)
            .keys(
                KeySpec.at(1, RO, ACCESS),
                KeySpec.behind("STORE", 5, OW, UPDATE),
                KeySpec.behind("STOREDIST", 5, OW, UPDATE))
            .keyFinder((argv, places) -> findKeys(argv, 5, places)),
        read(
                "GEORADIUSBYMEMBER_RO key member" + RADIUS_OPTIONS,
                (context, arguments) -> search(context, arguments, Form.BY_MEMBER_RO))
            .summary("Returns the members within a radius of a member.")
            .since("3.2.10")
            .complexity(COST),
        read(
                "GEOSEARCH key" + AROUND + WITH,
                (context, arguments) -> search(context, arguments, Form.SEARCH))
            .summary("Returns the members within a circle or a box.")
            .since("6.2.0")
            .complexity(COST)
            .arity(-7),
        write(
                "GEOSEARCHSTORE destination source" + AROUND + " [STOREDIST]",
                (context, arguments) -> search(context, arguments, Form.SEARCH_STORE))
            .summary("Stores the members within a circle or a box.")
            .since("6.2.0")
            .complexity(COST)
            .arity(-8)
            .flags(DENYOOM)
            .keys(KeySpec.at(1, OW, UPDATE), KeySpec.at(2, RO, ACCESS)));
  }

  private Searches() {}

  /** The key, and the destination behind the last STORE or STOREDIST. */
  private static boolean findKeys(byte[][] argv, int options, KeySpec.PlaceList places) {
    places.add(1);
    int destination = NO_PLACE;
    for (int i = options; i + 1 < argv.length; i++) {
      if (Ascii.spells(argv[i], "STORE") || Ascii.spells(argv[i], "STOREDIST")) {
        destination = ++i;
      }
    }
    if (destination != NO_PLACE) {
      places.add(destination);
    }
    return true;
  }

  /** Which command asks: where its source and its options stand, and what they may be. */
  private enum Form {
    RADIUS(1, 6),
    RADIUS_RO(1, 6),
    BY_MEMBER(1, 5),
    BY_MEMBER_RO(1, 5),
    SEARCH(1, 2),
    SEARCH_STORE(2, 3);

    private final int source;
    private final int options;

    Form(int source, int options) {
      this.source = source;
      this.options = options;
    }

    boolean isSearch() {
      return this == SEARCH || this == SEARCH_STORE;
    }

    boolean mayStore() {
      return this == RADIUS || this == BY_MEMBER;
    }
  }

  private enum Order {
    NONE,
    ASC,
    DESC
  }

  /** A member that was found, its distance in meters. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Found(byte[] member, double score, double meters) {}

  /** What is asked, gathered argument by argument, and checked in Redis's order. */
  private static final class Wanted {
    private final Arguments arguments;
    private final Form form;
    private final @Nullable SortedSetValue set;
    private double longitude;
    private double latitude;
    private double radius = Double.NaN;
    private double width = Double.NaN;
    private double height;
    private Unit unit = Unit.M;
    private boolean fromMember;
    private boolean fromPlace;
    private boolean withDistance;
    private boolean withHash;
    private boolean withPlace;
    private boolean any;
    private long count;
    private Order order = Order.NONE;
    private int storePlace = NO_PLACE;
    private boolean storeDistance;

    Wanted(Arguments arguments, Form form, @Nullable SortedSetValue set) {
      this.arguments = arguments;
      this.form = form;
      this.set = set;
      switch (form) {
        case RADIUS, RADIUS_RO -> {
          aroundPlace(2);
          byRadius(4);
        }
        case BY_MEMBER, BY_MEMBER_RO -> {
          if (set != null) { // else the radius is not even read, as in Redis
            aroundMember(2, set);
            byRadius(3);
          }
        }
        case SEARCH -> {}
        case SEARCH_STORE -> storePlace = 1;
      }
      int place = form.options;
      while (place < arguments.count()) {
        place += option(place);
      }
      check();
    }

    /** Reads the option at this place; how many arguments it has taken. */
    private int option(int place) {
      int behind = arguments.count() - place - 1;
      if (arguments.is(place, "WITHDIST")) {
        withDistance = true;
        return 1;
      }
      if (arguments.is(place, "WITHHASH")) {
        withHash = true;
        return 1;
      }
      if (arguments.is(place, "WITHCOORD")) {
        withPlace = true;
        return 1;
      }
      if (arguments.is(place, "ANY")) {
        any = true;
        return 1;
      }
      if (arguments.is(place, "ASC")) {
        order = Order.ASC;
        return 1;
      }
      if (arguments.is(place, "DESC")) {
        order = Order.DESC;
        return 1;
      }
      if (arguments.is(place, "COUNT") && behind >= 1) {
        count = arguments.integer(place + 1);
        if (count <= 0) {
          throw new CommandException(COUNT);
        }
        return 2;
      }
      if (form.isSearch()) {
        return searchOption(place, behind);
      }
      boolean distances = arguments.is(place, "STOREDIST");
      if (form.mayStore() && behind >= 1 && (distances || arguments.is(place, "STORE"))) {
        storePlace = place + 1;
        storeDistance = distances;
        return 2;
      }
      throw arguments.syntaxError();
    }

    private int searchOption(int place, int behind) {
      if (form == Form.SEARCH_STORE && arguments.is(place, "STOREDIST")) {
        storeDistance = true;
        return 1;
      }
      if (!fromPlace && behind >= 1 && arguments.is(place, "FROMMEMBER")) {
        if (set != null) {
          aroundMember(place + 1, set);
        }
        fromMember = true;
        return 2;
      }
      if (!fromMember && behind >= 2 && arguments.is(place, "FROMLONLAT")) {
        aroundPlace(place + 1);
        fromPlace = true;
        return 3;
      }
      if (Double.isNaN(width) && behind >= 2 && arguments.is(place, "BYRADIUS")) {
        byRadius(place + 1);
        return 3;
      }
      if (Double.isNaN(radius) && behind >= 3 && arguments.is(place, "BYBOX")) {
        double wide = arguments.floating(place + 1, WIDTH);
        double high = arguments.floating(place + 2, HEIGHT);
        if (wide < 0 || high < 0) {
          throw new CommandException(NEGATIVE_SIDE);
        }
        unit = Unit.at(arguments, place + 3);
        width = wide;
        height = high;
        return 4;
      }
      throw arguments.syntaxError();
    }

    private void aroundPlace(int place) {
      longitude = Positions.longitude(arguments, place);
      latitude = arguments.floating(place + 1);
    }

    private void aroundMember(int place, SortedSetValue members) {
      double score = members.score(arguments.at(place));
      if (Double.isNaN(score)) {
        throw new CommandException(NO_MEMBER);
      }
      GeoCell cell = GeoCell.ofScore(score);
      longitude = cell.longitude();
      latitude = cell.latitude();
    }

    private void byRadius(int place) {
      double wide = arguments.floating(place, RADIUS);
      if (wide < 0) {
        throw new CommandException(NEGATIVE_RADIUS);
      }
      unit = Unit.at(arguments, place + 1);
      radius = wide;
    }

    private void check() {
      if (storePlace != NO_PLACE && (withDistance || withHash || withPlace)) {
        throw new CommandException(
            "ERR "
                + (form == Form.SEARCH_STORE ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS")
                + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
      }
      if (form.isSearch() && !fromMember && !fromPlace) {
        throw new CommandException(
            "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "
                + arguments.text(0));
      }
      if (form.isSearch() && Double.isNaN(radius) && Double.isNaN(width)) {
        throw new CommandException(
            "ERR exactly one of BYRADIUS and BYBOX can be specified for " + arguments.text(0));
      }
      if (any && count == 0) {
        throw new CommandException(ANY_WITHOUT_COUNT);
      }
      if (count != 0 && order == Order.NONE && !any) {
        order = Order.ASC; // the nearest ones
      }
    }

    private GeoShape shape() {
      if (!Double.isNaN(radius)) {
        return new GeoShape.Circle(longitude, latitude, radius * unit.meters);
      }
      double diagonal = StrictMath.sqrt(width / 2 * (width / 2) + height / 2 * (height / 2));
      return new GeoShape.Box(
          longitude, latitude, width * unit.meters, height * unit.meters, diagonal * unit.meters);
    }

    /** The members that are asked for, in the order that is asked for. */
    List<Found> found() {
      List<Found> found = new ArrayList<>();
      if (set != null) {
        GeoShape shape = shape();
        long limit = any ? count : Long.MAX_VALUE;
        for (GeoCell cell : shape.cover()) {
          gather(set, cell, shape, limit, found);
        }
      }
      Comparator<Found> nearestFirst = Comparator.comparingDouble(Found::meters);
      switch (order) {
        case NONE -> {}
        case ASC -> found.sort(nearestFirst);
        case DESC -> found.sort(nearestFirst.reversed());
      }
      return count > 0 && count < found.size() ? found.subList(0, (int) count) : found;
    }
  }

  /** Adds the members of a cell that are within the shape, until there are so many. */
  private static void gather(
      SortedSetValue set, GeoCell cell, GeoShape shape, long limit, List<Found> found) {
    long rank = set.membersBelow(cell.firstScore(), false);
    long end = set.membersBelow(cell.endScore(), false);
    while (rank < end && found.size() < limit) {
      long some = limit == Long.MAX_VALUE ? end - rank : StrictMath.min(AT_A_TIME, end - rank);
      set.visitRange(
          rank,
          some,
          false,
          (member, score) -> {
            GeoCell finest = GeoCell.ofScore(score);
            double meters = shape.distance(finest.longitude(), finest.latitude());
            if (!Double.isNaN(meters) && found.size() < limit) {
              found.add(new Found(member, score, meters));
            }
          });
      rank += some;
    }
  }

  private static Reply search(ReadContext context, Arguments arguments, Form form) {
    SortedSetValue set = context.read(arguments.at(form.source), DataType.SORTED_SET);
    Wanted wanted = new Wanted(arguments, form, set);
    List<Found> found = wanted.found();
    if (wanted.storePlace == NO_PLACE) {
      List<Reply> shown = new ArrayList<>();
      for (Found each : found) {
        shown.add(show(each, wanted));
      }
      return Reply.array(shown);
    }
    return store((WriteContext) context, arguments.at(wanted.storePlace), found, wanted);
  }

  private static Reply show(Found found, Wanted wanted) {
    List<Reply> parts = new ArrayList<>();
    parts.add(Reply.bulk(found.member));
    if (wanted.withDistance) {
      parts.add(wanted.unit.shown(found.meters));
    }
    if (wanted.withHash) {
      parts.add(Reply.integer((long) found.score));
    }
    if (wanted.withPlace) {
      parts.add(Positions.coordinates(GeoCell.ofScore(found.score)));
    }
    return parts.size() == 1 ? parts.get(0) : Reply.array(parts);
  }

  private static Reply store(WriteContext context, byte[] key, List<Found> found, Wanted wanted) {
    if (found.isEmpty()) {
      context.remove(key);
      return Reply.ZERO;
    }
    SortedSetValue stored = SortedSetValue.empty(context.hash(), true);
    for (Found each : found) {
      double score = wanted.storeDistance ? each.meters / wanted.unit.meters : each.score;
      stored.putExactly(each.member, score);
    }
    stored.settle(context.limits());
    String event = wanted.form.isSearch() ? "geosearchstore" : "georadiusstore";
    context.put(key, stored, EventClass.SORTED_SET, event);
    return Reply.integer(found.size());
  }
}
