package org.kaifang;

import com.sun.jna.Pointer;
import java.util.function.Supplier;

/**
 * A ledger that is open: for writing (one writer), or for reading. Several threads may use it at once; those that append at
 * the same time share the writes to the disk. Closing it lets the directory go, so that another may write.
 *
 * <p>Where a {@link Signer.Callback} failed, the cause of the exception is what it threw.
 */
public final class Ledger extends Handle {
    /** Who signs heads, and until it is closed the one before. */
    private volatile Signer[] signers;

    private Ledger(Pointer token, Signer... signers) {
        super(token);
        this.signers = signers;
    }

    /**
     * Makes a ledger in a directory that is new or empty, and signs its empty head.
     *
     * @param profile {@code intl} (SHA-256 and an Ed25519 key) or {@code gm} (SM3 and an SM2 key)
     * @param origin the log's name in its heads
     */
    public static Ledger create(String directory, String profile, String origin, Signer signer) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(profile);
        byte[] c = Library.utf8(origin);
        Pointer key = signer == null ? null : signer.token();
        Supplier<Pointer> call =
                () ->
                        Library.handle(
                                (out, err) ->
                                        Library.kf_ledger_create(
                                                a,
                                                Library.length(a),
                                                b,
                                                Library.length(b),
                                                c,
                                                Library.length(c),
                                                key,
                                                out,
                                                err));
        return new Ledger(Signer.signing(call, signer), signer);
    }

    /**
     * Opens a ledger. What an append never acknowledged, after a crash, is dropped by a writer; {@link #state} says what.
     *
     * @param signer null opens for reading, also beside a writer
     */
    public static Ledger open(String directory, Signer signer) {
        byte[] bytes = Library.utf8(directory);
        Pointer key = signer == null ? null : signer.token();
        return new Ledger(
                Library.handle((out, err) -> Library.kf_ledger_open(bytes, Library.length(bytes), key, out, err)), signer);
    }

    /**
     * Appends one record. When this returns its index, it is on the disk.
     *
     * @param record canonical JSON of at most 65535 bytes
     */
    public long append(String record) {
        byte[] bytes = Library.utf8(record);
        return Library.number((out, err) -> Library.kf_ledger_append(token(), bytes, Library.length(bytes), out, err));
    }

    /**
     * Appends records in order, all or none, with one write to the disk.
     *
     * @param lines a record a line, each ended by a line feed; the last may lack it
     * @return the index of the first
     */
    public long appendLines(String lines) {
        byte[] bytes = Library.utf8(lines);
        return Library.number(
                (out, err) -> Library.kf_ledger_append_lines(token(), bytes, Library.length(bytes), out, err));
    }

    /**
     * Appends one record in the space that is held for it, after an append failed with {@code KF-LEDGER-21}: that the
     * ledger is full can be recorded and signed.
     */
    public long appendLast(String record) {
        byte[] bytes = Library.utf8(record);
        return Library.number(
                (out, err) -> Library.kf_ledger_append_last(token(), bytes, Library.length(bytes), out, err));
    }

    /**
     * Signs the present head, unless it is signed already. When the signer fails, the records stay, unsigned.
     *
     * @return a {@code Checkpoint}, canonical JSON
     */
    public String checkpoint() {
        return Signer.signing(() -> Library.text((out, err) -> Library.kf_ledger_checkpoint(token(), out, err)), signers);
    }

    /**
     * Ends an interval in which there may have been no record: appends one that says when, and signs.
     *
     * @param at an instant, RFC 3339
     * @return a {@code Checkpoint}, canonical JSON
     */
    public String seal(String at) {
        byte[] bytes = Library.utf8(at);
        return Signer.signing(
                () -> Library.text((out, err) -> Library.kf_ledger_seal(token(), bytes, Library.length(bytes), out, err)),
                signers);
    }

    /**
     * How the ledger stands: {@code origin}, {@code profile}, {@code public_key}, {@code size}, {@code root}, the last
     * signed head {@code signed}, and what the opening {@code dropped}.
     *
     * @return canonical JSON
     */
    public String state() {
        return Library.text((out, err) -> Library.kf_ledger_state(token(), out, err));
    }

    /** One record as it was appended. */
    public String read(long index) {
        return Library.text((out, err) -> Library.kf_ledger_read(token(), index, out, err));
    }

    /**
     * The proof that a record is under the last signed head.
     *
     * @return a {@code Receipt}, canonical JSON
     */
    public String receipt(long index) {
        return Library.text((out, err) -> Library.kf_ledger_receipt(token(), index, out, err));
    }

    /**
     * The proof that the tree of the first {@code size1} records begins that of {@code size2}.
     *
     * @return a document that {@link #verifyProof} checks
     */
    public String consistency(long size1, long size2) {
        return Library.text((out, err) -> Library.kf_ledger_consistency(token(), size1, size2, out, err));
    }

    /**
     * Changes the key: appends a record that both keys have signed, and signs the head with both. From then on heads are
     * signed by both until the ledger is closed, and only the new key opens it for writing.
     *
     * @return the record's index
     */
    public synchronized long changeKey(Signer next) {
        Pointer key = next == null ? null : next.token();
        Signer present = signers[0];
        Supplier<Long> call =
                () -> Library.number((out, err) -> Library.kf_ledger_change_key(token(), key, out, err));
        long index = Signer.signing(call, present, next);
        signers = new Signer[] {next, present};
        return index;
    }

    /** Keeps a blob, and gives its digest, by which a record names it in its member {@code blobs}. It is on the disk. */
    public String putBlob(byte[] content) {
        return Library.text(
                (out, err) -> Library.kf_ledger_put_blob(token(), content, Library.length(content), out, err));
    }

    /** The content of a blob of at most {@code limit} bytes: it is what was put, or an exception. */
    public byte[] readBlob(String digest, long limit) {
        byte[] bytes = Library.utf8(digest);
        // A negative number would be a very large one to C.
        long most = Math.max(0, limit);
        return Library.bytes(
                (out, err) -> Library.kf_ledger_read_blob(token(), bytes, Library.length(bytes), most, out, err));
    }

    /** Erases a blob for ever. The records that name it stay, and the ledger verifies and says that it is gone. */
    public void eraseBlob(String digest) {
        byte[] bytes = Library.utf8(digest);
        Library.done(err -> Library.kf_ledger_erase_blob(token(), bytes, Library.length(bytes), err));
    }

    /**
     * Writes the records to a Parquet file of the columns {@code index}, {@code leaf_hash}, {@code record}, with the signed
     * head in its metadata. Nobody appends meanwhile.
     *
     * @param progress null for none
     * @return {@code {"bytes":...,"rows":...}}
     */
    public String export(String path, Progress progress) {
        byte[] bytes = Library.utf8(path);
        return Watch.over(
                progress,
                watch ->
                        Library.text(
                                (out, err) ->
                                        Library.kf_ledger_export(
                                                token(), bytes, Library.length(bytes), watch, null, out, err)));
    }

    /**
     * Verifies every byte of a ledger's directory.
     *
     * @param publicKey who the ledger must be; null takes the directory's own key, and the answer says so
     * @param pin a checkpoint kept elsewhere, a signed note; null for none. It needs the key
     * @return what was found, as JSON
     */
    public static String verify(String directory, String publicKey, String pin) {
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

    /**
     * Checks one proof document: {@code op} is {@code inclusion}, {@code consistency}, {@code checkpoint},
     * {@code receipt} or {@code equivocation}.
     *
     * @return {@code {"valid":true}}; a proof that does not hold is a {@link KaifangException} of the family
     *     {@link KaifangException.Family#INTEGRITY}
     */
    public static String verifyProof(String proof) {
        byte[] bytes = Library.utf8(proof);
        return Library.text((out, err) -> Library.kf_ledger_verify_proof(bytes, Library.length(bytes), out, err));
    }

    /**
     * The document that proves that the key signed two trees of one size under one name.
     *
     * @param note1 a signed note
     * @param note2 another one; heads that don't contradict each other are an exception of the family
     *     {@link KaifangException.Family#INTEGRITY}
     * @return a document that {@link #verifyProof} checks
     */
    public static String proveEquivocation(String note1, String note2, String publicKey) {
        byte[] a = Library.utf8(note1);
        byte[] b = Library.utf8(note2);
        byte[] key = Library.utf8(publicKey);
        return Library.text(
                (out, err) ->
                        Library.kf_ledger_prove_equivocation(
                                a, Library.length(a), b, Library.length(b), key, Library.length(key), out, err));
    }

    @Override
    void free(Pointer token) {
        Library.kf_ledger_free(token);
    }
}
