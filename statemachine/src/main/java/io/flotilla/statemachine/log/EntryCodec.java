package io.flotilla.statemachine.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.log.Advance;
import io.flotilla.proto.log.Check;
import io.flotilla.proto.log.ControlEntry;
import io.flotilla.proto.log.Genesis;
import io.flotilla.proto.log.Own;
import io.flotilla.proto.log.Raise;
import io.flotilla.proto.log.Setting;
import io.flotilla.proto.log.Settle;
import io.flotilla.proto.log.Sweep;
import io.flotilla.statemachine.bytes.ByteSink;
import io.flotilla.statemachine.bytes.ByteSource;
import io.flotilla.statemachine.bytes.ByteSource.CorruptException;
import io.flotilla.statemachine.bytes.SipHash;
import io.flotilla.statemachine.metadata.NodeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Entries as bytes, for ever.
 *
 * <pre>
 *   entry   := 0x01 batch | 0x02 ControlEntry (protobuf)
 *   batch   := node[20] incarnation:u64 number:varint stamp:varint count:varint item*
 *   item    := argc&lt;&lt;1:varint argument*                                               a command
 *            | commands&lt;&lt;1|1:varint watched:varint (block version:signed)* (argc argument*)*   a transaction
 *   argument := block := length:varint byte*
 * </pre>
 *
 * <p>A batch is the hot path and is a plain notation of its own; everything else is protobuf. Ratis
 * has a checksum on every log record, so there is none here. Golden bytes in the tests keep both
 * readable.
 */
public final class EntryCodec {
  private static final int BATCH = 1;
  private static final int CONTROL = 2;
  private static final int NODE_BYTES = 20;

  private EntryCodec() {}

  /** Writes an entry. A batch's {@link Item.LocalRead}s are left out. */
  public static void encode(Entry entry, ByteSink sink) {
    if (entry instanceof Entry.Batch batch) {
      encodeBatch(batch, sink);
    } else {
      sink.u8(CONTROL);
      byte[] control = control(entry).toByteArray();
      sink.raw(control, 0, control.length);
    }
  }

  /** The bytes of an entry. */
  public static byte[] encode(Entry entry) {
    ByteSink sink = new ByteSink(256);
    encode(entry, sink);
    return sink.toByteArray();
  }

  /**
   * Reads an entry.
   *
   * @throws CorruptException if these are not the bytes of an entry
   */
  public static Entry decode(ByteBuffer bytes) {
    ByteSource source = new ByteSource(bytes);
    int kind = source.u8();
    return switch (kind) {
      case BATCH -> decodeBatch(source);
      case CONTROL -> decodeControl(source.raw(source.remaining()));
      default -> throw new CorruptException("an entry of unknown kind " + kind);
    };
  }

  private static void encodeBatch(Entry.Batch batch, ByteSink sink) {
    sink.u8(BATCH).raw(HexFormat.of().parseHex(batch.id().node().hex()), 0, NODE_BYTES);
    sink.u64(batch.id().incarnation()).varint(batch.id().number()).varint(batch.stampMillis());
    int count = 0;
    for (Item item : batch.items()) {
      if (!(item instanceof Item.LocalRead)) {
        count++;
      }
    }
    sink.varint(count);
    for (Item item : batch.items()) {
      switch (item) {
        case Item.Single single -> {
          sink.varint((long) single.argv().length << 1);
          blocks(single.argv(), sink);
        }
        case Item.Transaction transaction -> {
          sink.varint((long) transaction.commands().size() << 1 | 1);
          sink.varint(transaction.watched().size());
          for (Item.Watched watched : transaction.watched()) {
            sink.block(watched.key()).signed(watched.version());
          }
          for (byte[][] argv : transaction.commands()) {
            sink.varint(argv.length);
            blocks(argv, sink);
          }
        }
        case Item.LocalRead read -> {}
      }
    }
  }

  private static void blocks(byte[][] argv, ByteSink sink) {
    for (byte[] argument : argv) {
      sink.block(argument);
    }
  }

  private static Entry.Batch decodeBatch(ByteSource source) {
    NodeId node = new NodeId(HexFormat.of().formatHex(source.raw(NODE_BYTES)));
    BatchId id = new BatchId(node, source.u64(), source.varint());
    long stamp = source.varint();
    int count = source.count(1);
    List<Item> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long head = source.varint();
      items.add(
          (head & 1) == 0
              ? new Item.Single(argv(source, head >>> 1))
              : transaction(source, head >>> 1));
    }
    source.end();
    return new Entry.Batch(id, stamp, items);
  }

  private static Item.Transaction transaction(ByteSource source, long size) {
    if (size > source.remaining()) {
      throw new CorruptException(
          "a transaction of " + size + " commands in " + source.remaining() + " bytes");
    }
    int watches = source.count(2);
    List<Item.Watched> watched = new ArrayList<>(watches);
    for (int i = 0; i < watches; i++) {
      watched.add(new Item.Watched(source.block(), source.signed()));
    }
    List<byte[][]> commands = new ArrayList<>((int) size);
    for (long i = 0; i < size; i++) {
      commands.add(argv(source, source.varint()));
    }
    return new Item.Transaction(watched, commands);
  }

  private static byte[][] argv(ByteSource source, long count) {
    if (count < 1 || count > source.remaining()) {
      throw new CorruptException(
          "a command of " + count + " arguments in " + source.remaining() + " bytes");
    }
    byte[][] argv = new byte[(int) count][];
    for (int i = 0; i < argv.length; i++) {
      argv[i] = source.block();
    }
    return argv;
  }

  private static ControlEntry control(Entry entry) {
    ControlEntry.Builder control = ControlEntry.newBuilder().setStampMillis(entry.stampMillis());
    switch (entry) {
      case Entry.Batch batch ->
          throw new IllegalArgumentException("a batch is not a control entry");
      case Entry.Advance advance -> control.setAdvance(Advance.getDefaultInstance());
      case Entry.Sweep sweep -> {
        Sweep.Builder keys = Sweep.newBuilder();
        sweep.keys().forEach(key -> keys.addKeys(UnsafeByteOperations.unsafeWrap(key)));
        control.setSweep(keys);
      }
      case Entry.Genesis genesis ->
          control.setGenesis(
              Genesis.newBuilder()
                  .setHashKey0(genesis.hash().k0())
                  .setHashKey1(genesis.hash().k1()));
      case Entry.Own own ->
          control.setOwn(
              Own.newBuilder().addAllSlots(own.slots().stream().map(EntryCodec::range).toList()));
      case Entry.Check check -> control.setCheck(Check.newBuilder().setCheckId(check.checkId()));
      case Entry.Settle settle ->
          control.setSettle(
              Settle.newBuilder()
                  .setVersion(settle.version())
                  .addAllSettings(settings(settle.settings())));
      case Entry.Raise raise ->
          control.setRaise(Raise.newBuilder().setFeatureLevel(raise.featureLevel()));
    }
    return control.build();
  }

  private static Entry decodeControl(byte[] bytes) {
    ControlEntry control;
    try {
      control = ControlEntry.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptException("a control entry that is none: " + e.getMessage());
    }
    long stamp = control.getStampMillis();
    return switch (control.getKindCase()) {
      case ADVANCE -> new Entry.Advance(stamp);
      case SWEEP ->
          new Entry.Sweep(
              stamp,
              control.getSweep().getKeysList().stream().map(ByteString::toByteArray).toList());
      case GENESIS ->
          new Entry.Genesis(
              stamp,
              new SipHash(control.getGenesis().getHashKey0(), control.getGenesis().getHashKey1()));
      case OWN ->
          new Entry.Own(
              stamp, control.getOwn().getSlotsList().stream().map(EntryCodec::range).toList());
      case CHECK -> new Entry.Check(stamp, control.getCheck().getCheckId());
      case SETTLE ->
          new Entry.Settle(
              stamp,
              control.getSettle().getVersion(),
              settings(control.getSettle().getSettingsList()));
      case RAISE -> new Entry.Raise(stamp, control.getRaise().getFeatureLevel());
      case KIND_NOT_SET ->
          throw new CorruptException("a control entry of a kind that this release does not know");
    };
  }

  /** A range of slots as protobuf. */
  public static io.flotilla.proto.log.SlotRange range(Entry.SlotRange range) {
    return io.flotilla.proto.log.SlotRange.newBuilder()
        .setFirst(range.first())
        .setLast(range.last())
        .setEpoch(range.epoch())
        .build();
  }

  /** A range of slots from protobuf. */
  public static Entry.SlotRange range(io.flotilla.proto.log.SlotRange range) {
    return new Entry.SlotRange(range.getFirst(), range.getLast(), range.getEpoch());
  }

  /** Settings as protobuf, in the order of their names. */
  public static List<Setting> settings(Map<String, String> settings) {
    List<Setting> list = new ArrayList<>();
    new TreeMap<>(settings)
        .forEach(
            (name, value) -> list.add(Setting.newBuilder().setName(name).setValue(value).build()));
    return list;
  }

  /** Settings from protobuf, in the order of their names. */
  public static Map<String, String> settings(List<Setting> list) {
    Map<String, String> settings = new TreeMap<>();
    list.forEach(setting -> settings.put(setting.getName(), setting.getValue()));
    return settings;
  }
}
