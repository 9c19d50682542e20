package org.kaifang;

import com.sun.jna.Pointer;
import java.util.function.Supplier;

/**
 * A platform: policy, state and log in one directory. Many threads may use one side by side; one process writes a directory
 * at a time, and others may read it. Documents are JSON, instants RFC 3339.
 *
 * <p>Where a {@link Signer.Callback} failed, the cause of the exception is what it threw.
 */
public final class Platform extends Handle {
    private final Signer signer;

    private Platform(Pointer token, Signer signer) {
        super(token);
        this.signer = signer;
    }

    /**
     * Makes a new platform in a directory of its own, which is made too, and records the adoption of the policy.
     *
     * @param origin the name of its log
     * @param signer what signs the log, in the profile of its key
     */
    public static Platform init(String directory, Policy policy, String origin, Signer signer, String at) {
        byte[] a = Library.utf8(directory);
        Pointer asked = policy == null ? null : policy.token();
        byte[] b = Library.utf8(origin);
        Pointer key = signer == null ? null : signer.token();
        byte[] c = Library.utf8(at);
        Supplier<Pointer> call =
                () ->
                        Library.handle(
                                (out, err) ->
                                        PlatformLibrary.kf_platform_init(
                                                a,
                                                Library.length(a),
                                                asked,
                                                b,
                                                Library.length(b),
                                                key,
                                                c,
                                                Library.length(c),
                                                out,
                                                err));
        return new Platform(Signer.signing(call, signer), signer);
    }

    /** As {@link #open(String, Signer, String)}, with deadlines by the official schedules alone. */
    public static Platform open(String directory, Signer signer) {
        return open(directory, signer, null);
    }

    /**
     * Opens a platform.
     *
     * @param signer null opens for reading, also beside a writer: {@link #decide} reads on first, {@link #duties}
     *     answers from what was read, and what would be recorded is an exception
     * @param years schedules of further years that deadlines are counted by, as for {@link WorkingDays#day}, or null
     */
    public static Platform open(String directory, Signer signer, String years) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(years);
        Pointer key = signer == null ? null : signer.token();
        return new Platform(
                Library.handle(
                        (out, err) ->
                                PlatformLibrary.kf_platform_open(
                                        a, Library.length(a), key, b, Library.length(b), out, err)),
                signer);
    }

    /** The policy in force. It is to be closed. */
    public Policy policy() {
        return new Policy(Library.handle((out, err) -> PlatformLibrary.kf_platform_policy(token(), out, err)));
    }

    /** The public key of the log, as documents have it. */
    public String publicKey() {
        return Library.text((out, err) -> PlatformLibrary.kf_platform_public_key(token(), out, err));
    }

    /** How many records the state has seen: the index of the next one. */
    public long stateIndex() {
        return Library.number((out, err) -> PlatformLibrary.kf_platform_state_index(token(), out, err));
    }

    /**
     * Takes what another process wrote since the last look, where this platform only reads.
     *
     * @return how many records came
     */
    public long refresh() {
        return Library.number((out, err) -> PlatformLibrary.kf_platform_refresh(token(), out, err));
    }

    /**
     * Records what somebody does, if it is a legal move now and theirs to do.
     *
     * @param act an event and who does it, as the host authenticated them:
     *     {@code {"by":{"role":"opening_body","id":...},"event":"dataset_opened",...}}
     * @return a {@code Recorded}: {@code {"v","index","duties"}}
     */
    public String act(String act, String at) {
        byte[] a = Library.utf8(act);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_event(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /** Decides about a request, to a {@code Decision}, and records nothing. */
    public String decide(String request, String at) {
        byte[] a = Library.utf8(request);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_decide(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Decides about a request, makes the record durable, and only then answers. Anything but {@code "permit":true} denies,
     * an exception too.
     *
     * @return an {@code Admitted}: {@code {"v","index","decision"}}; a denial of somebody who is not identified is
     *     counted, and has no {@code index}
     */
    public String admit(String request, String at) {
        byte[] a = Library.utf8(request);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_admit(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * As {@link #admit}, with the proof that the record is in the log in {@code receipt}: the head is signed for it. Where
     * the signer fails, the record is in the log, and nothing was answered.
     */
    public String admitWithReceipt(String request, String at) {
        byte[] a = Library.utf8(request);
        byte[] b = Library.utf8(at);
        return Signer.signing(
                () ->
                        Library.text(
                                (out, err) ->
                                        PlatformLibrary.kf_platform_admit_with_receipt(
                                                token(), a, Library.length(a), b, Library.length(b), out, err)),
                signer);
    }

    /**
     * Records what came of a permit.
     *
     * @param intent the index that {@link #admit} gave
     * @param outcome {@code {"served":true,"rows":100,"bytes":5120}}, with {@code fields} and {@code result} where there
     *     are some
     * @return a {@code Recorded}
     */
    public String complete(long intent, String outcome, String at) {
        byte[] a = Library.utf8(outcome);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_complete(
                                token(), intent, a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Records a user's report of its use (A16).
     *
     * @param report {@code {"user":...,"dataset":...,"intent":7,"rows":100,"report":"sha256:..."}}
     * @return a {@code Recorded}
     */
    public String reportUse(String report, String at) {
        byte[] a = Library.utf8(report);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_report_use(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * The duties as they stand at an instant, a JSON array.
     *
     * @param holder keeps those of one body, user or authority; null keeps all
     */
    public String duties(String holder, String at) {
        byte[] a = Library.utf8(holder);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_duties(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Signs the head of the log.
     *
     * @return a signed note: keep it where the directory is not
     */
    public String checkpoint() {
        return Signer.signing(
                () -> Library.text((out, err) -> PlatformLibrary.kf_platform_checkpoint(token(), out, err)), signer);
    }

    /** The proof that a record is in the log, a {@code Receipt}; a head is signed for it where none holds it yet. */
    public String receipt(long index) {
        return Signer.signing(
                () ->
                        Library.text((out, err) -> PlatformLibrary.kf_platform_receipt(token(), index, out, err)),
                signer);
    }

    /** What adopting a policy would change. */
    public static final class Upgrade {
        private final String document;
        private final String digest;

        private Upgrade(String[] parts) {
            document = parts[0];
            digest = parts[1];
        }

        /** The {@code Upgrade}: every dataset for which the answer changes. */
        public String document() {
            return document;
        }

        /** The digest by which the authority signs it off. */
        public String digest() {
            return digest;
        }
    }

    /** What adopting a policy would change in the catalog (A40). Nothing is changed. */
    public Upgrade upgrade(Policy policy, String at) {
        Pointer asked = policy == null ? null : policy.token();
        byte[] a = Library.utf8(at);
        return new Upgrade(
                Library.texts(
                        (first, second, err) ->
                                PlatformLibrary.kf_platform_upgrade(
                                        token(), asked, a, Library.length(a), first, second, err)));
    }

    /**
     * Adopts a policy (A40): the catalog is classified under it.
     *
     * @param by who does, such as {@code {"role":"authority","id":...}}
     * @param signedOff the digest that {@link #upgrade} gave; null is enough where the catalog does not change
     * @return a {@code Recorded}
     */
    public String adopt(Policy policy, String by, String signedOff, String at) {
        Pointer asked = policy == null ? null : policy.token();
        byte[] a = Library.utf8(by);
        byte[] b = Library.utf8(signedOff);
        byte[] c = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_adopt(
                                token(),
                                asked,
                                a,
                                Library.length(a),
                                b,
                                Library.length(b),
                                c,
                                Library.length(c),
                                out,
                                err));
    }

    /**
     * Lets another process keep a log of uses of its own (A16): see {@link Worker}. From then on only workers admit.
     *
     * @return a {@code Recorded}
     */
    public String openUseLog(String name, String publicKey, String at) {
        byte[] a = Library.utf8(name);
        byte[] b = Library.utf8(publicKey);
        byte[] c = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_open_use_log(
                                token(), a, Library.length(a), b, Library.length(b), c, Library.length(c), out, err));
    }

    /**
     * Puts a natural person on file (A3(2)): the identity is kept salted, in a blob that can be erased.
     *
     * @param by who does, such as {@code {"role":"platform","id":...}}
     * @param identity anything that the host knows the person by
     * @return the commitment, the user's id in every other document
     */
    public String registerPerson(String by, String identity, String at) {
        byte[] a = Library.utf8(by);
        byte[] b = Library.utf8(identity);
        byte[] c = Library.utf8(at);
        String[] parts =
                Library.texts(
                        (first, second, err) ->
                                PlatformLibrary.kf_platform_register_person(
                                        token(),
                                        a,
                                        Library.length(a),
                                        b,
                                        Library.length(b),
                                        c,
                                        Library.length(c),
                                        first,
                                        second,
                                        err));
        return parts[0];
    }

    /**
     * Erases a person's identity for ever (A5, A31). What was recorded of the commitment stays.
     *
     * @return a {@code Recorded}
     */
    public String erasePerson(String by, String commitment, String at) {
        byte[] a = Library.utf8(by);
        byte[] b = Library.utf8(commitment);
        byte[] c = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_erase_person(
                                token(), a, Library.length(a), b, Library.length(b), c, Library.length(c), out, err));
    }

    /** Keeps a document beside the log and gives its digest; an act may name it in {@code blobs}. It is on the disk. */
    public String putBlob(byte[] content) {
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_put_blob(token(), content, Library.length(content), out, err));
    }

    /** Records the counts of denials of callers who were not identified. */
    public void flush(String at) {
        byte[] a = Library.utf8(at);
        Library.done(err -> PlatformLibrary.kf_platform_flush(token(), a, Library.length(a), err));
    }

    /** After the log failed: opens it again, and records what went out meanwhile. */
    public void recover(String at) {
        byte[] a = Library.utf8(at);
        Library.done(err -> PlatformLibrary.kf_platform_recover(token(), a, Library.length(a), err));
    }

    /** Keeps the state beside the log, so that the next opening begins there; to a {@code Recorded}. */
    public String snapshot(String at) {
        byte[] a = Library.utf8(at);
        return Library.text(
                (out, err) -> PlatformLibrary.kf_platform_snapshot(token(), a, Library.length(a), out, err));
    }

    @Override
    void free(Pointer token) {
        PlatformLibrary.kf_platform_close(token);
    }
}
