package org.djlift.zoo;

import org.djlift.internal.base.Printable;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads files of a zoo from any static file server: plain GET, with retries, and a download that goes on where it was
 * cut. Proxies are those of the JDK.
 */
final class ZooHttp {

    /** In a row, without a byte of progress. */
    private static final int ATTEMPTS = 4;

    private static final int REDIRECTS = 5;
    private static final int RANGE_REFUSED = 416;
    private static final long FIRST_PAUSE = 200;
    private static final int BLOCK = 1 << 16;
    private static final String CHECK = "check the address, or the network and any proxy in between";

    private final URI base;
    private final String @Nullable [] header;
    private final int timeout;

    ZooHttp(URI base) throws ZooException {
        this.base = base;
        this.header = ZooSettings.header();
        this.timeout = ZooSettings.timeout();
    }

    /** A small file. */
    byte[] bytes(URI uri, int limit) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        retried(uri, () -> bytes.size(), () -> {
            bytes.reset();
            HttpURLConnection connection = answered(uri, 0, null);
            try (InputStream in = connection.getInputStream()) {
                copy(in, bytes, 0, limit, uri, "at most " + limit + " bytes");
                whole(connection, bytes.size(), 0);
            } finally {
                connection.disconnect();
            }
        });
        return bytes.toByteArray();
    }

    /** A file of which the size is known. */
    void file(URI uri, Path target, long size) throws IOException {
        String[] tag = new String[1];
        retried(uri, () -> Files.size(target), () -> {
            long have = Files.size(target);
            HttpURLConnection connection = answered(uri, have, tag[0]);
            boolean goesOn = connection.getResponseCode() == HttpURLConnection.HTTP_PARTIAL;
            String range = connection.getHeaderField("Content-Range");
            if (goesOn && (range == null || !range.startsWith("bytes " + have + "-"))) {
                connection.disconnect();
                Files.write(target, new byte[0]);
                throw new IOException("another part of the file than was asked for: " + range);
            }
            tag[0] = connection.getHeaderField("ETag");
            long from = goesOn ? have : 0;
            StandardOpenOption how = goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
            try (InputStream in = connection.getInputStream();
                    OutputStream out = Files.newOutputStream(target, StandardOpenOption.WRITE, how)) {
                copy(in, out, from, size, uri, size + " bytes as metadata.json says");
            } finally {
                connection.disconnect();
            }
            long now = Files.size(target);
            if (now < size) {
                whole(connection, now, from);
                if (connection.getContentLengthLong() < 0) {
                    throw new IOException("ended after " + now + " of " + size + " bytes");
                }
                throw refused(uri, size + " bytes as metadata.json says", now + " bytes", "publish it again");
            }
        });
    }

    private void retried(URI uri, Progress progress, Attempt attempt) throws IOException {
        long best = 0;
        long pause = FIRST_PAUSE;
        for (int failures = 1; ; failures++) {
            try {
                attempt.run();
                return;
            } catch (ZooException e) {
                throw e;
            } catch (IOException e) {
                long now = progress.bytes();
                if (now > best) {
                    best = now;
                    failures = 1;
                    pause = FIRST_PAUSE;
                }
                if (failures >= ATTEMPTS) {
                    throw new ZooException(
                            ZooException.Reason.UNREACHABLE,
                            uri.toString(),
                            "an answer",
                            "none in " + ATTEMPTS + " attempts (" + said(e) + ")",
                            CHECK,
                            e);
                }
            }
            sleep(pause);
            pause *= 2;
        }
    }

    /** A connection that has answered with the file, or the rest of it; redirects are followed. */
    private HttpURLConnection answered(URI uri, long from, @Nullable String tag) throws IOException {
        URI at = uri;
        for (int i = 0; i <= REDIRECTS; i++) {
            HttpURLConnection connection = (HttpURLConnection) at.toURL().openConnection();
            connection.setConnectTimeout(timeout);
            connection.setReadTimeout(timeout);
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setRequestProperty("User-Agent", "djlift");
            connection.setRequestProperty("Accept-Encoding", "identity");
            // Only to the zoo itself: it may be a secret.
            if (header != null && isOrigin(at)) {
                connection.setRequestProperty(header[0], header[1]);
            }
            if (from > 0) {
                connection.setRequestProperty("Range", "bytes=" + from + "-");
                if (tag != null && tag.startsWith("\"")) {
                    connection.setRequestProperty("If-Range", tag);
                }
            }
            int status = connection.getResponseCode();
            if (status == HttpURLConnection.HTTP_OK || status == HttpURLConnection.HTTP_PARTIAL && from > 0) {
                return connection;
            }
            String location = connection.getHeaderField("Location");
            connection.disconnect();
            if (status == RANGE_REFUSED && from > 0) {
                return answered(uri, 0, null);
            }
            if (status / 100 != 3 || location == null) {
                throw failure(uri, status);
            }
            at = redirected(uri, at, location);
        }
        throw refused(uri, "at most " + REDIRECTS + " redirects", "more", CHECK);
    }

    private static URI redirected(URI uri, URI at, String location) throws ZooException {
        URI next;
        try {
            next = at.resolve(location);
        } catch (IllegalArgumentException e) {
            throw refused(uri, "a redirect to an address", Printable.text(location), CHECK);
        }
        boolean secure = "https".equalsIgnoreCase(next.getScheme());
        boolean allowed =
                secure || "http".equalsIgnoreCase(next.getScheme()) && !"https".equalsIgnoreCase(at.getScheme());
        if (!allowed || next.getHost() == null) {
            throw refused(uri, "a redirect to http or https, and from https to https", Printable.text(location), CHECK);
        }
        return next;
    }

    private boolean isOrigin(URI at) {
        return at.getScheme().equalsIgnoreCase(base.getScheme())
                && at.getRawAuthority().equalsIgnoreCase(base.getRawAuthority());
    }

    /** What is worth another attempt is a plain IOException. */
    private static IOException failure(URI uri, int status) {
        String found = "HTTP status " + status;
        switch (status) {
            case 404:
            case 410:
                return new ZooException(
                        ZooException.Reason.ABSENT,
                        uri.toString(),
                        "a file of the zoo",
                        found,
                        "check the group, the name and the address of the zoo (" + ZooSettings.named(ZooSettings.ZOO)
                                + ")");
            case 401:
            case 403:
            case 407:
                return new Forbidden(
                        uri,
                        found,
                        "set " + ZooSettings.named(ZooSettings.TOKEN) + ", or "
                                + ZooSettings.named(ZooSettings.HEADER));
            case 408:
            case 425:
            case 429:
                return new IOException(found);
            default:
                return status / 100 == 5 ? new IOException(found) : refused(uri, "the file", found, CHECK);
        }
    }

    private static void copy(InputStream in, OutputStream out, long from, long limit, URI uri, String expected)
            throws IOException {
        byte[] block = new byte[BLOCK];
        long have = from;
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
            have += n;
            if (have > limit) {
                throw refused(uri, expected, "more", "publish it again");
            }
            out.write(block, 0, n);
        }
    }

    /** A connection that ends early is no end of the file. */
    private static void whole(HttpURLConnection connection, long have, long from) throws IOException {
        long announced = connection.getContentLengthLong();
        if (announced >= 0 && have - from < announced) {
            throw new IOException("cut after " + have + " of " + (from + announced) + " bytes");
        }
    }

    private static ZooException refused(URI uri, String expected, String found, String mend) {
        return new ZooException(ZooException.Reason.REFUSED, uri.toString(), expected, found, mend);
    }

    private static String said(IOException e) {
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private static void sleep(long milliseconds) throws InterruptedIOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a zoo");
        }
    }

    /** A server that does not let this user read a file, whether or not it is there. */
    static final class Forbidden extends ZooException {

        private static final long serialVersionUID = 1L;

        Forbidden(URI uri, String found, String mend) {
            super(Reason.REFUSED, uri.toString(), "permission to read it", found, mend);
        }
    }

    /** How far it is. */
    private interface Progress {
        long bytes() throws IOException;
    }

    /** One attempt; a ZooException is final. */
    private interface Attempt {
        void run() throws IOException;
    }
}
