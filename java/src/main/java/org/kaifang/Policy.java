package org.kaifang;

import com.sun.jna.Pointer;

/** A policy: the law as data. Immutable, and may be used by several threads at once. */
public final class Policy extends Handle {
    private Policy(Pointer token) {
        super(token);
    }

    /** A policy that the library ships, such as {@code xian-2022-013}. */
    public static Policy builtin(String id) {
        byte[] bytes = Library.utf8(id);
        return new Policy(Library.handle((out, err) -> Library.kf_policy_builtin(bytes, Library.length(bytes), out, err)));
    }

    /** A policy from the text of its TOML file. */
    public static Policy parse(String toml) {
        byte[] bytes = Library.utf8(toml);
        return new Policy(Library.handle((out, err) -> Library.kf_policy_parse(bytes, Library.length(bytes), out, err)));
    }

    /** The same policy with one interpretation set. Both are to be closed. */
    public Policy withInterpretation(String name, String option) {
        byte[] a = Library.utf8(name);
        byte[] b = Library.utf8(option);
        return new Policy(
                Library.handle(
                        (out, err) ->
                                Library.kf_policy_with_interpretation(
                                        token(), a, Library.length(a), b, Library.length(b), out, err)));
    }

    /** The policy's digest; interpretations change it. */
    public String hash() {
        return Library.text((out, err) -> Library.kf_policy_hash(token(), out, err));
    }

    /**
     * Which classes a dataset with these facts may be put in.
     *
     * @param facts JSON: fact to value; what is missing or null is unknown
     * @param at the legal date, {@code YYYY-MM-DD}
     * @return a {@code Classification}, canonical JSON
     */
    public String classify(String facts, String at) {
        byte[] a = Library.utf8(facts);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) -> Library.kf_policy_classify(token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Whether an access with these facts is permitted. Anything but {@code "permit":true} denies, an exception too.
     *
     * @param facts JSON: fact to value; what is missing or null is unknown, and unknown never permits
     * @param at the legal date, {@code YYYY-MM-DD}
     * @return an {@code AccessAnswer}, canonical JSON
     */
    public String decide(String facts, String at) {
        byte[] a = Library.utf8(facts);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) -> Library.kf_policy_decide(token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    @Override
    void free(Pointer token) {
        Library.kf_policy_free(token);
    }
}
