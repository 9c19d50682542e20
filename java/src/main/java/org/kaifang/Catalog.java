package org.kaifang;

/** Catalogs (A19.2) and their entries: JSON in, JSON or files out. */
public final class Catalog {
    private Catalog() {}

    /**
     * Everything that keeps an entry from being opened.
     *
     * @param entry an {@code Entry}, JSON
     * @return an array of problems, canonical JSON; empty when the entry is whole
     */
    public static String checkEntry(String entry) {
        byte[] bytes = Library.utf8(entry);
        return Library.text((out, err) -> Library.kf_entry_check(bytes, Library.length(bytes), out, err));
    }

    /**
     * Everything that is wrong in a catalog on a day.
     *
     * @param catalog a {@code Catalog}, JSON
     * @param on the day, {@code YYYY-MM-DD}
     * @param terms {@code {"reassess_months":12}}, or null
     * @return an array of problems, canonical JSON; empty when all is well
     */
    public static String check(String catalog, String on, String terms) {
        byte[] a = Library.utf8(catalog);
        byte[] b = Library.utf8(on);
        byte[] c = Library.utf8(terms);
        return Library.text(
                (out, err) ->
                        Library.kf_catalog_check(
                                a, Library.length(a), b, Library.length(b), c, Library.length(c), out, err));
    }

    /**
     * Merges catalogs into the first one.
     *
     * @param catalogs an array of catalogs, JSON
     * @return {@code Merged}, canonical JSON: the catalog, and every conflict with all its sides
     */
    public static String merge(String catalogs) {
        byte[] bytes = Library.utf8(catalogs);
        return Library.text((out, err) -> Library.kf_catalog_merge(bytes, Library.length(bytes), out, err));
    }

    /**
     * The responsibility list: what each opening body answers for, and by when.
     *
     * @param catalog a {@code Catalog}, JSON
     * @param on the day, {@code YYYY-MM-DD}
     * @param terms as for {@link #check}
     * @return a {@code ResponsibilityList}, canonical JSON
     */
    public static String list(String catalog, String on, String terms) {
        byte[] a = Library.utf8(catalog);
        byte[] b = Library.utf8(on);
        byte[] c = Library.utf8(terms);
        return Library.text(
                (out, err) ->
                        Library.kf_catalog_list(
                                a, Library.length(a), b, Library.length(b), c, Library.length(c), out, err));
    }

    /**
     * A catalog in the form that another program takes.
     *
     * @param catalog a {@code Catalog}, JSON
     * @param format {@code json}, {@code csv}, {@code xlsx}, {@code dcat} or {@code frictionless}
     * @param publication {@code {"base":...,"legislation":...}}, JSON, or null
     * @return the bytes of the file
     */
    public static byte[] export(String catalog, String format, String publication) {
        byte[] a = Library.utf8(catalog);
        byte[] b = Library.utf8(format);
        byte[] c = Library.utf8(publication);
        return Library.bytes(
                (out, err) ->
                        Library.kf_catalog_export(
                                a, Library.length(a), b, Library.length(b), c, Library.length(c), out, err));
    }

    /** The XLSX workbook that officials fill in. */
    public static byte[] template() {
        return Library.bytes(Library::kf_catalog_template);
    }

    /**
     * A filled sheet, CSV or XLSX.
     *
     * @param path the file
     * @return {@code {"v":1,"catalog":...,"problems":[...]}}: rows that could be read, and every cell that could not
     */
    public static String read(String path) {
        byte[] bytes = Library.utf8(path);
        return Library.text((out, err) -> Library.kf_catalog_read(bytes, Library.length(bytes), out, err));
    }
}
