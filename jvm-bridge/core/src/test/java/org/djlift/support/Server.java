package org.djlift.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A plain file server on loopback: no listings, and the faults that a test plants. */
public final class Server implements AutoCloseable {

    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");

    private final Path top;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(r -> {
        Thread thread = new Thread(r, "server");
        thread.setDaemon(true);
        return thread;
    });
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Queue<Fault>> faults = new ConcurrentHashMap<>();
    /** Whether ranges are served. */
    public volatile boolean ranges = true;
    /** What a request must carry, as Name: value. */
    public volatile String header;

    public Server(Path top) throws IOException {
        this(top, 0);
    }

    Server(Path top, int port) throws IOException {
        this.top = top;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** The address of the folder, without a slash at its end. */
    public String address() {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":" + port();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** How many requests there were for paths that end so. */
    public long requests(String end) {
        synchronized (seen) {
            return seen.stream().filter(s -> s.endsWith(end)).count();
        }
    }

    /** Every request: its method, its range if it has one, and its path. */
    public List<String> seen() {
        synchronized (seen) {
            return new ArrayList<>(seen);
        }
    }

    /** Plants a fault for the next request of a path that ends so; planted twice, for the next two. */
    public void plant(String end, Fault fault) {
        faults.computeIfAbsent(end, e -> new ArrayDeque<>()).add(fault);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try {
            String path = exchange.getRequestURI().getPath();
            String range = exchange.getRequestHeaders().getFirst("Range");
            seen.add(exchange.getRequestMethod() + " " + (range == null ? "" : range + " ") + path);
            Fault fault = fault(path);
            if (fault != null) {
                fault.answer(exchange);
                return;
            }
            if (header != null) {
                String[] parts = header.split(": ");
                if (!parts[1].equals(exchange.getRequestHeaders().getFirst(parts[0]))) {
                    exchange.sendResponseHeaders(401, -1);
                    return;
                }
            }
            Path file = top.resolve(path.substring(1)).normalize();
            if (!file.startsWith(top) || !Files.isRegularFile(file)) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            send(exchange, Files.readAllBytes(file), range);
        } finally {
            exchange.close();
        }
    }

    private void send(HttpExchange exchange, byte[] bytes, String range) throws IOException {
        Matcher from = RANGE.matcher(range == null ? "" : range);
        byte[] part = bytes;
        int status = 200;
        if (ranges && from.matches()) {
            int start = Integer.parseInt(from.group(1));
            part = Arrays.copyOfRange(bytes, start, bytes.length);
            status = 206;
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + start + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        exchange.sendResponseHeaders(status, part.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(part);
        }
    }

    private Fault fault(String path) {
        for (Map.Entry<String, Queue<Fault>> planted : faults.entrySet()) {
            if (path.endsWith(planted.getKey())) {
                synchronized (planted.getValue()) {
                    return planted.getValue().poll();
                }
            }
        }
        return null;
    }

    /** Says that all is coming and closes the connection after so many bytes. */
    public Fault cutAfter(int count) {
        return exchange -> {
            byte[] bytes = Files.readAllBytes(
                    top.resolve(exchange.getRequestURI().getPath().substring(1)));
            String range = exchange.getRequestHeaders().getFirst("Range");
            Matcher from = RANGE.matcher(range == null ? "" : range);
            int start = ranges && from.matches() ? Integer.parseInt(from.group(1)) : 0;
            if (start > 0) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + start + "-" + (bytes.length - 1) + "/" + bytes.length);
            }
            exchange.sendResponseHeaders(start > 0 ? 206 : 200, bytes.length - start);
            OutputStream out = exchange.getResponseBody();
            out.write(bytes, start, Math.min(count, bytes.length - start));
            out.flush();
            // Not the end of the body: the exchange is closed with bytes owing, and so is the connection.
        };
    }

    public static Fault status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    public static Fault body(byte[] bytes) {
        return exchange -> {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    public static Fault redirect(String location) {
        return exchange -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(302, -1);
        };
    }

    /** Accepts and says nothing. */
    public static Fault silence() {
        return exchange -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    /** Answers in place of the server. */
    public interface Fault {
        void answer(HttpExchange exchange) throws IOException;
    }
}
