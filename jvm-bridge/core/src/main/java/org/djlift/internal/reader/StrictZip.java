package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Limits;
import org.djlift.internal.base.Printable;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A zip that is entries and nothing else, as djlift packs it.
 *
 * <p>{@link java.util.zip.ZipFile} takes what surrounds the entries, says nothing of links, and believes the central
 * directory where the local headers say otherwise. Here every byte belongs to one entry, both headers agree, and no
 * entry is a link, encrypted, or larger than its packed bytes can become.
 */
public final class StrictZip implements Closeable {

    private static final String NOTHING_ELSE = "entries and nothing else";
    private static final String STRANGE = "bytes before, between or after them";
    private static final int END = 22;
    private static final int LOCATOR = 20;
    private static final int END64 = 56;
    private static final int LOCAL = 30;
    private static final int CENTRAL = 46;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    /** Compression level and UTF-8 names: all that an honest writer's flags say here. */
    private static final int HARMLESS_FLAGS = 0x806;

    private static final int UTF8 = 0x800;
    private static final int VERSION = 45;
    private static final long LARGE = 0xFFFFFFFFL;
    /** No deflate stream grows by more. */
    private static final long DEFLATE_RATIO = 1032;

    private final FileChannel channel;
    private final String file;
    private final Map<String, Entry> entries = new TreeMap<>();

    private StrictZip(FileChannel channel, String file) throws IOException {
        this.channel = channel;
        this.file = file;
        readDirectory();
    }

    /** @throws ArchiveException if it is no zip, or one with more in it than entries */
    public static StrictZip open(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new StrictZip(channel, path.toString());
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    /** The entries by name, sorted. */
    public Map<String, Entry> entries() {
        return entries;
    }

    /** The bytes of an entry; reading to the end also checks their number and checksum. */
    public InputStream read(Entry entry) {
        return new StrictZipStream(channel, entry, file + "!" + entry.name);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void readDirectory() throws IOException {
        long size = channel.size();
        require(size >= END, "a whole zip file", size + " bytes");
        ByteBuffer end = bytes(size - END, END);
        require(
                end.getInt(0) == 0x06054b50,
                "a whole zip file",
                "no end of a zip; a comment or other bytes behind it?");
        boolean alone = end.getInt(4) == 0 && end.getShort(20) == 0;
        require(alone, Refusal.ZIP_LAYOUT, "a zip in one file, without comment", "another");
        long onDisk = end.getShort(8) & 0xFFFF;
        long count = end.getShort(10) & 0xFFFF;
        long length = end.getInt(12) & LARGE;
        long offset = end.getInt(16) & LARGE;
        long behind = size - END;
        ByteBuffer locator = behind >= LOCATOR + END64 ? bytes(behind - LOCATOR, LOCATOR) : null;
        if (locator != null && locator.getInt(0) == 0x07064b50) {
            behind -= LOCATOR + END64;
            ByteBuffer end64 = bytes(behind, END64);
            boolean good = locator.getInt(4) == 0
                    && locator.getLong(8) == behind
                    && locator.getInt(16) == 1
                    && end64.getInt(0) == 0x06064b50
                    && end64.getLong(4) == END64 - 12
                    && end64.getLong(16) == 0;
            require(good, Refusal.ZIP_LAYOUT, "the end of a zip64", "another");
            onDisk = end64.getLong(24);
            count = end64.getLong(32);
            length = end64.getLong(40);
            offset = end64.getLong(48);
        }
        boolean few = count >= 0 && count <= Limits.ENTRIES;
        require(few, Refusal.TOO_LARGE, "at most " + Limits.ENTRIES + " entries", count + " entries");
        boolean fits = onDisk == count && length >= 0 && length <= Limits.DIRECTORY && offset == behind - length;
        require(fits, Refusal.ZIP_LAYOUT, NOTHING_ELSE, STRANGE);
        List<Entry> all = readEntries(bytes(offset, (int) length), count);
        all.sort(Comparator.comparingLong(e -> e.offset));
        long next = 0;
        for (Entry entry : all) {
            require(entry.offset == next, Refusal.ZIP_LAYOUT, NOTHING_ELSE, STRANGE);
            next = dataOf(entry, offset) + entry.packed;
        }
        require(next == offset, Refusal.ZIP_LAYOUT, NOTHING_ELSE, STRANGE);
        long limit = Limits.unpacked();
        long total = 0;
        for (Entry entry : all) {
            // Each is far from the end of long; a sum past the limit counts no further.
            total = Math.min(total, limit + 1) + entry.size;
        }
        String most = "at most " + limit + " bytes in all files (" + Limits.VARIABLE + " to allow more)";
        require(total <= limit, Refusal.TOO_LARGE, most, "more");
    }

    private List<Entry> readEntries(ByteBuffer directory, long count) throws ArchiveException {
        List<Entry> all = new ArrayList<>();
        EntryName names = new EntryName();
        for (int i = 0; i < count; i++) {
            require(directory.remaining() >= CENTRAL, "a whole zip file", "a central directory that is cut");
            Entry entry = new Entry(directory, file);
            names.check(entry.name, file);
            entry.check(file);
            entries.put(entry.name, entry);
            all.add(entry);
        }
        require(!directory.hasRemaining(), Refusal.ZIP_LAYOUT, NOTHING_ELSE, STRANGE);
        return all;
    }

    /** Where the data of an entry starts; the local header must say what the central directory says. */
    private long dataOf(Entry entry, long limit) throws IOException {
        require(entry.offset + LOCAL <= limit, "a whole zip file", entry.shown() + " past its end");
        ByteBuffer header = bytes(entry.offset, LOCAL);
        int nameLength = header.getShort(26) & 0xFFFF;
        int extraLength = header.getShort(28) & 0xFFFF;
        long data = entry.offset + LOCAL + nameLength + extraLength;
        require(data <= limit, "a whole zip file", entry.shown() + " past its end");
        ByteBuffer rest = bytes(entry.offset + LOCAL, nameLength + extraLength);
        byte[] name = new byte[nameLength];
        rest.get(name);
        long packed = header.getInt(18) & LARGE;
        long size = header.getInt(22) & LARGE;
        if (extraLength == 20 && rest.getInt() == 0x00100001 && packed == LARGE && size == LARGE) {
            size = rest.getLong();
            packed = rest.getLong();
        }
        boolean same = header.getInt(0) == 0x04034b50
                && (header.getShort(4) & 0xFFFF) <= VERSION
                && (header.getShort(6) & 0xFFFF) == entry.flags
                && (header.getShort(8) & 0xFFFF) == entry.method
                && header.getInt(14) == entry.crc
                && packed == entry.packed
                && size == entry.size
                && Arrays.equals(name, entry.rawName)
                && !rest.hasRemaining();
        require(same, Refusal.ZIP_LAYOUT, "a local header that agrees with the central directory", entry.shown());
        require(entry.packed <= limit - data, "a whole zip file", entry.shown() + " past its end");
        entry.data = data;
        return data;
    }

    private ByteBuffer bytes(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        long at = position;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, at);
            require(n >= 0, "a whole zip file", "its end at byte " + at);
            at += n;
        }
        return buffer.flip();
    }

    private void require(boolean good, String expected, String found) throws ArchiveException {
        require(good, Refusal.NOT_A_ZIP, expected, found);
    }

    private void require(boolean good, Refusal refusal, String expected, String found) throws ArchiveException {
        if (!good) {
            throw new ArchiveException(refusal, file, expected, found);
        }
    }

    /** One entry of the central directory. */
    public static final class Entry {

        final String name;
        public final long size;
        final long packed;
        final int crc;
        private final byte[] rawName;
        private final int needs;
        private final int flags;
        private final int method;
        private final int mode;
        private final boolean plain;
        private final long offset;
        private long data;

        public Entry(ByteBuffer directory, String file) throws ArchiveException {
            int start = directory.position();
            needs = directory.getShort(start + 6) & 0xFFFF;
            flags = directory.getShort(start + 8) & 0xFFFF;
            method = directory.getShort(start + 10) & 0xFFFF;
            crc = directory.getInt(start + 16);
            mode = directory.getInt(start + 38) >>> 16;
            int nameLength = directory.getShort(start + 28) & 0xFFFF;
            int extraLength = directory.getShort(start + 30) & 0xFFFF;
            int others = directory.getShort(start + 32) | directory.getShort(start + 34);
            if (directory.getInt(start) != 0x02014b50
                    || directory.remaining() < CENTRAL + nameLength + extraLength
                    || others != 0) {
                throw new ArchiveException(
                        Refusal.ZIP_LAYOUT, file, "entries and nothing else", "a central directory with more or less");
            }
            directory.position(start + CENTRAL);
            rawName = new byte[nameLength];
            directory.get(rawName);
            name = decoded(file);
            int end = directory.position() + extraLength;
            long[] numbers = {
                directory.getInt(start + 24) & LARGE,
                directory.getInt(start + 20) & LARGE,
                directory.getInt(start + 42) & LARGE
            };
            int wide = 0;
            for (long number : numbers) {
                wide += number == LARGE ? 1 : 0;
            }
            // The zip64 field holds those numbers that need it, and is there only for them.
            plain = extraLength == (wide == 0 ? 0 : 4 + 8 * wide)
                    && (wide == 0 || directory.getShort() == 1 && (directory.getShort() & 0xFFFF) == 8 * wide);
            for (int i = 0; plain && i < numbers.length; i++) {
                numbers[i] = numbers[i] == LARGE ? directory.getLong() : numbers[i];
            }
            directory.position(end);
            size = numbers[0];
            packed = numbers[1];
            offset = numbers[2];
        }

        private String decoded(String file) throws ArchiveException {
            try {
                // Without the flag, names are in a code page that no two tools agree on.
                return ((flags & UTF8) != 0 ? StandardCharsets.UTF_8 : StandardCharsets.US_ASCII)
                        .newDecoder()
                        .decode(ByteBuffer.wrap(rawName))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new ArchiveException(Refusal.ENTRY_NAME, file, "names in UTF-8", "other bytes", e);
            }
        }

        /** @throws ArchiveException if it is what no entry of a djlift archive is */
        private void check(String file) throws ArchiveException {
            int kind = mode & 0xF000;
            require(kind == 0 || kind == 0x8000, file, Refusal.ENTRY_KIND, "regular files");
            require((flags & 1) == 0, file, Refusal.ENTRY_KIND, "no encryption");
            require(method == STORED || method == DEFLATED, file, Refusal.ENTRY_KIND, "deflate or stored");
            boolean bare = (flags & ~HARMLESS_FLAGS) == 0 && needs <= VERSION && plain;
            require(bare, file, Refusal.ZIP_LAYOUT, "entries without extras");
            boolean possible = size >= 0
                    && packed >= 0
                    && offset >= 0
                    && (method == DEFLATED || size == packed)
                    && size / DEFLATE_RATIO <= packed;
            require(possible, file, Refusal.TOO_LARGE, "sizes that its packed bytes can have");
            long cap = Limits.of(name);
            require(size <= cap, file, Refusal.TOO_LARGE, "at most " + cap + " bytes in such a file");
            boolean thin = size > Limits.RATIO_FROM && size / Limits.RATIO > packed;
            require(!thin, file, Refusal.TOO_LARGE, "at most " + Limits.RATIO + " times the packed bytes");
        }

        private void require(boolean good, String file, Refusal refusal, String expected) throws ArchiveException {
            if (!good) {
                throw new ArchiveException(refusal, file, expected, shown());
            }
        }

        String shown() {
            return "the entry '" + Printable.text(name) + "'";
        }

        boolean isDeflated() {
            return method == DEFLATED;
        }

        long data() {
            return data;
        }
    }
}
