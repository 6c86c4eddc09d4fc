package io.flotilla.statemachine.rdb;

/** The kinds of values in an RDB, by the byte that stands before each. Source: Redis. */
final class RdbType {
  static final int STRING = 0;
  static final int LIST = 1;
  static final int SET = 2;
  static final int SORTED_SET = 3;
  static final int HASH = 4;
  static final int SORTED_SET_2 = 5;
  static final int MODULE = 6;
  static final int MODULE_2 = 7;
  static final int HASH_ZIPMAP = 9;
  static final int LIST_ZIPLIST = 10;
  static final int SET_INTSET = 11;
  static final int SORTED_SET_ZIPLIST = 12;
  static final int HASH_ZIPLIST = 13;
  static final int LIST_QUICKLIST = 14;
  static final int STREAM = 15;
  static final int HASH_LISTPACK = 16;
  static final int SORTED_SET_LISTPACK = 17;
  static final int LIST_QUICKLIST_2 = 18;
  static final int STREAM_2 = 19;
  static final int SET_LISTPACK = 20;
  static final int STREAM_3 = 21;

  /** Of Redis 7.4: each field with its deadline, less the first of them. */
  static final int HASH_DEADLINES = 24;

  /** Of Redis 7.4: a listpack of field, value, deadline. */
  static final int HASH_LISTPACK_DEADLINES = 25;

  private RdbType() {}
}
