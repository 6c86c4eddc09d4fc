package io.flotilla.statemachine.commands.geo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The few cells of a search against the dumb way: measuring every place. */
class GeoShapeTest {
  private static final int PLACES = 300;

  /** Redis's own cover loses places farther north: a degree there is too short for its estimate. */
  private static final double NORTH = 65;

  /** Half of this to either side stays clear of the pole, behind which a bound is none. */
  private static final double LARGEST_METERS = 2_000_000;

  @Property(tries = 500)
  void coverHoldsEveryPlaceWithin(@ForAll long seed) {
    Random random = new Random(seed);
    double longitude = random.nextDouble() * 360 - 180;
    double latitude = (random.nextDouble() * 2 - 1) * NORTH;
    double size = Math.exp(random.nextDouble() * Math.log(LARGEST_METERS));
    double other = size * random.nextDouble();
    GeoShape shape =
        random.nextBoolean()
            ? new GeoShape.Circle(longitude, latitude, size / 2)
            : new GeoShape.Box(longitude, latitude, size, other, Math.hypot(size, other) / 2);
    List<GeoCell> cover = shape.cover();
    assertThat(cover).hasSizeBetween(1, 9).doesNotHaveDuplicates();
    double degrees = size / 111_000;
    for (int i = 0; i < PLACES; i++) {
      double x = longitude + random.nextGaussian() * degrees;
      double y = latitude + random.nextGaussian() * degrees / 2;
      x = x > 180 ? x - 360 : x < -180 ? x + 360 : x;
      if (!GeoCell.covers(x, y)) {
        continue;
      }
      GeoCell place = GeoCell.of(x, y, GeoCell.FINEST);
      double score = place.firstScore();
      if (!Double.isNaN(shape.distance(place.longitude(), place.latitude()))) {
        assertThat(cover)
            .as("%s covers %s, %s, seed %s", shape, x, y, seed)
            .anyMatch(cell -> cell.firstScore() <= score && score < cell.endScore());
      }
    }
  }

  @Property
  void aCellHoldsItsPlace(@ForAll long seed) {
    Random random = new Random(seed);
    double longitude = random.nextDouble() * 360 - 180;
    double latitude = (random.nextDouble() * 2 - 1) * GeoCell.MAX_LATITUDE;
    int step = 1 + random.nextInt(GeoCell.FINEST);
    GeoCell cell = GeoCell.of(longitude, latitude, step);
    assertThat(longitude).isBetween(cell.west(), cell.east());
    assertThat(latitude).isBetween(cell.south(), cell.north());
    GeoCell finest = GeoCell.of(longitude, latitude, GeoCell.FINEST);
    assertThat(GeoCell.ofScore(finest.firstScore())).isEqualTo(finest);
    assertThat(finest.firstScore()).isBetween(cell.firstScore(), cell.endScore());
    assertThat(cell.neighbour(1, -1).neighbour(-1, 1)).isEqualTo(cell);
  }

  /** The bits of a column and a row in turn, one by one. */
  @Property
  void bitsAreInTurn(@ForAll long seed) {
    Random random = new Random(seed);
    GeoCell cell = new GeoCell(random.nextInt(1 << 26), random.nextInt(1 << 26), GeoCell.FINEST);
    long bits = 0;
    for (int i = 0; i < GeoCell.FINEST; i++) {
      bits |= (cell.x() >>> i & 1) << (2 * i + 1) | (cell.y() >>> i & 1) << (2 * i);
    }
    assertThat(cell.bits()).isEqualTo(bits);
    assertThat(GeoCell.ofScore((double) bits)).isEqualTo(cell);
  }
}
