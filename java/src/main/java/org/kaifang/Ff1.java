package org.kaifang;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * FF1 of NIST SP 800-38G over numerals, for a format of the host's own. Immutable, and may be used by several threads at
 * once; the key is overwritten when it is closed.
 */
public final class Ff1 extends Handle {
    private Ff1(Pointer token) {
        super(token);
    }

    /**
     * FF1 under one key and radix.
     *
     * @param cipher {@code aes} (a key of 16, 24 or 32 bytes) or {@code sm4} (16 bytes)
     * @param key the caller overwrites its own copy
     * @param radix 2 to 65,536
     */
    public static Ff1 of(String cipher, byte[] key, int radix) {
        byte[] name = Library.utf8(cipher);
        return new Ff1(
                Library.handle(
                        (out, err) ->
                                PlanLibrary.kf_ff1_create(
                                        name, Library.length(name), key, Library.length(key), radix, out, err)));
    }

    /**
     * Encrypts numerals into as many. Fewer of them than 10^6 values have is refused.
     *
     * @param numerals each from 0 to below the radix
     * @param tweak null for none
     */
    public int[] encrypt(int[] numerals, byte[] tweak) {
        return treat(PlanLibrary::kf_ff1_encrypt, numerals, tweak);
    }

    /** Decrypts what {@link #encrypt} made under the same tweak. */
    public int[] decrypt(int[] numerals, byte[] tweak) {
        return treat(PlanLibrary::kf_ff1_decrypt, numerals, tweak);
    }

    private interface Way {
        int run(
                Pointer ff1,
                int[] numerals,
                long numeralsLen,
                byte[] tweak,
                long tweakLen,
                int[] treated,
                PointerByReference err);
    }

    private int[] treat(Way way, int[] numerals, byte[] tweak) {
        int length = numerals == null ? 0 : numerals.length;
        int[] treated = new int[length];
        Library.done(err -> way.run(token(), numerals, length, tweak, Library.length(tweak), treated, err));
        return treated;
    }

    @Override
    void free(Pointer token) {
        PlanLibrary.kf_ff1_free(token);
    }
}
