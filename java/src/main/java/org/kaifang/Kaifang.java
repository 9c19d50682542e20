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

    /**
     * Checks one proof document: {@code op} is {@code inclusion}, {@code consistency}, {@code checkpoint} or
     * {@code receipt}.
     *
     * @return {@code {"valid":true}}; a proof that does not hold is a {@link KaifangException} of the family
     *     {@link KaifangException.Family#INTEGRITY}
     */
    public static String verifyProof(String proof) {
        byte[] bytes = Library.utf8(proof);
        return Library.text((out, err) -> Library.kf_ledger_verify_proof(bytes, Library.length(bytes), out, err));
    }

    /**
     * Verifies every byte of a ledger's directory.
     *
     * @param publicKey who the ledger must be, base64; null takes the directory's own key, and the answer says so
     * @param pin a checkpoint kept elsewhere, a signed note; null for none. It needs the key
     * @return what was found, as JSON
     */
    public static String verifyLedger(String directory, String publicKey, String pin) {
        byte[] dir = Library.utf8(directory);
        byte[] key = Library.utf8(publicKey);
        byte[] note = Library.utf8(pin);
        return Library.text(
                (out, err) ->
                        Library.kf_ledger_verify(
                                dir,
                                Library.length(dir),
                                key,
                                Library.length(key),
                                note,
                                Library.length(note),
                                out,
                                err));
    }
}
