package io.flotilla.statemachine.commands.geo;

import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.LongDouble;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.DataType;
import io.flotilla.statemachine.datatypes.SortedSetValue;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** GEOADD, GEOPOS, GEOHASH and GEODIST: members by name. */
final class Positions {
  private static final String ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
  private static final int ALPHABET_BITS = 5;

  /** The characters that 52 bits fill; one more, always 0, is shown for the sake of old clients. */
  private static final int CHARACTERS = 10;

  static List<Row> rows() {
    return List.of(
        write(
                "GEOADD key [NX | XX] [CH] longitude latitude member"
                    + " [longitude latitude member ...]",
                Positions::geoadd)
            .summary("Adds members at places on the earth, or moves them.")
            .since("3.2.0")
            .complexity("O(log(N)) for each member, in a set of N members")
            .flags(DENYOOM),
        read("GEODIST key member1 member2 [M | KM | FT | MI]", Positions::geodist)
            .summary("Returns the distance between two members.")
            .since("3.2.0")
            .complexity("O(1)"),
        read("GEOHASH key [member [member ...]]", Positions::geohash)
            .summary("Returns members' places as geohash strings.")
            .since("3.2.0")
            .complexity("O(1) for each member"),
        read("GEOPOS key [member [member ...]]", Positions::geopos)
            .summary("Returns members' longitudes and latitudes.")
            .since("3.2.0")
            .complexity("O(1) for each member"));
  }

  private Positions() {}

  private static Reply geoadd(WriteContext context, Arguments arguments) {
    boolean nx = false;
    boolean xx = false;
    boolean ch = false;
    int first = 2;
    for (; first < arguments.count(); first++) {
      if (arguments.is(first, "NX")) {
        nx = true;
      } else if (arguments.is(first, "XX")) {
        xx = true;
      } else if (arguments.is(first, "CH")) {
        ch = true;
      } else {
        break;
      }
    }
    int members = (arguments.count() - first) / 3;
    if ((arguments.count() - first) % 3 != 0 || members == 0 || (nx && xx)) {
      throw arguments.syntaxError();
    }
    double[] scores = new double[members];
    for (int i = 0; i < members; i++) {
      scores[i] = cell(arguments, first + 3 * i).firstScore();
    }
    byte[] key = arguments.at(1);
    SortedSetValue set = context.modify(key, DataType.SORTED_SET);
    if (set == null) {
      if (xx) {
        return Reply.ZERO;
      }
      set =
          SortedSetValue.beginning(
              context.hash(), members, arguments.at(first + 2).length, context.limits());
    } else {
      set.expect(members, context.limits());
    }
    int added = 0;
    int moved = 0;
    for (int i = 0; i < members; i++) {
      byte[] member = arguments.at(first + 3 * i + 2);
      double old = set.score(member);
      boolean isNew = Double.isNaN(old);
      if (isNew ? !xx : !nx) {
        set.put(member, scores[i], context.limits());
        added += isNew ? 1 : 0;
        moved += !isNew && old != scores[i] ? 1 : 0;
      }
    }
    if (added + moved > 0) {
      context.changed(key, set, EventClass.SORTED_SET, "zadd");
    }
    return Reply.integer(ch ? added + moved : added);
  }

  /** The finest cell of the longitude and latitude at this place. */
  static GeoCell cell(Arguments arguments, int place) {
    double longitude = longitude(arguments, place);
    return GeoCell.of(longitude, arguments.floating(place + 1), GeoCell.FINEST);
  }

  /** The longitude at this place, which is one with the latitude behind it. */
  static double longitude(Arguments arguments, int place) {
    double longitude = arguments.floating(place);
    double latitude = arguments.floating(place + 1);
    if (!GeoCell.covers(longitude, latitude)) {
      throw new CommandException(
          "ERR invalid longitude,latitude pair "
              + sixDecimals(longitude)
              + ","
              + sixDecimals(latitude));
    }
    return longitude;
  }

  private static String sixDecimals(double value) {
    boolean negative = value < 0 || (value == 0 && 1 / value < 0);
    String digits =
        Double.isInfinite(value)
            ? "inf"
            : new BigDecimal(StrictMath.abs(value))
                .setScale(6, RoundingMode.HALF_EVEN)
                .toPlainString();
    return negative ? "-" + digits : digits;
  }

  private static @Nullable GeoCell cell(@Nullable SortedSetValue set, byte[] member) {
    double score = set == null ? Double.NaN : set.score(member);
    return Double.isNaN(score) ? null : GeoCell.ofScore(score);
  }

  private static Reply geopos(ReadContext context, Arguments arguments) {
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    List<Reply> shown = new ArrayList<>();
    for (int i = 2; i < arguments.count(); i++) {
      GeoCell cell = cell(set, arguments.at(i));
      shown.add(cell == null ? Reply.NIL_ARRAY : coordinates(cell));
    }
    return Reply.array(shown);
  }

  /** Longitude and latitude, each with all the digits that it has of seventeen decimals. */
  static Reply coordinates(GeoCell cell) {
    return Reply.array(coordinate(cell.longitude()), coordinate(cell.latitude()));
  }

  private static Reply coordinate(double degrees) {
    return Reply.Double.written(degrees, Ascii.text(LongDouble.of(degrees).format()));
  }

  private static Reply geohash(ReadContext context, Arguments arguments) {
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    List<Reply> shown = new ArrayList<>();
    for (int i = 2; i < arguments.count(); i++) {
      GeoCell cell = cell(set, arguments.at(i));
      shown.add(
          cell == null
              ? Reply.NIL
              : geohash(GeoCell.standard(cell.longitude(), cell.latitude()).bits()));
    }
    return Reply.array(shown);
  }

  private static Reply geohash(long bits) {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= CHARACTERS; i++) {
      int index = (int) (bits >>> (2 * GeoCell.FINEST - i * ALPHABET_BITS)) & 31;
      text.append(ALPHABET.charAt(index));
    }
    return Reply.bulk(text.append('0').toString());
  }

  private static Reply geodist(ReadContext context, Arguments arguments) {
    if (arguments.count() > 5) {
      throw arguments.syntaxError();
    }
    Unit unit = arguments.count() == 5 ? Unit.at(arguments, 4) : Unit.M;
    SortedSetValue set = context.read(arguments.at(1), DataType.SORTED_SET);
    GeoCell one = cell(set, arguments.at(2));
    GeoCell other = cell(set, arguments.at(3));
    if (one == null || other == null) {
      return Reply.NIL;
    }
    return unit.shown(
        Earth.meters(one.longitude(), one.latitude(), other.longitude(), other.latitude()));
  }
}
