package org.djlift.support;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import java.io.IOException;

/** Tests on a zoo behind a file server. */
public abstract class WithServedZoo extends WithZoo {

    protected Server server;

    @BeforeEach
    void serve() throws IOException {
        server = new Server(zoo.top());
        set("djlift.zoo", server.address());
        offline(false);
    }

    @AfterEach
    void stop() {
        server.close();
    }
}
