/** The JVM side of djlift: models, archives and zoos, and DJL's ways to them. */
module org.djlift.core {
    requires transitive ai.djl.api;
    requires ai.djl.onnxruntime_engine;
    requires ai.djl.tokenizers;
    requires com.google.gson;
    requires com.microsoft.onnxruntime;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports org.djlift;
    exports org.djlift.archive;
    exports org.djlift.data;
    exports org.djlift.djl;
    exports org.djlift.translate;
    exports org.djlift.zoo;
    exports org.djlift.internal.base to
            org.djlift.tooling;
    exports org.djlift.internal.engine to
            org.djlift.tooling;
    exports org.djlift.internal.graph to
            org.djlift.tooling;
    exports org.djlift.internal.tasks to
            org.djlift.tooling;
    exports org.djlift.internal.tokenizer to
            org.djlift.tooling;

    // The tooling runs what the public models run.
    opens org.djlift to
            org.djlift.tooling;

    provides ai.djl.repository.RepositoryFactory with
            org.djlift.djl.DjliftRepositoryFactory;
    provides ai.djl.repository.zoo.ZooProvider with
            org.djlift.djl.DjliftZooProvider;
}
