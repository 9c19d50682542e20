package org.kaifang;

import com.sun.jna.Pointer;

/** The library itself, and what needs no handle. */
public final class Kaifang {
    private Kaifang() {}

    /** The version of the C library, such as {@code 0.1.0}. Loads it, and fails if its interface is another version. */
    public static String version() {
        // ASCII, so any encoding reads it.
        return Library.kf_version().getString(0, "US-ASCII");
    }

    /**
     * Finds what the columns of a file hold.
     *
     * @param path CSV, Excel, Parquet or Arrow IPC; the content says which
     * @param all whether every row is looked at, or ever fewer of them as the table grows
     * @param progress null for none
     * @return {@code Findings}, canonical JSON
     */
    public static String scan(String path, boolean all, Progress progress) {
        // The call that follows consumes the table, whatever comes of it.
        Pointer table = Plan.opened(path);
        return Watch.over(
                progress,
                watch ->
                        Library.text(
                                (out, err) -> PlanLibrary.kf_table_scan(table, all ? 1 : 0, watch, null, out, err)));
    }

    /**
     * Values through any transform of a plan that needs no key; for the others see {@link Keyring#treat}.
     *
     * @param question {@code {"dataset":"d","column":{"do":"mask","kind":"mobile"},"values":["13900001111",null]}}
     * @return {@code {"invalid":0,"values":[...]}}
     */
    public static String treat(String question) {
        return treat(null, question);
    }

    static String treat(Pointer keyring, String question) {
        byte[] bytes = Library.utf8(question);
        return Library.text((out, err) -> Library.kf_values_treat(keyring, bytes, Library.length(bytes), out, err));
    }
}
