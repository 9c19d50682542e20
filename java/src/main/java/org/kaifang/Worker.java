package org.kaifang;

import com.sun.jna.Pointer;
import java.util.function.Supplier;

/**
 * One of several processes that answer for a platform: it follows the state log, which one other process writes, and keeps a
 * log of uses of its own. Many threads may use one side by side.
 */
public final class Worker extends Handle {
    private final Signer signer;

    private Worker(Pointer token, Signer signer) {
        super(token);
        this.signer = signer;
    }

    /**
     * Opens a worker of a platform's directory, and begins its log of uses if it has none.
     *
     * @param name the log's name, which {@link Platform#openUseLog} put on file with this signer's key
     * @param boundSeconds after so many without a look at the state {@link #decide} denies; a negative number sets no bound
     */
    public static Worker open(String directory, String name, Signer signer, long boundSeconds) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(name);
        Pointer key = signer == null ? null : signer.token();
        Supplier<Pointer> call =
                () ->
                        Library.handle(
                                (out, err) ->
                                        PlatformLibrary.kf_worker_open(
                                                a, Library.length(a), b, Library.length(b), key, boundSeconds, out, err));
        return new Worker(Signer.signing(call, signer), signer);
    }

    /**
     * Reads what was written to the state log since the last look.
     *
     * @return how many records came
     */
    public long refresh(String at) {
        byte[] a = Library.utf8(at);
        return Library.number((out, err) -> PlatformLibrary.kf_worker_refresh(token(), a, Library.length(a), out, err));
    }

    /** Decides about a request on what was read of the state, to a {@code Decision}, and records nothing. */
    public String decide(String request, String at) {
        byte[] a = Library.utf8(request);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_worker_decide(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Reads the state, decides about a request, makes the record durable in this worker's log, and only then answers, as
     * {@link Platform#admit}. A suspension is obeyed as soon as it is written; a quota is counted over all logs of uses.
     */
    public String admit(String request, String at) {
        byte[] a = Library.utf8(request);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_worker_admit(token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /** Records what came of a permit of this worker, as {@link Platform#complete}. */
    public String complete(long intent, String outcome, String at) {
        byte[] a = Library.utf8(outcome);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_worker_complete(
                                token(), intent, a, Library.length(a), b, Library.length(b), out, err));
    }

    /** Records a user's report of its use (A16); its {@code intent} is of this worker's log. */
    public String reportUse(String report, String at) {
        byte[] a = Library.utf8(report);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_worker_report_use(
                                token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /** Records the counts of denials of callers who were not identified. */
    public void flush(String at) {
        byte[] a = Library.utf8(at);
        Library.done(err -> PlatformLibrary.kf_worker_flush(token(), a, Library.length(a), err));
    }

    /** Signs the head of this worker's log, to a signed note. */
    public String checkpoint() {
        return Signer.signing(
                () -> Library.text((out, err) -> PlatformLibrary.kf_worker_checkpoint(token(), out, err)), signer);
    }

    @Override
    void free(Pointer token) {
        PlatformLibrary.kf_worker_close(token);
    }
}
