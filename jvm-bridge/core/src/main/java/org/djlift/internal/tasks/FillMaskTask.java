package org.djlift.internal.tasks;

import org.djlift.data.MaskFill;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Tokenization;
import org.djlift.internal.tokenizer.TokenizerFile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** fill-mask, as transformers' {@code FillMaskPipeline} does it. */
public final class FillMaskTask implements Task<String, List<List<MaskFill>>> {

    public static final String TOP_K = "top_k";
    public static final String TARGETS = "targets";

    private static final String MASK = "maskTokenId";
    private static final int TOP = 5;

    /** The mask token of a model. */
    public static String mask(ModelFolder folder) throws IOException {
        return folder.tokenizer().token(folder.tokenId(MASK));
    }

    @Override
    public String name() {
        return "fill-mask";
    }

    @Override
    public OutputForm form() {
        return OutputForm.TOKENS;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(TOP_K, TARGETS);
    }

    @Override
    public String input(Parameters json) {
        json.only(Set.of("text"));
        return json.text("text");
    }

    @Override
    public String json(List<List<MaskFill>> output) {
        StringBuilder line = new StringBuilder("{\"masks\":[");
        String betweenMasks = "";
        for (List<MaskFill> mask : output) {
            line.append(betweenMasks).append('[');
            String between = "";
            for (MaskFill one : mask) {
                line.append(between).append("{\"score\":").append(Json.number(one.score()));
                line.append(",\"token\":").append(one.token());
                line.append(",\"token_str\":").append(Json.quoted(one.text()));
                line.append(",\"sequence\":")
                        .append(Json.quoted(one.sequence()))
                        .append('}');
                between = ",";
            }
            line.append(']');
            betweenMasks = ",";
        }
        return line.append("]}").toString();
    }

    @Override
    public Bound<String, List<List<MaskFill>>> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        TokenizerFile words = folder.words(tokenization);
        boolean cleanUp = Boolean.parseBoolean(folder.setting("cleanUpTokenizationSpaces", "false"));
        boolean fromTheEnd = "left".equals(folder.setting("truncationSide", "right"));
        MaskDecoder decoder = new MaskDecoder(words, cleanUp, folder.tokenId(MASK), folder.tokenId("padTokenId"));
        // Throws where there is no such token.
        String mask = mask(folder);
        return parameters -> {
            List<String> named =
                    parameters.isNull(TARGETS) || !parameters.has(TARGETS) ? null : parameters.texts(TARGETS);
            long[] targets = named == null ? null : targets(words, tokenization, named, fromTheEnd);
            return new Filling(tokenization, decoder, mask, words.size(), targets, top(parameters));
        };
    }

    private static int top(Parameters parameters) {
        int top = parameters.number(TOP_K, TOP);
        if (top < 1) {
            throw new IllegalArgumentException("expected at least 1 for '" + TOP_K + "', found " + top);
        }
        return top;
    }

    /** Ids of targets, rising: of one that is no token, its first token, as the reference cuts it to one. */
    private static long[] targets(
            TokenizerFile words, Tokenization tokenization, List<String> named, boolean fromTheEnd) {
        Map<String, Integer> vocabulary = words.vocabulary();
        Set<Long> found = new TreeSet<>();
        for (String target : named) {
            Integer id = vocabulary.get(target);
            if (id != null) {
                found.add(id.longValue());
                continue;
            }
            long[] ids = tokenization.ids(target);
            if (ids.length > 0) {
                found.add(ids[fromTheEnd ? ids.length - 1 : 0]);
            }
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException("expected a token for '" + TARGETS + "', found none in " + named);
        }
        return found.stream().mapToLong(Long::longValue).toArray();
    }

    /** One call's way from texts to tokens. */
    private static final class Filling implements Codec<String, List<List<MaskFill>>> {

        private final Tokenization tokenization;
        private final MaskDecoder decoder;
        private final String mask;
        private final int vocabulary;
        private final long[] targets;
        private final int top;

        Filling(Tokenization tokenization, MaskDecoder decoder, String mask, int vocabulary, long[] targets, int top) {
            this.tokenization = tokenization;
            this.decoder = decoder;
            this.mask = mask;
            this.vocabulary = vocabulary;
            this.targets = targets;
            this.top = targets == null ? top : Math.min(top, targets.length);
        }

        @Override
        public List<Encoded> encode(String input) {
            return tokenization.windows(input, null, tokenization.limit());
        }

        @Override
        public int wide() {
            return vocabulary;
        }

        @Override
        public int[] rows(String input, Encoded window) {
            return decoder.masks(window);
        }

        @Override
        public OutputForm form() {
            return OutputForm.TOKENS;
        }

        @Override
        public int columns() {
            return -1;
        }

        @Override
        public List<List<MaskFill>> decode(String input, List<Encoded> windows, List<Logits> outputs) {
            // Here and not where it is encoded: what has other tokens than the reference shows them in a trace.
            if (decoder.masks(windows.get(0)).length == 0) {
                throw new IllegalArgumentException("No mask_token (" + mask + ") found on the input");
            }
            return decoder.decode(windows.get(0), outputs.get(0), targets, top);
        }

        @Override
        public long size(String input) {
            return input.length();
        }

        @Override
        public List<List<MaskFill>> copy(List<List<MaskFill>> output) {
            List<List<MaskFill>> copy = new ArrayList<>(output.size());
            output.forEach(mask -> copy.add(new ArrayList<>(mask)));
            return copy;
        }
    }
}
