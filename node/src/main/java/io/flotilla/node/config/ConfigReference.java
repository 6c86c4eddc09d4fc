package io.flotilla.node.config;

import java.util.Objects;

/**
 * The reference page of all settings, made from {@link Keys}; a test keeps docs/reference/config.md
 * equal to it.
 */
public final class ConfigReference {
  private ConfigReference() {}

  /** The page in Markdown. */
  public static String markdown() {
    StringBuilder page = new StringBuilder();
    page.append("# Settings of a node\n\n");
    page.append("Made from the code (`io.flotilla.node.config.Keys`); a test keeps it true.\n\n");
    page.append(
        """
        The file is YAML; `listen.client` is `client:` under `listen:`. Units are in the names.
        An unknown key, a value out of range or two values that contradict each other refuse to start.
        An environment variable can stand for a key, and wins over the file: `FLOTILLA_SET_LISTEN_CLIENT` for `listen.client`, with
        `_` for dots and hyphens, and commas between the elements of a list. An unknown one refuses to start too.
        What the whole cluster shares is not in the file: see `flotilla config`.
        """);
    String section = "";
    for (Key<?> key : Keys.all()) {
      String first = key.name().substring(0, key.name().indexOf('.'));
      if (!first.equals(section)) {
        section = first;
        page.append("\n## ").append(section).append("\n\n");
        page.append("| key | value | default | meaning | why so |\n|---|---|---|---|---|\n");
      }
      page.append("| `").append(key.name()).append("` | ").append(key.type()).append(" | ");
      if (key.fallback() == null) {
        page.append("required");
      } else if (Objects.requireNonNull(key.fallback()).isEmpty()) {
        page.append("nothing");
      } else {
        page.append('`').append(key.fallback()).append('`');
      }
      page.append(" | ").append(key.meaning()).append(" | ").append(key.reason()).append(" |\n");
    }
    return page.toString();
  }
}
