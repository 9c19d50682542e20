package org.kaifang;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which transform each column of a table gets. Immutable, and may be used by several threads at once.
 *
 * <p>A table is a file (CSV, Excel, Parquet or Arrow IPC; the content says which), or the bytes of an Arrow IPC stream or
 * file.
 */
public final class Plan extends Handle {
    /** The id of a key in a list of JSON: it holds no character that JSON escapes. */
    private static final Pattern KEY_ID = Pattern.compile("\"([^\"]+)\"");

    private Plan(Pointer token) {
        super(token);
    }

    /** A plan from the text of its TOML file. */
    public static Plan parse(String toml) {
        byte[] bytes = Library.utf8(toml);
        return new Plan(
                Library.handle((out, err) -> PlanLibrary.kf_plan_parse_toml(bytes, Library.length(bytes), out, err)));
    }

    /** A plan from a JSON document. */
    public static Plan parseJson(String json) {
        byte[] bytes = Library.utf8(json);
        return new Plan(
                Library.handle((out, err) -> PlanLibrary.kf_plan_parse_json(bytes, Library.length(bytes), out, err)));
    }

    /** A plan from a file: JSON where it begins with a brace, TOML otherwise. */
    public static Plan load(String path) {
        byte[] bytes = Library.utf8(path);
        return new Plan(Library.handle((out, err) -> PlanLibrary.kf_plan_load(bytes, Library.length(bytes), out, err)));
    }

    /**
     * The plan that rotates the tokens of some columns of a file from one key to another, and keeps all else of it. A new
     * token is made of the old one, so it equals no token that is made of the value itself.
     *
     * @param path the file; it is looked at and not treated yet
     * @param rotation {@code {"columns":{"sfzh":"resident_id"},"from":"k1","key":"k2"}}, with optional {@code domain},
     *     {@code mac} and {@code form}
     */
    public static Plan rotate(String path, String dataset, String rotation) {
        byte[] a = Library.utf8(dataset);
        byte[] b = Library.utf8(rotation);
        Pointer table = opened(path);
        try {
            return new Plan(
                    Library.handle(
                            (out, err) ->
                                    PlanLibrary.kf_plan_rotate(
                                            table, a, Library.length(a), b, Library.length(b), out, err)));
        } finally {
            PlanLibrary.kf_table_free(table);
        }
    }

    /**
     * A plan proposed from what a table holds, with a reason for each column; a person decides.
     *
     * @param findings what {@link Kaifang#scan} found
     * @param key the id of the key that tokens will be made with
     * @param sharing {@code public}, {@code controlled} or {@code enclave}
     * @return canonical JSON, whose {@code plan} {@link #parseJson} takes
     */
    public static String suggest(String findings, String dataset, String key, String sharing) {
        byte[] a = Library.utf8(findings);
        byte[] b = Library.utf8(dataset);
        byte[] c = Library.utf8(key);
        byte[] d = Library.utf8(sharing);
        return Library.text(
                (out, err) ->
                        PlanLibrary.kf_plan_suggest(
                                a,
                                Library.length(a),
                                b,
                                Library.length(b),
                                c,
                                Library.length(c),
                                d,
                                Library.length(d),
                                out,
                                err));
    }

    /** The plan's digest: plans that say the same have the same. */
    public String hash() {
        return Library.text((out, err) -> PlanLibrary.kf_plan_hash(token(), out, err));
    }

    /** The dataset whose treatment this is. */
    public String dataset() {
        return Library.text((out, err) -> PlanLibrary.kf_plan_dataset(token(), out, err));
    }

    /** The ids of the keys that the plan needs, each once. */
    public List<String> keys() {
        Matcher ids = KEY_ID.matcher(Library.text((out, err) -> PlanLibrary.kf_plan_keys(token(), out, err)));
        List<String> keys = new ArrayList<>();
        while (ids.find()) {
            keys.add(ids.group(1));
        }
        return Collections.unmodifiableList(keys);
    }

    /** The plan itself, canonical JSON with its defaults written out. */
    public String document() {
        return Library.text((out, err) -> PlanLibrary.kf_plan_document(token(), out, err));
    }

    /** What the plan does, shown on invented values, never on those of a table: canonical JSON. */
    public String preview() {
        return Library.text((out, err) -> PlanLibrary.kf_plan_preview(token(), out, err));
    }

    /**
     * Whether the plan fits a file: names all of its columns, no other, and each with a transform that its type has. Every
     * problem is in the exception.
     */
    public void check(String path) {
        check(opened(path));
    }

    /** As {@link #check(String)}, of the bytes of an Arrow IPC stream or file. */
    public void check(byte[] ipc) {
        check(received(ipc));
    }

    private void check(Pointer table) {
        try {
            Library.done(err -> PlanLibrary.kf_plan_check(token(), table, err));
        } finally {
            PlanLibrary.kf_table_free(table);
        }
    }

    /**
     * Treats a file into another one, batch by batch. It appears whole, or not at all.
     *
     * @param in the path of the table; the content says the format
     * @param out the path of the treated table, which says the format: {@code .csv}, {@code .xlsx}, {@code .parquet},
     *     {@code .arrow}; never that of {@code in}
     * @param keys null for a plan without keys
     * @param progress null for none
     * @return the proof
     */
    public Applied applyFile(String in, String out, Keyring keys, Progress progress) {
        byte[] to = Library.utf8(out);
        Pointer keyring = keys == null ? null : keys.token();
        // The call that follows consumes the table, whatever comes of it.
        Pointer table = opened(in);
        return new Applied(
                Watch.over(
                        progress,
                        watch ->
                                Library.text(
                                        (applied, err) ->
                                                PlanLibrary.kf_plan_apply_file(
                                                        token(),
                                                        table,
                                                        keyring,
                                                        to,
                                                        Library.length(to),
                                                        watch,
                                                        null,
                                                        applied,
                                                        err))));
    }

    /**
     * Treats a table in memory, to the bytes of an Arrow IPC stream.
     *
     * @param ipc the bytes of an Arrow IPC stream or file
     * @param keys null for a plan without keys
     * @param progress null for none
     */
    public Treated apply(byte[] ipc, Keyring keys, Progress progress) {
        Pointer keyring = keys == null ? null : keys.token();
        Pointer table = received(ipc);
        return Watch.over(
                progress,
                watch -> {
                    byte[][] both =
                            Library.both(
                                    (treated, applied, err) ->
                                            PlanLibrary.kf_plan_apply_ipc(
                                                    token(), table, keyring, watch, null, treated, applied, err));
                    return new Treated(both[0], new Applied(new String(both[1], StandardCharsets.UTF_8)));
                });
    }

    static Pointer opened(String path) {
        byte[] bytes = Library.utf8(path);
        return Library.handle((out, err) -> Library.kf_table_open(bytes, Library.length(bytes), out, err));
    }

    static Pointer received(byte[] ipc) {
        return Library.handle((out, err) -> PlanLibrary.kf_table_from_ipc(ipc, Library.length(ipc), out, err));
    }

    @Override
    void free(Pointer token) {
        PlanLibrary.kf_plan_free(token);
    }
}
