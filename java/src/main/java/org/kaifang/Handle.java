package org.kaifang;

import com.sun.jna.Pointer;
import java.util.concurrent.atomic.AtomicReference;

/** Something of the library that must be closed. Closing it again does nothing; using it after is an error of the library's. */
abstract class Handle implements AutoCloseable {
    private final Pointer token;
    private final AtomicReference<Pointer> open;

    Handle(Pointer token) {
        this.token = token;
        this.open = new AtomicReference<>(token);
    }

    /** The token. The library itself finds out one that was closed, so a race with {@link #close} is no harm. */
    final Pointer token() {
        return token;
    }

    abstract void free(Pointer token);

    @Override
    public final void close() {
        Pointer mine = open.getAndSet(null);
        if (mine != null) {
            free(mine);
        }
    }
}
