package io.flotilla.node.commands;

import static io.flotilla.statemachine.command.Flag.WRITE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.ACCESS;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.DELETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.INCOMPLETE;
import static io.flotilla.statemachine.command.KeySpec.KeyFlag.RW;

import io.flotilla.node.session.CommandBook.Bindings;
import io.flotilla.statemachine.bytes.Ascii;
import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.KeySpec;
import io.flotilla.statemachine.command.KeySpec.Begin;
import io.flotilla.statemachine.command.KeySpec.Find;
import io.flotilla.statemachine.command.Row;
import io.flotilla.statemachine.reply.Reply;
import java.util.EnumSet;
import java.util.List;

/**
 * MIGRATE, which is refused: it reads at one server, writes at another and then removes, and where
 * either is in doubt in between, nobody could say where the key is. It has a row all the same,
 * since tools ask where its keys stand before they use it.
 */
final class MigrateCommand {
  static final List<Row> ROWS =
      List.of(
          Row.node(
                  "MIGRATE host port <key | \"\"> destination-db timeout [COPY] [REPLACE]"
                      + " [AUTH password | AUTH2 username password] [KEYS key [key ...]]")
              .summary("Moves keys to another server: refused, see DUMP and RESTORE.")
              .since("2.6.0")
              .complexity("O(1)")
              .flags(WRITE)
              .categories(AclCategory.DANGEROUS)
              .tips("nondeterministic_output")
              .keys(
                  KeySpec.at(3, RW, ACCESS, DELETE),
                  new KeySpec(
                      new Begin.Keyword("KEYS", -2),
                      new Find.Range(-1, 1, 0),
                      EnumSet.of(RW, ACCESS, DELETE, INCOMPLETE)))
              .keyFinder(MigrateCommand::findKeys));

  private MigrateCommand() {}

  /** One key in its place, or, where that is empty, all that stand behind KEYS. */
  private static boolean findKeys(byte[][] argv, KeySpec.PlaceList places) {
    if (argv[3].length > 0) {
      places.add(3);
      return true;
    }
    for (int i = 6; i < argv.length; i++) {
      if (Ascii.spells(argv[i], "KEYS")) {
        for (int key = i + 1; key < argv.length; key++) {
          places.add(key);
        }
        return true;
      }
    }
    return true;
  }

  static void bind(Bindings bindings) {
    bindings.atOnce(
        "migrate",
        Words.prompt((session, argv) ->
            Reply.error(
                "ERR MIGRATE makes no sense on Flotilla: a key that is between two servers is acknowledged by neither; copy it"
                    + " with DUMP and RESTORE, then remove it")));
  }
}
