package io.flotilla.statemachine.command;

import java.util.List;

/**
 * A family of commands: the rows of one package, with the group and the category that they share.
 *
 * @param group the group in Redis's documentation
 * @param rows one row a command
 */
public record Family(String group, List<Row> rows) {
  /** A family of the rows of these files. */
  public static Family of(String group, AclCategory category, List<List<Row>> files) {
    return new Family(
        group,
        files.stream()
            .flatMap(List::stream)
            .map(row -> row.group(group).categories(category))
            .toList());
  }

  /** A family whose rows share no category. */
  public static Family of(String group, List<List<Row>> files) {
    return new Family(
        group, files.stream().flatMap(List::stream).map(row -> row.group(group)).toList());
  }
}
