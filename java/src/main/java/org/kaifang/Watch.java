package org.kaifang;

import com.sun.jna.Pointer;
import java.util.function.Function;

/** A progress callback as C calls it during one job, and what it threw. */
final class Watch implements Library.ProgressFunction {
    private static final int GO_ON = 1;
    private static final int CANCEL = 0;

    private final Progress progress;
    private Throwable thrown;

    private Watch(Progress progress) {
        this.progress = progress;
    }

    /** Makes a call that tells its progress, if anybody wants to know. */
    static <T> T over(Progress progress, Function<Library.ProgressFunction, T> call) {
        if (progress == null) {
            return call.apply(null);
        }
        Watch watch = new Watch(progress);
        try {
            return call.apply(watch);
        } catch (KaifangException error) {
            throw Signer.because(error, watch.thrown);
        }
    }

    @Override
    public int invoke(Pointer user, Pointer stage, long stageLen, long done, long total, long bytes) {
        try {
            return progress.goOn(stage.getString(0, "US-ASCII"), done, total, bytes) ? GO_ON : CANCEL;
        } catch (Throwable failure) {
            // An Error too: nothing may leave this method but a number.
            thrown = failure;
            return CANCEL;
        }
    }
}
