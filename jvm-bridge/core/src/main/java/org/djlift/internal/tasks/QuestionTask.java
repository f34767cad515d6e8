package org.djlift.internal.tasks;

import org.djlift.data.Answer;
import org.djlift.data.Question;
import org.djlift.internal.base.Json;
import org.djlift.internal.base.Parameters;
import org.djlift.internal.engine.Codec;
import org.djlift.internal.engine.ModelFolder;
import org.djlift.internal.engine.Task;
import org.djlift.internal.graph.Logits;
import org.djlift.internal.graph.OutputForm;
import org.djlift.internal.tokenizer.Cut;
import org.djlift.internal.tokenizer.Encoded;
import org.djlift.internal.tokenizer.Text;
import org.djlift.internal.tokenizer.Tokenization;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** question-answering, as the {@code QuestionAnsweringPipeline} of transformers 4 does it. */
public final class QuestionTask implements Task<Question, List<Answer>> {

    public static final String TOP_K = "top_k";
    public static final String DOC_STRIDE = "doc_stride";
    public static final String MAX_SEQ_LEN = "max_seq_len";
    public static final String MAX_ANSWER_LEN = "max_answer_len";
    public static final String IMPOSSIBLE = "handle_impossible_answer";
    public static final String ALIGN = "align_to_words";

    private static final int WINDOW = 384;
    private static final int STRIDE = 128;
    private static final int ANSWER = 15;

    @Override
    public String name() {
        return "question-answering";
    }

    @Override
    public OutputForm form() {
        return OutputForm.SPANS;
    }

    @Override
    public Set<String> parameters() {
        return Set.of(TOP_K, DOC_STRIDE, MAX_SEQ_LEN, MAX_ANSWER_LEN, IMPOSSIBLE, ALIGN);
    }

    @Override
    public Question input(Parameters json) {
        json.only(Set.of("question", "context"));
        return Question.of(json.text("question"), json.text("context"));
    }

    @Override
    public String json(List<Answer> output) {
        StringBuilder line = new StringBuilder("{\"answers\":[");
        String between = "";
        for (Answer one : output) {
            line.append(between).append("{\"answer\":").append(Json.quoted(one.text()));
            line.append(",\"score\":").append(Json.number(one.score()));
            line.append(",\"start\":").append(one.codePointStart());
            line.append(",\"end\":").append(one.codePointEnd());
            line.append(",\"utf16_start\":").append(one.start());
            line.append(",\"utf16_end\":").append(one.end()).append('}');
            between = ",";
        }
        return line.append("]}").toString();
    }

    @Override
    public Bound<Question, List<Answer>> bind(ModelFolder folder, Tokenization tokenization) throws IOException {
        boolean questionFirst = Boolean.parseBoolean(folder.setting("questionFirst", "true"));
        SpanDecoder.Special special =
                new SpanDecoder.Special(questionFirst, folder.tokenId("clsTokenId"), folder.tokenId("padTokenId"));
        return parameters -> new Answering(tokenization, special, parameters);
    }

    private static int number(Parameters parameters, String key, int otherwise, int least) {
        int value = parameters.number(key, otherwise);
        if (value < least) {
            throw new IllegalArgumentException("expected at least " + least + " for '" + key + "', found " + value);
        }
        return value;
    }

    /** One call's way from questions to answers. */
    private static final class Answering implements Codec<Question, List<Answer>> {

        private final Tokenization tokenization;
        private final boolean questionFirst;
        private final SpanDecoder decoder;
        private final Cut cut;

        Answering(Tokenization tokenization, SpanDecoder.Special special, Parameters parameters) {
            this.tokenization = tokenization;
            this.questionFirst = special.questionFirst;
            int length = number(parameters, MAX_SEQ_LEN, Math.min(tokenization.maxLength(), WINDOW), 1);
            if (length > tokenization.maxLength()) {
                throw new IllegalArgumentException("expected at most " + tokenization.maxLength() + " for '"
                        + MAX_SEQ_LEN + "', the model's limit, found " + length);
            }
            int stride = number(parameters, DOC_STRIDE, Math.min(length / 2, STRIDE), 0);
            int room = length - tokenization.specialTokens(true);
            if (stride >= room) {
                throw new IllegalArgumentException("expected less than " + room + " for '" + DOC_STRIDE + "', '"
                        + MAX_SEQ_LEN + "' without special tokens, found " + stride);
            }
            this.cut = Cut.windows(questionFirst ? Cut.Side.ONLY_SECOND : Cut.Side.ONLY_FIRST, length, stride);
            this.decoder = new SpanDecoder(
                    special,
                    number(parameters, TOP_K, 1, 1),
                    number(parameters, MAX_ANSWER_LEN, ANSWER, 1),
                    parameters.flag(IMPOSSIBLE, false),
                    parameters.flag(ALIGN, true));
        }

        @Override
        public List<Encoded> encode(Question input) {
            refuseEmpty("question", input.question());
            refuseEmpty("context", input.context());
            return questionFirst
                    ? tokenization.windowsOfWords(input.question(), input.context(), cut)
                    : tokenization.windowsOfWords(input.context(), input.question(), cut);
        }

        private static void refuseEmpty(String name, String text) {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("`" + name + "` cannot be empty");
            }
        }

        @Override
        public OutputForm form() {
            return OutputForm.SPANS;
        }

        @Override
        public int columns() {
            return 2;
        }

        @Override
        public List<Answer> decode(Question input, List<Encoded> windows, List<Logits> outputs) {
            return decoder.decode(Text.of(input.context()), windows, outputs);
        }

        @Override
        public long size(Question input) {
            return (long) input.question().length() + input.context().length();
        }

        @Override
        public List<Answer> copy(List<Answer> output) {
            return new ArrayList<>(output);
        }
    }
}
