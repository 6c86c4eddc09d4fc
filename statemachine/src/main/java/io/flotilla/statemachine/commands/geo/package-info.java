/**
 * Places on the earth as members of sorted sets: adding them, distances, searches around a point.
 */
@NullMarked
package io.flotilla.statemachine.commands.geo;

import org.jspecify.annotations.NullMarked;
