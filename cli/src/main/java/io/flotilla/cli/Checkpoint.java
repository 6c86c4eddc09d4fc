package io.flotilla.cli;

import io.flotilla.proto.admin.ImportCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How far an import has come, in a file: written anew whenever the cluster has acknowledged more,
 * whole or not at all.
 *
 * <pre>
 *   {"about": …, "offset": bytes of the dump that are done, "state": an ImportCheckpoint, in base64}
 * </pre>
 */
final class Checkpoint {
  private final Path path;

  Checkpoint(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  boolean exists() {
    return Files.exists(path);
  }

  /** What it says; null if there is none. */
  @Nullable ImportCheckpoint read() {
    if (!exists()) {
      return null;
    }
    try {
      JsonNode json = new ObjectMapper().readTree(Files.readString(path));
      return ImportCheckpoint.parseFrom(
          Base64.getDecoder().decode(json.path("state").asString("")));
    } catch (JacksonException | IllegalArgumentException e) {
      throw unknown(e);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw unknown(e);
    } catch (IOException e) {
      throw DumpFile.unreadable(path, e);
    }
  }

  private CliException unknown(Exception e) {
    return new CliException(
        ExitCode.LOCAL_FAILURE,
        "checkpoint",
        path + " is no checkpoint of an import. Remove it, or name another by --checkpoint.",
        e);
  }

  void write(ImportCheckpoint checkpoint) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("about", "where `flotilla import --resume` goes on");
    json.put("offset", checkpoint.getBegin().getFrom().getOffset());
    json.put("state", Base64.getEncoder().encodeToString(checkpoint.toByteArray()));
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    try {
      Files.writeString(fresh, json + "\n", StandardCharsets.UTF_8);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw DumpFile.unreadable(path, e);
    }
  }

  void remove() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw DumpFile.unreadable(path, e);
    }
  }
}
