package io.flotilla.statemachine.command;

import java.util.Locale;

/** The categories that access rules name, as in {@code +@read}. Source: Redis's ACL categories. */
public enum AclCategory {
  KEYSPACE,
  READ,
  WRITE,
  SET,
  SORTEDSET,
  LIST,
  HASH,
  STRING,
  BITMAP,
  HYPERLOGLOG,
  GEO,
  STREAM,
  PUBSUB,
  ADMIN,
  FAST,
  SLOW,
  BLOCKING,
  DANGEROUS,
  CONNECTION,
  TRANSACTION,
  SCRIPTING;

  /** The name, as {@code ACL CAT} and {@code COMMAND INFO} show it behind the {@code @}. */
  public String redisName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
