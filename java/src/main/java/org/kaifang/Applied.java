package org.kaifang;

import com.sun.jna.Pointer;

/** The proof of a treatment: what was done to each column, with counts, and the digests of what came out. */
public final class Applied {
    private final String json;

    /** A proof that was kept as JSON. */
    public Applied(String json) {
        this.json = json;
    }

    /** The document, as the library gave it canonical JSON. */
    public String json() {
        return json;
    }

    /**
     * Checks that a file is the output that this proof describes: its columns in order, its rows, its cells. Another table is
     * a {@link KaifangException} of the family {@link KaifangException.Family#INTEGRITY}.
     *
     * @param path CSV, Excel, Parquet or Arrow IPC; the content says which
     * @param progress null for none
     */
    public void verify(String path, Progress progress) {
        verify(Plan.opened(path), progress);
    }

    /** As {@link #verify(String, Progress)}, of the bytes of an Arrow IPC stream or file. */
    public void verify(byte[] ipc, Progress progress) {
        verify(Plan.received(ipc), progress);
    }

    private void verify(Pointer table, Progress progress) {
        byte[] bytes = Library.utf8(json);
        Watch.over(
                progress,
                watch -> {
                    Library.done(
                            err ->
                                    PlanLibrary.kf_applied_verify(
                                            bytes, Library.length(bytes), table, watch, null, err));
                    return null;
                });
    }

    @Override
    public String toString() {
        return json;
    }
}
