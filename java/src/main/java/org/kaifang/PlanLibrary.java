package org.kaifang;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** The functions of {@code include/kaifang.h} for tables, plans, their proofs and FF1; {@link Library} makes the calls. */
final class PlanLibrary {
    static {
        // Whether the library is the one that these declarations were written for is checked there.
        Library.kf_abi_version();
        Native.register(PlanLibrary.class, "kaifang");
    }

    private PlanLibrary() {}

    static native int kf_table_from_ipc(byte[] ipc, long ipcLen, PointerByReference table, PointerByReference err);

    static native int kf_table_scan(
            Pointer table,
            int all,
            Library.ProgressFunction progress,
            Pointer user,
            PointerByReference findings,
            PointerByReference err);

    static native int kf_table_free(Pointer table);

    static native int kf_plan_parse_toml(byte[] toml, long tomlLen, PointerByReference plan, PointerByReference err);

    static native int kf_plan_parse_json(byte[] json, long jsonLen, PointerByReference plan, PointerByReference err);

    static native int kf_plan_load(byte[] path, long pathLen, PointerByReference plan, PointerByReference err);

    static native int kf_plan_rotate(
            Pointer table,
            byte[] dataset,
            long datasetLen,
            byte[] rotation,
            long rotationLen,
            PointerByReference plan,
            PointerByReference err);

    static native int kf_plan_hash(Pointer plan, PointerByReference hash, PointerByReference err);

    static native int kf_plan_dataset(Pointer plan, PointerByReference dataset, PointerByReference err);

    static native int kf_plan_keys(Pointer plan, PointerByReference keys, PointerByReference err);

    static native int kf_plan_document(Pointer plan, PointerByReference document, PointerByReference err);

    static native int kf_plan_check(Pointer plan, Pointer table, PointerByReference err);

    static native int kf_plan_preview(Pointer plan, PointerByReference preview, PointerByReference err);

    static native int kf_plan_suggest(
            byte[] findings,
            long findingsLen,
            byte[] dataset,
            long datasetLen,
            byte[] key,
            long keyLen,
            byte[] sharing,
            long sharingLen,
            PointerByReference suggestion,
            PointerByReference err);

    static native int kf_plan_apply_file(
            Pointer plan,
            Pointer table,
            Pointer keyring,
            byte[] path,
            long pathLen,
            Library.ProgressFunction progress,
            Pointer user,
            PointerByReference applied,
            PointerByReference err);

    static native int kf_plan_apply_ipc(
            Pointer plan,
            Pointer table,
            Pointer keyring,
            Library.ProgressFunction progress,
            Pointer user,
            PointerByReference ipc,
            PointerByReference applied,
            PointerByReference err);

    static native int kf_plan_free(Pointer plan);

    static native int kf_applied_verify(
            byte[] applied,
            long appliedLen,
            Pointer table,
            Library.ProgressFunction progress,
            Pointer user,
            PointerByReference err);

    static native int kf_ff1_create(
            byte[] cipher,
            long cipherLen,
            byte[] key,
            long keyLen,
            int radix,
            PointerByReference ff1,
            PointerByReference err);

    static native int kf_ff1_encrypt(
            Pointer ff1,
            int[] numerals,
            long numeralsLen,
            byte[] tweak,
            long tweakLen,
            int[] encrypted,
            PointerByReference err);

    static native int kf_ff1_decrypt(
            Pointer ff1,
            int[] numerals,
            long numeralsLen,
            byte[] tweak,
            long tweakLen,
            int[] decrypted,
            PointerByReference err);

    static native int kf_ff1_free(Pointer ff1);
}
