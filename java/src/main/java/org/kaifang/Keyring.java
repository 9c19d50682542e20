package org.kaifang;

import com.sun.jna.Pointer;

/** The secrets of tokens. Immutable, and may be used by several threads at once; overwritten when it is closed. */
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

    /**
     * The tokens of values.
     *
     * @param question {@code {"key_id","dataset","kind","values"}} and an optional {@code domain}
     * @return {@code {"invalid":0,"values":[...]}}
     */
    public String token(String question) {
        byte[] bytes = Library.utf8(question);
        return Library.text((out, err) -> Library.kf_values_token(token(), bytes, Library.length(bytes), out, err));
    }

    @Override
    void free(Pointer token) {
        Library.kf_keyring_free(token);
    }
}
