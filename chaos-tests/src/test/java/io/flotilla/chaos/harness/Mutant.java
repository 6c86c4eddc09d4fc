package io.flotilla.chaos.harness;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A distribution made of edited sources, beside the real one. */
final class Mutant {
  private static final String NODE_JAR = "flotilla-node.jar";

  private Mutant() {}

  /**
   * Makes it.
   *
   * @param root the repository
   * @param real the distribution that is copied
   * @param place an empty directory for it
   */
  static void make(String name, List<SeededFault.Edit> edits, Path root, Path real, Path place)
      throws IOException {
    Path classes = compile(name, edits, root, real, place);
    Path distribution = Files.createDirectories(distribution(place));
    for (String shared : List.of("lib", "bin", "flotilla-cli.jar")) {
      Files.createSymbolicLink(distribution.resolve(shared), real.resolve(shared));
    }
    Path jar = Files.copy(real.resolve(NODE_JAR), distribution.resolve(NODE_JAR));
    try (FileSystem inside = FileSystems.newFileSystem(jar);
        Stream<Path> made = Files.walk(classes)) {
      for (Path each : made.filter(Files::isRegularFile).toList()) {
        Path to = inside.getPath("/" + classes.relativize(each));
        Files.createDirectories(to.getParent());
        Files.write(to, Files.readAllBytes(each));
      }
    }
  }

  /** Where the distribution is, below the place given to {@link #make}. */
  static Path distribution(Path place) {
    return place.resolve("dist");
  }

  private static Path compile(
      String name, List<SeededFault.Edit> edits, Path root, Path real, Path place)
      throws IOException {
    Map<String, String> sources = new LinkedHashMap<>();
    for (SeededFault.Edit edit : edits) {
      String source = sources.get(edit.file());
      if (source == null) {
        source = Files.readString(root.resolve(edit.file()));
      }
      sources.put(edit.file(), edited(name, edit, source));
    }
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> each : sources.entrySet()) {
      Path file = place.resolve("sources").resolve(each.getKey());
      Files.createDirectories(file.getParent());
      files.add(Files.writeString(file, each.getValue(), StandardCharsets.UTF_8));
    }
    Path classes = Files.createDirectories(place.resolve("classes"));
    String classpath;
    try (Stream<Path> lib = Files.list(real.resolve("lib"))) {
      classpath =
          Stream.concat(Stream.of(real.resolve(NODE_JAR)), lib)
              .map(Path::toString)
              .collect(Collectors.joining(":"));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      boolean done =
          compiler
              .getTask(
                  said,
                  manager,
                  null,
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-parameters",
                      "--release",
                      "21",
                      "-cp",
                      classpath,
                      "-d",
                      classes.toString()),
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!done) {
        throw new IOException(name + " does not compile: " + said);
      }
    }
    return classes;
  }

  private static String edited(String name, SeededFault.Edit edit, String source)
      throws IOException {
    int at = source.indexOf(edit.find());
    if (at < 0 || source.indexOf(edit.find(), at + 1) >= 0) {
      throw new IOException(
          name
              + ": "
              + edit.file()
              + " does not have exactly once: "
              + edit.find().strip()
              + "; the seeded fault must be adapted to the product");
    }
    return source.substring(0, at) + edit.replace() + source.substring(at + edit.find().length());
  }
}
