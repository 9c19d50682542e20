package org.kaifang;

/** Told how far a long job is. What it throws cancels the job and is the cause of the exception that says so. */
@FunctionalInterface
public interface Progress {
    /**
     * @param stage what is being done, a word
     * @param done rows that are done
     * @param total rows that there are; -1 where that is not known beforehand
     * @param bytes bytes of the result that are written so far; 0 where none are
     * @return whether to go on; false cancels the job
     */
    boolean goOn(String stage, long done, long total, long bytes);
}
