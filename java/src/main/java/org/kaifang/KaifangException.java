package org.kaifang;

/** What went wrong. It holds no value of the data. */
public final class KaifangException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The families of errors: {@code kf_status} in the C header. */
    public enum Family {
        NULL(1),
        UTF8(2),
        HANDLE(3),
        ARROW(4),
        CALLBACK(5),
        ARGUMENT(6),
        CANCELLED(7),
        UNFINISHED(8),
        POLICY(10),
        FACT(11),
        TABLE(12),
        PLAN(13),
        KEYRING(14),
        RISK(15),
        CATALOG(16),
        PROCESS(17),
        LEDGER(18),
        INTEGRITY(19),
        DOCUMENT(20),
        PANIC(99),
        /** A number that this version does not know: treat it as a failure of any other kind. */
        UNKNOWN(-1);

        private final int status;

        Family(int status) {
            this.status = status;
        }

        static Family of(int status) {
            for (Family family : values()) {
                if (family.status == status) {
                    return family;
                }
            }
            return UNKNOWN;
        }
    }

    private final int status;
    private final String code;
    private final String zh;
    private final String where;

    KaifangException(int status, String code, String zh, String en, String where) {
        super(en);
        this.status = status;
        this.code = code;
        this.zh = zh;
        this.where = where;
    }

    /** The number of the C interface. */
    public int status() {
        return status;
    }

    /** The family of the error. */
    public Family family() {
        return Family.of(status);
    }

    /** The stable code, such as {@code KF-FACT-01}. */
    public String code() {
        return code;
    }

    /** The Chinese text; {@link #getMessage()} is the English one. */
    public String zh() {
        return zh;
    }

    /** Where in the input; null where that is not known. */
    public String where() {
        return where;
    }
}
