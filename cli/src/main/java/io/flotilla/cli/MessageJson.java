package io.flotilla.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answers of the admin API as JSON: the field names of admin.proto, which keep their meaning
 * from release to release as protobuf's own rules demand.
 *
 * <p>Every field is always there, in the order of admin.proto, so that a program need not ask
 * whether it is; a message that is not set is null. Enumeration values are in lower case without
 * their type's name ({@code HEALTH_OK} is {@code "ok"}). 64-bit numbers are JSON numbers, unlike in
 * protobuf's own mapping, which makes them strings for the sake of JavaScript: none of ours nears
 * 2^53, and {@code jq} can compare them.
 */
final class MessageJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private MessageJson() {}

  static ObjectNode of(Message message) {
    ObjectNode object = JSON.objectNode();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      object.set(field.getName(), field(message, field));
    }
    return object;
  }

  private static JsonNode field(Message message, FieldDescriptor field) {
    if (field.isRepeated()) {
      ArrayNode array = JSON.arrayNode();
      for (Object element : (List<?>) message.getField(field)) {
        array.add(value(field, element));
      }
      return array;
    }
    if (field.hasPresence() && !message.hasField(field)) {
      return JSON.nullNode();
    }
    return value(field, message.getField(field));
  }

  private static JsonNode value(FieldDescriptor field, @Nullable Object value) {
    return switch (value) {
      case null -> JSON.nullNode();
      case Message message -> of(message);
      case EnumValueDescriptor word -> JSON.stringNode(word(word));
      case Boolean bool -> JSON.booleanNode(bool);
      case Integer number ->
          JSON.numberNode(isUnsigned32(field) ? Integer.toUnsignedLong(number) : (long) number);
      case Long number -> JSON.numberNode(number);
      case Double number -> JSON.numberNode(number);
      case Float number -> JSON.numberNode(number);
      case ByteString bytes -> JSON.stringNode(HexFormat.of().formatHex(bytes.toByteArray()));
      default -> JSON.stringNode(value.toString());
    };
  }

  private static boolean isUnsigned32(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.UINT32
        || field.getType() == FieldDescriptor.Type.FIXED32;
  }

  /** {@code NODE_PHASE_SERVING} as {@code serving}. */
  static String word(EnumValueDescriptor value) {
    String type = value.getType().getName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_");
    String prefix = type.toUpperCase(Locale.ROOT) + "_";
    String name = value.getName();
    return (name.startsWith(prefix) ? name.substring(prefix.length()) : name)
        .toLowerCase(Locale.ROOT)
        .replace('_', '-');
  }
}
