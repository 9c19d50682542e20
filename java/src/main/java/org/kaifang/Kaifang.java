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
