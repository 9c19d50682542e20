package org.kaifang;

/** A table that was treated in memory, and its proof. */
public final class Treated {
    private final byte[] ipc;
    private final Applied applied;

    Treated(byte[] ipc, Applied applied) {
        this.ipc = ipc;
        this.applied = applied;
    }

    /** The bytes of an Arrow IPC stream; not a copy. */
    public byte[] ipc() {
        return ipc;
    }

    /** The proof. */
    public Applied applied() {
        return applied;
    }
}
