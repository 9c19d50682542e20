package org.kaifang;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;

/** The functions of {@code include/kaifang.h} that this package calls, and how each call is made. */
final class Library {
    /** The {@code KF_ABI_VERSION} that these declarations were written for. */
    static final int ABI_VERSION = 1;

    static {
        Native.register(Library.class, "kaifang");
        int found = kf_abi_version();
        if (found != ABI_VERSION) {
            throw new UnsatisfiedLinkError(
                    "libkaifang has the interface version " + found + ", this class needs " + ABI_VERSION);
        }
    }

    private Library() {}

    static native int kf_abi_version();

    static native Pointer kf_version();

    static native Pointer kf_error_code(Pointer error, LongByReference len);

    static native Pointer kf_error_zh(Pointer error, LongByReference len);

    static native Pointer kf_error_en(Pointer error, LongByReference len);

    static native Pointer kf_error_where(Pointer error, LongByReference len);

    static native int kf_error_free(Pointer error);

    static native Pointer kf_text_data(Pointer text, LongByReference len);

    static native int kf_text_free(Pointer text);

    static native int kf_policy_builtin(byte[] id, long idLen, PointerByReference policy, PointerByReference err);

    static native int kf_policy_parse(byte[] toml, long tomlLen, PointerByReference policy, PointerByReference err);

    static native int kf_policy_with_interpretation(
            Pointer policy,
            byte[] name,
            long nameLen,
            byte[] option,
            long optionLen,
            PointerByReference changed,
            PointerByReference err);

    static native int kf_policy_hash(Pointer policy, PointerByReference hash, PointerByReference err);

    static native int kf_policy_classify(
            Pointer policy,
            byte[] facts,
            long factsLen,
            byte[] at,
            long atLen,
            PointerByReference classification,
            PointerByReference err);

    static native int kf_policy_decide(
            Pointer policy,
            byte[] facts,
            long factsLen,
            byte[] at,
            long atLen,
            PointerByReference answer,
            PointerByReference err);

    static native int kf_policy_explain(
            Pointer policy,
            byte[] section,
            long sectionLen,
            byte[] facts,
            long factsLen,
            byte[] at,
            long atLen,
            PointerByReference explanation,
            PointerByReference err);

    static native int kf_policy_page(Pointer policy, PointerByReference page, PointerByReference err);

    static native int kf_policy_page_html(Pointer policy, PointerByReference html, PointerByReference err);

    static native int kf_policy_check(
            Pointer policy, byte[] text, long textLen, PointerByReference check, PointerByReference err);

    static native int kf_policy_prove(Pointer policy, PointerByReference proofs, PointerByReference err);

    static native int kf_policy_analyse(Pointer policy, PointerByReference analysis, PointerByReference err);

    static native int kf_policy_diff(
            Pointer policy, Pointer other, PointerByReference difference, PointerByReference err);

    static native int kf_policy_eval_file(
            Pointer policy,
            byte[] section,
            long sectionLen,
            byte[] at,
            long atLen,
            byte[] columns,
            long columnsLen,
            Pointer table,
            byte[] path,
            long pathLen,
            Pointer progress,
            Pointer user,
            LongByReference rows,
            PointerByReference err);

    static native int kf_policy_diff_catalog(
            Pointer policy,
            Pointer other,
            byte[] at,
            long atLen,
            Pointer table,
            Pointer progress,
            Pointer user,
            PointerByReference difference,
            PointerByReference err);

    static native int kf_policy_free(Pointer policy);

    static native int kf_table_open(byte[] path, long pathLen, PointerByReference table, PointerByReference err);

    static native int kf_keyring_load(byte[] path, long pathLen, PointerByReference keyring, PointerByReference err);

    static native int kf_keyring_parse(byte[] json, long jsonLen, PointerByReference keyring, PointerByReference err);

    static native int kf_keyring_free(Pointer keyring);

    static native int kf_values_mask(
            byte[] question, long questionLen, PointerByReference masked, PointerByReference err);

    static native int kf_values_token(
            Pointer keyring, byte[] question, long questionLen, PointerByReference tokens, PointerByReference err);

    static native int kf_ledger_verify(
            byte[] directory,
            long directoryLen,
            byte[] publicKey,
            long publicKeyLen,
            byte[] pin,
            long pinLen,
            PointerByReference verified,
            PointerByReference err);

    static native int kf_ledger_verify_proof(
            byte[] proof, long proofLen, PointerByReference valid, PointerByReference err);

    /** A call that may fail, whose output is an {@code O}; {@code err} receives the error. */
    interface Call<O> {
        int run(O out, PointerByReference err);
    }

    /** Makes a call and gives back the handle that it wrote. */
    static Pointer handle(Call<PointerByReference> call) {
        return run(call, new PointerByReference()).getValue();
    }

    /** Makes a call and gives back the number that it wrote. */
    static long number(Call<LongByReference> call) {
        return run(call, new LongByReference()).getValue();
    }

    private static <O> O run(Call<O> call, O out) {
        PointerByReference err = new PointerByReference();
        int status = call.run(out, err);
        if (status != 0) {
            throw failure(status, err.getValue());
        }
        return out;
    }

    /** Makes a call whose output is a text, and gives back the text. */
    static String text(Call<PointerByReference> call) {
        Pointer text = handle(call);
        try {
            return string(text, Library::kf_text_data);
        } finally {
            kf_text_free(text);
        }
    }

    private static KaifangException failure(int status, Pointer error) {
        if (error == null) {
            return new KaifangException(status, "KF-C-00", "无错误信息", "no error was given", null);
        }
        try {
            return new KaifangException(
                    status,
                    string(error, Library::kf_error_code),
                    string(error, Library::kf_error_zh),
                    string(error, Library::kf_error_en),
                    string(error, Library::kf_error_where));
        } finally {
            kf_error_free(error);
        }
    }

    private interface Bytes {
        Pointer of(Pointer handle, LongByReference len);
    }

    private static String string(Pointer handle, Bytes bytes) {
        LongByReference len = new LongByReference();
        Pointer data = bytes.of(handle, len);
        if (data == null) {
            return null;
        }
        return new String(data.getByteArray(0, Math.toIntExact(len.getValue())), StandardCharsets.UTF_8);
    }

    static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static long length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
