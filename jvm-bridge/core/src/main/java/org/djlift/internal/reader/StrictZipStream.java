package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/** The bytes of one entry; their end is only the end if size and checksum are those of the headers. */
final class StrictZipStream extends FilterInputStream {

    private final StrictZip.Entry entry;
    private final String where;
    private final Packed packed;
    /** Null when the entry is stored. */
    private final Inflater inflater;

    private final CRC32 crc = new CRC32();
    private long read;

    StrictZipStream(FileChannel channel, StrictZip.Entry entry, String where) {
        this(new Packed(channel, entry.data(), entry.packed), entry, where, entry.isDeflated());
    }

    private StrictZipStream(Packed packed, StrictZip.Entry entry, String where, boolean deflated) {
        this(packed, entry, where, deflated ? new Inflater(true) : null);
    }

    private StrictZipStream(Packed packed, StrictZip.Entry entry, String where, Inflater inflater) {
        super(inflater == null ? packed : new InflaterInputStream(packed, inflater, 1 << 16));
        this.packed = packed;
        this.entry = entry;
        this.where = where;
        this.inflater = inflater;
    }

    @Override
    public int read() throws IOException {
        return one(this);
    }

    private static int one(InputStream in) throws IOException {
        byte[] one = new byte[1];
        return in.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
        int n;
        try {
            n = in.read(buffer, from, length);
        } catch (ZipException | EOFException e) {
            throw new ArchiveException(Refusal.ALTERED, where, "a deflate stream", String.valueOf(e.getMessage()), e);
        }
        if (n > 0) {
            crc.update(buffer, from, n);
            read += n;
        }
        if (read > entry.size) {
            throw new ArchiveException(Refusal.TOO_LARGE, where, entry.size + " bytes", "more");
        }
        boolean whole = read == entry.size
                && (int) crc.getValue() == entry.crc
                && packed.left == 0
                && (inflater == null || inflater.getRemaining() == 0);
        if (n < 0 && !whole) {
            throw new ArchiveException(
                    Refusal.ALTERED, where, entry.size + " bytes with the checksum of their header", "others");
        }
        return n;
    }

    @Override
    public long skip(long count) {
        throw new UnsupportedOperationException("an entry is read whole, or it is not checked");
    }

    @Override
    public void close() throws IOException {
        super.close();
        if (inflater != null) {
            inflater.end();
        }
    }

    /** The packed bytes, as they lie in the zip. */
    private static final class Packed extends InputStream {

        private final FileChannel channel;
        private long at;
        private long left;

        Packed(FileChannel channel, long at, long left) {
            this.channel = channel;
            this.at = at;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            return one(this);
        }

        @Override
        public int read(byte[] buffer, int from, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = channel.read(ByteBuffer.wrap(buffer, from, (int) Math.min(length, left)), at);
            if (n > 0) {
                at += n;
                left -= n;
            }
            return n;
        }
    }
}
