package org.kaifang;

import com.sun.jna.Pointer;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * What signs a ledger: a key file, or a device behind a callback. May be used by several threads and for several ledgers
 * at once. A ledger that it opened goes on with it after it is closed.
 */
public final class Signer extends Handle {
    /**
     * Signs: for Ed25519 64 bytes; for SM2 r and s in DER, or each in 32 bytes.
     *
     * <p>Called on a thread of the library's, one call at a time. What it throws, and null, is a failure of whoever wanted
     * the signature. It must not use the ledger that waits for the signature.
     */
    @FunctionalInterface
    public interface Callback {
        byte[] sign(byte[] message) throws Exception;
    }

    private static final int MESSAGE = 1;
    private static final int DIGEST = 2;

    private final Device device;

    private Signer(Pointer token, Device device) {
        super(token);
        this.device = device;
    }

    /**
     * Reads a key file of PKCS#8 PEM, which only its owner may read: Ed25519, or SM2 with the id of a line
     * {@code SM2-Signer-Id: ...} before the block, or else the default id 1234567812345678.
     */
    public static Signer load(String path) {
        byte[] bytes = Library.utf8(path);
        return new Signer(
                Library.handle((out, err) -> Library.kf_signer_load(bytes, Library.length(bytes), out, err)), null);
    }

    /**
     * A device that signs the message. For SM2 it computes Z and the hash itself.
     *
     * @param publicKey the key that verifies what it signs: base64 of the 32 bytes of an Ed25519 key,
     *     {@code sm2:POINT:ID}, or PEM. Every signature is verified before it is used
     * @param timeout how long to wait for a signature, 1 ms or more. While a call has not come back, nothing is signed
     * @param callback kept until neither this nor a ledger needs it any more
     */
    public static Signer ofMessage(String publicKey, Duration timeout, Callback callback) {
        return of(publicKey, MESSAGE, timeout, callback);
    }

    /**
     * A device that signs 32 bytes, e = SM3(Z ‖ message), as devices after GM/T 0018 do. SM2 keys only; otherwise as
     * {@link #ofMessage}.
     */
    public static Signer ofDigest(String publicKey, Duration timeout, Callback callback) {
        return of(publicKey, DIGEST, timeout, callback);
    }

    private static Signer of(String publicKey, int signs, Duration timeout, Callback callback) {
        byte[] key = Library.utf8(publicKey);
        // A negative number would be a very long time to C.
        long milliseconds = Math.max(0, timeout.toMillis());
        Device device = new Device(callback);
        return new Signer(
                Library.handle(
                        (out, err) ->
                                Library.kf_signer_from_callback(
                                        key,
                                        Library.length(key),
                                        signs,
                                        milliseconds,
                                        device.function(),
                                        Device.RELEASE,
                                        device.user(),
                                        out,
                                        err)),
                device);
    }

    /** The public key that verifies what this signs, as documents have it. */
    public String publicKey() {
        return Library.text((out, err) -> Library.kf_signer_public_key(token(), out, err));
    }

    /** Why the callback's last call failed; null where it did not, or there is none. */
    Throwable failure() {
        return device == null ? null : device.failure();
    }

    /** Makes a call that signs. They sign in turn, and one after a failure is not asked: the first that failed did now. */
    static <T> T signing(Supplier<T> call, Signer... signers) {
        try {
            return call.get();
        } catch (KaifangException error) {
            if (error.code().equals("KF-KEY-14")) {
                for (Signer signer : signers) {
                    if (signer != null && signer.failure() != null) {
                        throw because(error, signer.failure());
                    }
                }
            }
            throw error;
        }
    }

    /** The exception, with what caused it where that is known. */
    static KaifangException because(KaifangException error, Throwable cause) {
        if (cause != null) {
            error.initCause(cause);
        }
        return error;
    }

    @Override
    void free(Pointer token) {
        Library.kf_signer_free(token);
    }
}
