package org.kaifang;

import com.sun.jna.Pointer;

/** The secrets of tokens and ciphers. Immutable, and may be used by several threads at once; overwritten when it is closed. */
public final class Keyring extends Handle {
    private Keyring(Pointer token) {
        super(token);
    }

    /** Reads a keyring file, which only its owner may read. */
    public static Keyring load(String path) {
        byte[] bytes = Library.utf8(path);
        return new Keyring(Library.handle((out, err) -> Library.kf_keyring_load(bytes, Library.length(bytes), out, err)));
    }

    /** Reads the bytes of a keyring file that the host keeps elsewhere. The caller overwrites its own copy. */
    public static Keyring parse(byte[] json) {
        return new Keyring(Library.handle((out, err) -> Library.kf_keyring_parse(json, Library.length(json), out, err)));
    }

    /** Reads the text of a keyring file out of an environment variable. */
    public static Keyring fromEnvironment(String variable) {
        byte[] bytes = Library.utf8(variable);
        return new Keyring(
                Library.handle((out, err) -> Library.kf_keyring_from_env(bytes, Library.length(bytes), out, err)));
    }

    /**
     * Values through any transform of a plan.
     *
     * @param question {@code {"dataset","column":{"do":...},"values":[...]}}, and {@code others} where the transform looks
     *     at further columns
     * @return {@code {"invalid":0,"values":[...]}}
     */
    public String treat(String question) {
        return Kaifang.treat(token(), question);
    }

    @Override
    void free(Pointer token) {
        Library.kf_keyring_free(token);
    }
}
