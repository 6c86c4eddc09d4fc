package io.flotilla.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the docs say of the command line is what the command line says. */
final class CliReferenceTest {
  @Test
  void theReferencePageIsMadeFromTheCommands() {
    Context context =
        new Context(
            new PrintWriter(new StringWriter()),
            new PrintWriter(new StringWriter()),
            Map.of(),
            Path.of(""),
            Terminal.PLAIN,
            endpoint -> {
              throw new AssertionError("nobody is called for a page");
            });
    Golden.assertEquals(
        "../docs/reference/cli.md", CliReference.markdown(Flotilla.commandLine(context)));
  }
}
