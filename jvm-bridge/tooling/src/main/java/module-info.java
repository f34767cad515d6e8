/** What djlift's Python package drives; it exports nothing to others. */
module org.djlift.tooling {
    requires org.djlift.core;
    requires ai.djl.onnxruntime_engine;
    requires ai.djl.tokenizers;
    requires com.google.gson;
    requires com.microsoft.onnxruntime;
}
