package io.flotilla.node.commands;

import io.flotilla.node.session.CommandBook;
import io.flotilla.statemachine.command.AclCategory;
import io.flotilla.statemachine.command.CommandTable;
import io.flotilla.statemachine.command.Family;
import java.util.ArrayList;
import java.util.List;

/** All that the node answers itself: the rows for the table, and what is bound to them. */
public final class NodeCommands {
  private NodeCommands() {}

  /** The families of the node. */
  public static List<Family> families() {
    return List.of(
        Family.of(
            "connection",
            AclCategory.CONNECTION,
            List.of(ConnectionCommands.ROWS, ClientCommands.ROWS)),
        Family.of("connection", List.of(ClientCommands.CONTAINER)),
        Family.of("server", AclCategory.CONNECTION, List.of(CommandCommands.ROWS)),
        Family.of(
            "server",
            List.of(
                ServerCommands.ROWS, InfoCommand.ROWS, ConfigCommands.ROWS, MemoryCommands.ROWS)),
        Family.of("generic", AclCategory.CONNECTION, List.of(WaitCommands.ROWS)),
        Family.of("generic", AclCategory.KEYSPACE, List.of(MigrateCommand.ROWS)),
        Family.of("scripting", AclCategory.SCRIPTING, List.of(LibraryCommands.ROWS)),
        Family.of("scripting", List.of(LibraryCommands.CONTAINERS)),
        Family.of("cluster", AclCategory.CONNECTION, List.of(ConnectionCommands.CLUSTER_ROWS)),
        Family.of("cluster", List.of(ClusterCommands.ROWS)));
  }

  /** The whole table: these families and those of the data. */
  public static CommandTable table(List<Family> dataFamilies) {
    List<Family> all = new ArrayList<>(dataFamilies);
    all.addAll(families());
    return new CommandTable(all);
  }

  /** The book of the table, every command of the node bound to what it does. */
  public static CommandBook book(CommandTable table, NodeFacts facts, Parameters parameters) {
    CommandBook.Bindings bindings = new CommandBook.Bindings();
    ConnectionCommands.bind(bindings, facts);
    new ClientCommands().bind(bindings);
    new CommandCommands(table).bind(bindings);
    new InfoCommand(facts, parameters).bind(bindings);
    new ConfigCommands(facts, parameters).bind(bindings);
    new ServerCommands(facts).bind(bindings);
    new MemoryCommands(facts).bind(bindings);
    WaitCommands.bind(bindings);
    MigrateCommand.bind(bindings);
    LibraryCommands.bind(bindings);
    new ClusterCommands(facts).bind(bindings);
    Help.bind(bindings, table);
    return new CommandBook(table, bindings);
  }
}
