package org.kaifang;

import com.sun.jna.Pointer;

/** A policy: the law as data. Immutable, and may be used by several threads at once. */
public final class Policy extends Handle {
    Policy(Pointer token) {
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

    /**
     * Decides on facts that a host states from its own database, and records nothing. What can't be decided is a denial.
     *
     * @param facts JSON: fact to value; what is missing or null is unknown, and unknown never permits
     * @param at an instant, RFC 3339
     * @return a {@code Decision} as {@link Platform#decide} gives it, canonical JSON
     */
    public String decideFacts(String facts, String at) {
        byte[] a = Library.utf8(facts);
        byte[] b = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        Library.kf_policy_decide_facts(token(), a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Why the answer to a question is what it is: the fewest known facts that give it, the fewest changes that would
     * permit what is not permitted, and every answer that the unknown facts leave possible.
     *
     * @param section {@code classification} or {@code access}
     * @param facts JSON: fact to value; what is missing or null is unknown
     * @param at the legal date, {@code YYYY-MM-DD}
     * @return an {@code Explanation}, canonical JSON
     */
    public String explain(String section, String facts, String at) {
        byte[] a = Library.utf8(section);
        byte[] b = Library.utf8(facts);
        byte[] c = Library.utf8(at);
        return Library.text(
                (out, err) ->
                        Library.kf_policy_explain(
                                token(), a, Library.length(a), b, Library.length(b), c, Library.length(c), out, err));
    }

    /**
     * The policy as a lawyer reads it: article by article what the rules say, then as tables what they decide.
     *
     * @return a {@code PolicyPage}, canonical JSON
     */
    public String page() {
        return Library.text((out, err) -> Library.kf_policy_page(token(), out, err));
    }

    /** The page as one HTML file, to be published or printed: no script, no network. */
    public String pageHtml() {
        return Library.text((out, err) -> Library.kf_policy_page_html(token(), out, err));
    }

    /**
     * Which rules speak of each provision of the law, and whether a copy of the law's text is the one that the policy
     * means.
     *
     * @param text the copy; null for the coverage alone
     * @return a {@code PolicyCheck}, canonical JSON, whose {@code ok} says whether all of that holds
     */
    public String check(String text) {
        byte[] bytes = Library.utf8(text);
        return Library.text((out, err) -> Library.kf_policy_check(token(), bytes, Library.length(bytes), out, err));
    }

    /**
     * Proves the policy's declared properties, and what every policy has to be, over all of its facts' values.
     *
     * @return {@code Proofs}, canonical JSON, whose {@code holds} says whether every statement does
     */
    public String prove() {
        return Library.text((out, err) -> Library.kf_policy_prove(token(), out, err));
    }

    /**
     * What each rule, fact and reading does, over all of the facts' values.
     *
     * @return an {@code Analysis}, canonical JSON
     */
    public String analyse() {
        return Library.text((out, err) -> Library.kf_policy_analyse(token(), out, err));
    }

    /**
     * What changes from this policy to another one, or from one reading to another, in the permitted classes and in
     * permit or denial, exactly and with counts. Recommendations, required steps, reasons, duties and deadlines are not
     * compared.
     *
     * @return a {@code Difference}, canonical JSON, whose {@code equal} says whether nothing of what is compared changes
     */
    public String diff(Policy other) {
        Pointer second = other == null ? null : other.token();
        return Library.text((out, err) -> Library.kf_policy_diff(token(), second, out, err));
    }

    /**
     * Answers a file of facts into a file of answers, row for row: CSV, Excel, Parquet or Arrow IPC. A fact without a column, an
     * empty cell and a null are unknown; a column that is no fact, or a value outside its fact's domain, is an error. The
     * file appears whole, or not at all.
     *
     * @param section {@code classification} or {@code access}
     * @param at the legal date, {@code YYYY-MM-DD}
     * @param in the path of the facts, one column for each, by its id; the content says the format
     * @param out the path of the answers, which says the format
     * @return the number of rows
     */
    public long evalFile(String section, String at, String in, String out) {
        byte[] a = Library.utf8(section);
        byte[] b = Library.utf8(at);
        byte[] from = Library.utf8(in);
        byte[] to = Library.utf8(out);
        // The call that follows consumes the table, whatever comes of it.
        Pointer table = Library.handle((made, err) -> Library.kf_table_open(from, Library.length(from), made, err));
        return Library.number(
                (rows, err) ->
                        Library.kf_policy_eval_file(
                                token(),
                                a,
                                Library.length(a),
                                b,
                                Library.length(b),
                                null,
                                0,
                                table,
                                to,
                                Library.length(to),
                                null,
                                null,
                                rows,
                                err));
    }

    /**
     * What would change for the datasets of a catalog if another policy held instead. A column that is a fact of one
     * policy alone is unknown to the other; a column that is a fact of neither is an error.
     *
     * @param at the legal date, {@code YYYY-MM-DD}
     * @param catalog the path of a table, a row for each dataset and a column for each fact of a classification
     * @return a {@code CatalogDifference}, canonical JSON
     */
    public String diffCatalog(Policy other, String at, String catalog) {
        Pointer second = other == null ? null : other.token();
        byte[] a = Library.utf8(at);
        byte[] from = Library.utf8(catalog);
        // The call that follows consumes the table, whatever comes of it.
        Pointer table = Library.handle((made, err) -> Library.kf_table_open(from, Library.length(from), made, err));
        return Library.text(
                (out, err) ->
                        Library.kf_policy_diff_catalog(
                                token(), second, a, Library.length(a), table, null, null, out, err));
    }

    @Override
    void free(Pointer token) {
        Library.kf_policy_free(token);
    }
}
