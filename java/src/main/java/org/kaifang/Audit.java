package org.kaifang;

/** The audit of a platform's directory: is all of it true, who used what, and what shows it to others. */
public final class Audit {
    private Audit() {}

    /** As {@link #audit(String, String, String, String, String)}, by the official schedules alone. */
    public static String audit(String directory, String publicKey, String pin, String at) {
        return audit(directory, publicKey, pin, at, null);
    }

    /**
     * Verifies every byte of a platform's logs and decides everything again.
     *
     * @param publicKey who the state log must be signed by; null takes the directory's own key, and the report says so
     * @param pin a checkpoint kept elsewhere, a signed note; null for none. It needs the key
     * @param years schedules of further years that duties are judged by, as for {@link WorkingDays#day}, or null
     * @return an {@code AuditReport}, canonical JSON, whose {@code clean} says whether nothing was found
     */
    public static String audit(String directory, String publicKey, String pin, String at, String years) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(publicKey);
        byte[] c = Library.utf8(pin);
        byte[] d = Library.utf8(at);
        byte[] e = Library.utf8(years);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_audit(
                                a,
                                Library.length(a),
                                b,
                                Library.length(b),
                                c,
                                Library.length(c),
                                d,
                                Library.length(d),
                                e,
                                Library.length(e),
                                out,
                                err));
    }

    /**
     * The recorded uses that a query asks for.
     *
     * @param query {@code {"dataset":...,"user":...,"application":...,"action":"api","from":...,"until":...,
     *     "denials":true}}, of which any may be left out; null asks for every permitted use
     * @return a {@code UsageRecord} a line, each ended by a line feed
     */
    public static String uses(String directory, String query) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(query);
        return Library.text(
                (out, err) -> PlatformLibrary.kf_platform_uses(a, Library.length(a), b, Library.length(b), out, err));
    }

    /** What the uses that a query asks for come to, a {@code UsageSummary}. */
    public static String usageSummary(String directory, String query) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(query);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_usage_summary(
                                a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * The draft of a user's risk assessment report (A25): kinds and quantity as the log has them.
     *
     * @param from the first legal date, {@code YYYY-MM-DD}
     * @param until the last one
     * @return a {@code RiskAssessmentReport}, to which the user adds activities, risks and measures
     */
    public static String draftRiskReport(String directory, String application, String from, String until) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(application);
        byte[] c = Library.utf8(from);
        byte[] d = Library.utf8(until);
        return Library.text(
                (out, err) ->
                        PlatformLibrary.kf_platform_draft_risk_report(
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

    /** The evidence of how a dataset was opened and used (A30), a {@code Bundle}, up to the last signed head. */
    public static String bundle(String directory, String dataset) {
        byte[] a = Library.utf8(directory);
        byte[] b = Library.utf8(dataset);
        return Library.text(
                (out, err) -> PlatformLibrary.kf_platform_bundle(a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * Verifies a bundle with nothing else at hand.
     *
     * @param publicKey who the state log must be signed by; null takes the bundle's own key, which the report names
     * @return a {@code BundleReport}; a record that is not proved is a {@link KaifangException} of the family
     *     {@link KaifangException.Family#INTEGRITY}
     */
    public static String verifyBundle(String bundle, String publicKey) {
        byte[] a = Library.utf8(bundle);
        byte[] b = Library.utf8(publicKey);
        return Library.text(
                (out, err) -> PlatformLibrary.kf_bundle_verify(a, Library.length(a), b, Library.length(b), out, err));
    }
}
