package io.flotilla.statemachine.commands.geo;

import org.jspecify.annotations.Nullable;

/**
 * A cell of the grid over the map: the world halved {@code step} times in each direction.
 *
 * <pre>
 *   step 1      step 2              bits of a cell: longitude and latitude in turn, longitude first
 *   1  3        5  7  13 15
 *   0  2        4  6  12 14         the cells within a cell have numbers in a row, so that
 *               1  3   9 11         they are one range of scores of a sorted set
 *               0  2   8 10
 * </pre>
 *
 * <p>A member's score is the number of its cell at {@link #FINEST}: 52 bits, which a double holds
 * exactly, for cells of 60 cm. Longitudes go from −180° to 180°, latitudes as far as the Mercator
 * map of EPSG:3857 does; beyond them nothing has a place. The very edge in the east and in the
 * north lies one cell outside: its coordinate has {@code step + 1} bits.
 *
 * <p>Source: G. M. Morton, "A computer oriented geodetic data base", 1966; and Redis, whose scores
 * these are.
 *
 * @param x the cell's column, counted from the west
 * @param y its row, counted from the south
 * @param step how often the world is halved, 1 to {@value #FINEST}
 */
record GeoCell(long x, long y, int step) {
  /** The step of members: 52 bits in all. */
  static final int FINEST = 26;

  static final double MAX_LONGITUDE = 180;
  static final double MAX_LATITUDE = 85.05112878;

  /** The latitudes of geohash strings, which reach the poles. */
  private static final double POLE = 90;

  private static final double TWO_TO_63 = 0x1p63;

  /** Whether there is a cell for this place. */
  static boolean covers(double longitude, double latitude) {
    return StrictMath.abs(longitude) <= MAX_LONGITUDE && StrictMath.abs(latitude) <= MAX_LATITUDE;
  }

  /** The cell of a place that {@link #covers} has let pass. */
  static GeoCell of(double longitude, double latitude, int step) {
    return of(longitude, latitude, step, MAX_LATITUDE);
  }

  /** The cell in the grid of geohash strings. */
  static GeoCell standard(double longitude, double latitude) {
    return of(longitude, latitude, FINEST, POLE);
  }

  private static GeoCell of(double longitude, double latitude, int step, double top) {
    double cells = 1L << step;
    long x = (long) ((longitude + MAX_LONGITUDE) / (2 * MAX_LONGITUDE) * cells);
    long y = (long) ((latitude + top) / (2 * top) * cells);
    return new GeoCell(x, y, step);
  }

  /** The cell of a score; any number is one, since any sorted set may be asked. */
  static GeoCell ofScore(double score) {
    long bits = unsigned(score);
    return new GeoCell(every2nd(bits >>> 1), every2nd(bits), FINEST);
  }

  /** A double as 64 bits, as processors do it to which negative numbers are large ones. */
  private static long unsigned(double score) {
    if (score < TWO_TO_63) {
      return (long) score;
    }
    return score < 2 * TWO_TO_63 ? (long) (score - TWO_TO_63) ^ Long.MIN_VALUE : 0;
  }

  /** The cell's number among those of its step. */
  long bits() {
    return (spread(x) << 1) | spread(y);
  }

  /** The lowest score of a member within this cell. */
  double firstScore() {
    return bits() << (2 * (FINEST - step));
  }

  /** The score behind those of the members within this cell. */
  double endScore() {
    return (bits() + 1) << (2 * (FINEST - step));
  }

  /** The cell so many columns and rows away, around the world's edges. */
  GeoCell neighbour(int columns, int rows) {
    long mask = (1L << step) - 1;
    return new GeoCell(
        columns == 0 ? x : (x + columns) & mask, rows == 0 ? y : (y + rows) & mask, step);
  }

  double west() {
    return edge(x, MAX_LONGITUDE);
  }

  double east() {
    return edge(x + 1, MAX_LONGITUDE);
  }

  double south() {
    return edge(y, MAX_LATITUDE);
  }

  double north() {
    return edge(y + 1, MAX_LATITUDE);
  }

  private double edge(long number, double most) {
    long within32Bits = number & 0xffff_ffffL; // only of scores that GEOADD never gives
    return -most + within32Bits / (double) (1L << step) * (2 * most);
  }

  /** The middle of the cell: the longitude that members here are shown with. */
  double longitude() {
    return within((west() + east()) / 2, MAX_LONGITUDE);
  }

  /** The latitude that members here are shown with. */
  double latitude() {
    return within((south() + north()) / 2, MAX_LATITUDE);
  }

  private static double within(double value, double most) {
    return value > most ? most : value < -most ? -most : value;
  }

  /** Bit i to bit 2i. */
  private static long spread(long value) {
    long bits = value & 0xffff_ffffL;
    bits = (bits | (bits << 16)) & 0x0000_ffff_0000_ffffL;
    bits = (bits | (bits << 8)) & 0x00ff_00ff_00ff_00ffL;
    bits = (bits | (bits << 4)) & 0x0f0f_0f0f_0f0f_0f0fL;
    bits = (bits | (bits << 2)) & 0x3333_3333_3333_3333L;
    return (bits | (bits << 1)) & 0x5555_5555_5555_5555L;
  }

  /** Bit 2i to bit i. */
  private static long every2nd(long value) {
    long bits = value & 0x5555_5555_5555_5555L;
    bits = (bits | (bits >>> 1)) & 0x3333_3333_3333_3333L;
    bits = (bits | (bits >>> 2)) & 0x0f0f_0f0f_0f0f_0f0fL;
    bits = (bits | (bits >>> 4)) & 0x00ff_00ff_00ff_00ffL;
    bits = (bits | (bits >>> 8)) & 0x0000_ffff_0000_ffffL;
    return (bits | (bits >>> 16)) & 0xffff_ffffL;
  }

  /** Whether two cells are the same, one of them perhaps being none. */
  static boolean same(@Nullable GeoCell one, @Nullable GeoCell other) {
    return one != null && one.equals(other);
  }
}
