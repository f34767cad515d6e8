package org.djlift.internal.reader;

import org.djlift.archive.ArchiveException;
import org.djlift.archive.Refusal;
import org.djlift.internal.base.Printable;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The names of an archive's files: plain, relative, each once on every file system. The rules of entryname.py. */
final class EntryName {

    private static final int PATH_LIMIT = 1024;
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9._+ -]{1,255}");
    /** Windows opens a device by these, whatever their suffix. */
    private static final Pattern DEVICE = Pattern.compile("(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");
    /** What a JVM, a Python, a shell or a loader would run, and archives within the archive. */
    private static final Pattern CODE = Pattern.compile(
            ".*\\.(jar|war|class|java|scala|kt|groovy|jsh|so([.][0-9.]+)?|dll|dylib|jnilib|py|pyc|pyd|pyz|pkl|pickle|pt"
                    + "|pth|sh|bash|exe|bat|cmd|ps1|js|com|zip|tar|gz|tgz|bz2|xz|7z|zst|ort)");

    private static final String PLAIN = "a plain relative name";

    private final Set<String> files = new HashSet<>();
    private final Set<String> folders = new HashSet<>();

    /** @throws ArchiveException if the name cannot be, after those before it */
    void check(String name, String archive) throws ArchiveException {
        alone(name, archive);
        String folded = name.toLowerCase(Locale.ROOT);
        if (!files.add(folded)) {
            throw wrong(Refusal.ENTRY_TWICE, "each name once, whatever its case", name, archive);
        }
        boolean clash = folders.contains(folded);
        for (int i = folded.indexOf('/'); i >= 0; i = folded.indexOf('/', i + 1)) {
            clash |= files.contains(folded.substring(0, i));
            folders.add(folded.substring(0, i));
        }
        if (clash) {
            throw wrong(Refusal.ENTRY_TWICE, "no name that is a file and a folder", name, archive);
        }
    }

    private static void alone(String name, String archive) throws ArchiveException {
        List<String> parts = Arrays.asList(name.split("/", -1));
        if (name.endsWith("/") && !parts.get(0).isEmpty()) {
            throw wrong(Refusal.ENTRY_KIND, "files only", name, archive);
        }
        if (name.isEmpty() || name.codePointCount(0, name.length()) > PATH_LIMIT) {
            throw wrong(Refusal.ENTRY_NAME, PLAIN, name, archive);
        }
        if (parts.contains("") || parts.contains(".") || parts.contains("..")) {
            throw wrong(Refusal.ENTRY_NAME, "a name inside the archive", name, archive);
        }
        for (String part : parts) {
            // Windows drops dots and blanks at the end, so that two names become one.
            boolean plain = PART.matcher(part).matches()
                    && !part.endsWith(".")
                    && !part.endsWith(" ")
                    && !part.startsWith(" ")
                    && !DEVICE.matcher(part.toLowerCase(Locale.ROOT)).matches();
            if (!plain) {
                throw wrong(Refusal.ENTRY_NAME, PLAIN, name, archive);
            }
        }
        String top = parts.get(0).toLowerCase(Locale.ROOT);
        String last = parts.get(parts.size() - 1).toLowerCase(Locale.ROOT);
        // DJL compiles and loads what it finds in these folders.
        boolean foreign =
                top.equals("libs") || top.equals("lib") || CODE.matcher(last).matches();
        if (foreign || last.endsWith(".onnx") && !name.equals("model.onnx")) {
            throw wrong(Refusal.CODE, "no code and no archives within", name, archive);
        }
    }

    private static ArchiveException wrong(Refusal refusal, String expected, String name, String archive) {
        return new ArchiveException(refusal, archive, expected, "the entry '" + Printable.text(name) + "'");
    }
}
