package io.flotilla.statemachine.commands.geo;

/**
 * Distances on the earth, taken for a sphere.
 *
 * <p>By the haversine formula, in {@link StrictMath}: every replica must find the same members
 * within a radius, whatever its processor. Redis asks its C library, whose sines may differ from
 * these in the last bit: never seen in the four decimals of a reply, but STOREDIST keeps all of
 * them.
 */
final class Earth {
  private static final double RADIUS_METERS = 6372797.560856;
  private static final double RADIANS_PER_DEGREE = StrictMath.PI / 180;

  private Earth() {}

  static double radians(double degrees) {
    return degrees * RADIANS_PER_DEGREE;
  }

  private static double degrees(double radians) {
    return radians / RADIANS_PER_DEGREE;
  }

  /** The degrees of latitude that so many meters to the north are. */
  static double degreesNorth(double meters) {
    return degrees(meters / RADIUS_METERS);
  }

  /** The degrees of longitude that so many meters to the east are, at a latitude. */
  static double degreesEast(double meters, double latitude) {
    return degrees(meters / RADIUS_METERS / StrictMath.cos(radians(latitude)));
  }

  /** Meters between two latitudes along a meridian. */
  static double metersNorth(double latitude, double otherLatitude) {
    return RADIUS_METERS * StrictMath.abs(radians(otherLatitude) - radians(latitude));
  }

  /** Meters between two places. */
  static double meters(
      double longitude, double latitude, double otherLongitude, double otherLatitude) {
    double v = StrictMath.sin((radians(otherLongitude) - radians(longitude)) / 2);
    if (v == 0) {
      return metersNorth(latitude, otherLatitude);
    }
    double phi = radians(latitude);
    double otherPhi = radians(otherLatitude);
    double u = StrictMath.sin((otherPhi - phi) / 2);
    double a = u * u + StrictMath.cos(phi) * StrictMath.cos(otherPhi) * v * v;
    // of two antipodes a may be a little over 1, whose arc sine is no number
    return 2 * RADIUS_METERS * StrictMath.asin(StrictMath.sqrt(a > 1 ? 1 : a));
  }
}
