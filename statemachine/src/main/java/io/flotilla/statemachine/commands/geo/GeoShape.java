package io.flotilla.statemachine.commands.geo;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is searched: a circle around a place, or a box with it in the middle, and the cells that
 * cover it.
 *
 * <p>A cell as large as the shape, and its eight neighbours, surely hold all of it wherever it lies
 * in the cell. So a search is at most nine ranges of scores ({@link #cover}), and each member
 * within them is measured. Cells that the shape's bounds do not reach are left out.
 *
 * <p>Source: Redis, whose estimates of the step and of the bounds these are; they decide in which
 * order members are found.
 */
sealed interface GeoShape {
  /** The longitude of the middle. */
  double longitude();

  /** The latitude of the middle. */
  double latitude();

  /** Half the extent to the north, in meters. */
  double toNorth();

  /** Half the extent to the east, in meters. */
  double toEast();

  /** From the middle to what is farthest, in meters. */
  double reach();

  /** The distance of a place from the middle in meters; NaN if it is not within. */
  double distance(double longitude, double latitude);

  /** All places up to this distance. */
  record Circle(double longitude, double latitude, double radius) implements GeoShape {
    @Override
    public double toNorth() {
      return radius;
    }

    @Override
    public double toEast() {
      return radius;
    }

    @Override
    public double reach() {
      return radius;
    }

    @Override
    public double distance(double otherLongitude, double otherLatitude) {
      double meters = Earth.meters(longitude, latitude, otherLongitude, otherLatitude);
      return meters > radius ? Double.NaN : meters;
    }
  }

  /** All places that are no farther to the side, and no farther up or down, than half of these. */
  record Box(double longitude, double latitude, double width, double height, double reach)
      implements GeoShape {
    @Override
    public double toNorth() {
      return height / 2;
    }

    @Override
    public double toEast() {
      return width / 2;
    }

    @Override
    public double distance(double otherLongitude, double otherLatitude) {
      if (Earth.metersNorth(otherLatitude, latitude) > height / 2
          || Earth.meters(otherLongitude, otherLatitude, longitude, otherLatitude) > width / 2) {
        return Double.NaN;
      }
      return Earth.meters(longitude, latitude, otherLongitude, otherLatitude);
    }
  }

  /** The bounds of a shape in degrees; a side of the box is bent, and the longer one counts. */
  record Bounds(double west, double south, double east, double north) {
    static Bounds of(GeoShape shape) {
      double latitude = shape.latitude();
      double up = Earth.degreesNorth(shape.toNorth());
      double aside =
          Earth.degreesEast(shape.toEast(), latitude < 0 ? latitude - up : latitude + up);
      return new Bounds(
          shape.longitude() - aside, latitude - up, shape.longitude() + aside, latitude + up);
    }
  }

  /** Half of the earth's circumference on the map. */
  double MAP_METERS = 20037726.37;

  /** From here on to the poles cells are much narrower on the earth than on the map. */
  double FAR_NORTH = 66;

  /** And from here on more so. */
  double FARTHEST_NORTH = 80;

  /** The cells that cover the shape, in the order in which they are searched. */
  default List<GeoCell> cover() {
    Bounds bounds = Bounds.of(this);
    int step = step();
    GeoCell middle = GeoCell.of(longitude(), latitude(), step);
    if (step > 1 && !isSurrounded(middle, bounds)) {
      step--;
      middle = GeoCell.of(longitude(), latitude(), step);
    }
    // small steps go around the world: each side may be needed whatever the bounds say
    boolean all = step < 2;
    boolean north = all || middle.north() <= bounds.north;
    boolean south = all || middle.south() >= bounds.south;
    boolean east = all || middle.east() <= bounds.east;
    boolean west = all || middle.west() >= bounds.west;
    List<GeoCell> cells = new ArrayList<>();
    add(cells, middle);
    add(cells, north ? middle.neighbour(0, 1) : null);
    add(cells, south ? middle.neighbour(0, -1) : null);
    add(cells, east ? middle.neighbour(1, 0) : null);
    add(cells, west ? middle.neighbour(-1, 0) : null);
    add(cells, north && east ? middle.neighbour(1, 1) : null);
    add(cells, north && west ? middle.neighbour(-1, 1) : null);
    add(cells, south && east ? middle.neighbour(1, -1) : null);
    add(cells, south && west ? middle.neighbour(-1, -1) : null);
    return cells;
  }

  /** Of large cells two neighbours may be one. */
  private static void add(List<GeoCell> cells, @Nullable GeoCell cell) {
    if (cell != null && !GeoCell.same(cells.isEmpty() ? null : cells.getLast(), cell)) {
      cells.add(cell);
    }
  }

  /** Whether the neighbours of the middle reach as far as the shape. */
  private static boolean isSurrounded(GeoCell middle, Bounds bounds) {
    return middle.neighbour(0, 1).north() >= bounds.north
        && middle.neighbour(0, -1).south() <= bounds.south
        && middle.neighbour(1, 0).east() >= bounds.east
        && middle.neighbour(-1, 0).west() <= bounds.west;
  }

  /** The step at which a cell is about as large as the shape. */
  private int step() {
    double meters = reach();
    if (meters == 0) {
      return GeoCell.FINEST;
    }
    int step = -1; // one for the beginning, two back so that it is large enough nearly always
    while (meters < MAP_METERS) {
      meters *= 2;
      step++;
    }
    double away = StrictMath.abs(latitude());
    step -= away > FARTHEST_NORTH ? 2 : away > FAR_NORTH ? 1 : 0;
    return StrictMath.min(GeoCell.FINEST, StrictMath.max(1, step));
  }
}
