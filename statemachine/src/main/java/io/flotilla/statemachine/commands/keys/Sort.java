package io.flotilla.statemachine.commands.keys;

import static io.flotilla.statemachine.command.AclCategory.DANGEROUS;
import static io.flotilla.statemachine.command.AclCategory.KEYSPACE;
import static io.flotilla.statemachine.command.AclCategory.LIST;
import static io.flotilla.statemachine.command.AclCategory.SET;
import static io.flotilla.statemachine.command.AclCategory.SORTEDSET;
import static io.flotilla.statemachine.command.Flag.DENYOOM;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.OW;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RO;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.UPDATE;
import static io.flotilla.statemachine.command.Row.read;
import static io.flotilla.statemachine.command.Row.write;

import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.bytes.Doubles;
import io.flotilla.statemachine.command.Arguments;
import io.flotilla.statemachine.command.CommandException;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.ReadContext;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.command.WriteContext;
import io.flotilla.statemachine.datatypes.ListValue;
import io.flotilla.statemachine.expiry.Expirable;
import io.flotilla.statemachine.keyspace.EventClass;
import io.flotilla.statemachine.reply.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * SORT: the elements of a collection in an order, perhaps stored as a list.
 *
 * <p>As in any Redis Cluster the weights and the values of other keys (BY with a pattern, GET) are
 * refused, since those keys may live in other slots; BY without a star, which asks for no order, is
 * allowed. Elements of equal weight are in the order of their bytes, so that the order is the same
 * on every replica.
 */
final class Sort {
  private static final String OPTIONS =
      " [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]";
  private static final int NO_PLACE = -1;
  private static final Reply.Error NOT_DOUBLES =
      new Reply.Error("ERR One or more scores can't be converted into double");

  static List<Row> rows() {
    return List.of(
        described(write("SORT key" + OPTIONS + " [STORE destination]", Sort::sort))
            .since("1.0.0")
            .flags(DENYOOM)
            .keys(
                KeySpec.at(1, RO, ACCESS), KeySpec.unknown(RO, ACCESS), KeySpec.unknown(OW, UPDATE))
            .keyFinder(Sort::findKeys),
        described(read("SORT_RO key" + OPTIONS, Sort::sortRo))
            .since("7.0.0")
            .keys(KeySpec.at(1, RO, ACCESS), KeySpec.unknown(RO, ACCESS))
            .keyFinder((argv, places) -> {
              places.add(1);
              return true;
            }));
  }

  private static Row described(Row row) {
    return row.summary("Sorts the elements of a list, a set or a sorted set.")
        .complexity("O(N+M*log(N)) for N elements, of which M are returned")
        .withoutCategories(KEYSPACE)
        .categories(SET, SORTEDSET, LIST, DANGEROUS);
  }

  private Sort() {}

  /** The key, and the destination behind the last STORE. */
  private static boolean findKeys(byte[][] argv, KeySpec.PlaceList places) {
    places.add(1);
    int destination = NO_PLACE;
    for (int i = 2; i < argv.length; i++) {
      if (Ascii.spells(argv[i], "LIMIT")) {
        i += 2;
      } else if (Ascii.spells(argv[i], "GET") || Ascii.spells(argv[i], "BY")) {
        i++;
      } else if (Ascii.spells(argv[i], "STORE") && i + 1 < argv.length) {
        destination = ++i;
      }
    }
    if (destination != NO_PLACE) {
      places.add(destination);
    }
    return true;
  }

  /** What the options ask for. */
  private record Wanted(
      boolean ordered, boolean alpha, boolean descending, long offset, long count, int store) {}

  private static Reply sort(WriteContext context, Arguments arguments) {
    Wanted wanted = options(arguments, true);
    List<byte[]> sorted = sorted(context, arguments, wanted);
    if (wanted.store == NO_PLACE) {
      return bulks(sorted);
    }
    byte[] destination = arguments.at(wanted.store);
    if (sorted.isEmpty()) {
      context.remove(destination);
      return Reply.ZERO;
    }
    ListValue list = ListValue.empty();
    sorted.forEach(list::pushRight);
    list.fit(context.limits());
    context.put(destination, list, Expirable.NEVER, EventClass.LIST, "sortstore");
    return Reply.integer(sorted.size());
  }

  private static Reply sortRo(ReadContext context, Arguments arguments) {
    return bulks(sorted(context, arguments, options(arguments, false)));
  }

  private static Reply bulks(List<byte[]> elements) {
    return Reply.array(elements.stream().map(Reply::bulk).toList());
  }

  private static Wanted options(Arguments arguments, boolean mayStore) {
    boolean ordered = true;
    boolean alpha = false;
    boolean descending = false;
    long offset = 0;
    long count = -1;
    int store = NO_PLACE;
    for (int i = 2; i < arguments.count(); i++) {
      int left = arguments.count() - i - 1;
      if (arguments.is(i, "ASC")) {
        descending = false;
      } else if (arguments.is(i, "DESC")) {
        descending = true;
      } else if (arguments.is(i, "ALPHA")) {
        alpha = true;
      } else if (arguments.is(i, "LIMIT") && left >= 2) {
        offset = arguments.integer(++i);
        count = arguments.integer(++i);
      } else if (mayStore && arguments.is(i, "STORE") && left >= 1) {
        store = ++i;
      } else if (arguments.is(i, "BY") && left >= 1) {
        if (Ascii.text(arguments.at(++i)).indexOf('*') >= 0) {
          throw new CommandException("ERR BY option of SORT denied in Cluster mode.");
        }
        ordered = false;
      } else if (arguments.is(i, "GET") && left >= 1) {
        throw new CommandException("ERR GET option of SORT denied in Cluster mode.");
      } else {
        throw arguments.syntaxError();
      }
    }
    return new Wanted(ordered, alpha, descending, offset, count, store);
  }

  private static List<byte[]> sorted(ReadContext context, Arguments arguments, Wanted wanted) {
    SortSource source = SortSource.of(context.readAny(arguments.at(1)));
    long size = source.size();
    long from = Math.min(Math.max(wanted.offset, 0), size);
    long to = wanted.count < 0 ? size : Math.min(size, from + Math.min(wanted.count, size));
    boolean alpha = wanted.alpha;
    if (!wanted.ordered) {
      if (source.hasOrder() || wanted.store == NO_PLACE) {
        return wanted.descending && source.hasOrder()
            ? reversed(source.elements(size - to, size - from))
            : source.elements(from, to);
      }
      alpha = true; // what is stored must have an order
    }
    List<byte[]> elements = source.elements(0, size);
    order(elements, alpha, wanted.descending);
    return elements.subList((int) from, (int) to);
  }

  private static List<byte[]> reversed(List<byte[]> elements) {
    Collections.reverse(elements);
    return elements;
  }

  private static void order(List<byte[]> elements, boolean alpha, boolean descending) {
    if (alpha) {
      Comparator<byte[]> order = Arrays::compareUnsigned;
      elements.sort(descending ? order.reversed() : order);
      return;
    }
    List<Weighed> weighed = new ArrayList<>(elements.size());
    for (byte[] element : elements) {
      weighed.add(new Weighed(weight(element), element));
    }
    weighed.sort(descending ? Collections.reverseOrder() : null);
    for (int i = 0; i < elements.size(); i++) {
      elements.set(i, weighed.get(i).element);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // compared by weight and bytes, never hashed
  private record Weighed(double weight, byte[] element) implements Comparable<Weighed> {
    @Override
    public int compareTo(Weighed other) {
      if (weight != other.weight) { // zeros of both signs are equal here
        return weight < other.weight ? -1 : 1;
      }
      return Arrays.compareUnsigned(element, other.element);
    }
  }

  /**
   * The number that an element begins and ends with, as C's {@code strtod} reads it up to the first
   * zero byte: space before it is skipped, and nothing at all is 0.
   */
  private static double weight(byte[] element) {
    int end = 0;
    while (end < element.length && element[end] != 0) {
      end++;
    }
    int from = 0;
    while (from < end
        && (element[from] == ' ' || (element[from] >= '\t' && element[from] <= '\r'))) {
      from++;
    }
    if (end == 0) {
      return 0;
    }
    double weight = Doubles.parse(Arrays.copyOfRange(element, from, end));
    boolean underflows = weight != 0 && Math.abs(weight) < Double.MIN_NORMAL;
    if (Double.isNaN(weight) || underflows) {
      throw new CommandException(NOT_DOUBLES);
    }
    return weight;
  }
}
