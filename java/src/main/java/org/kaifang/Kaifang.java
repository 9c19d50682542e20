package org.kaifang;

/** The library itself, and what needs no handle. */
public final class Kaifang {
    private Kaifang() {}

    /** The version of the C library, such as {@code 0.1.0}. Loads it, and fails if its interface is another version. */
    public static String version() {
        // ASCII, so any encoding reads it.
        return Library.kf_version().getString(0, "US-ASCII");
    }

    /**
     * Masks values.
     *
     * @param question {@code {"kind":"mobile","values":["13900001111",null]}}; {@code keep_prefix} and {@code keep_suffix}
     *     in place of the kind or beside it
     * @return {@code {"invalid":0,"values":[...]}}
     */
    public static String mask(String question) {
        byte[] bytes = Library.utf8(question);
        return Library.text((out, err) -> Library.kf_values_mask(bytes, Library.length(bytes), out, err));
    }
}
