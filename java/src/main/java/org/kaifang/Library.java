package org.kaifang;

import com.sun.jna.Callback;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The functions of {@code include/kaifang.h} that this package calls, and how each call is made. */
final class Library {
    /** The {@code KF_ABI_VERSION} that these declarations were written for. */
    static final int ABI_VERSION = 3;

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

    static native int kf_calendar_is_working_day(
            byte[] date, long dateLen, byte[] years, long yearsLen, PointerByReference day, PointerByReference err);

    static native int kf_calendar_add_working_days(
            byte[] date,
            long dateLen,
            short n,
            byte[] years,
            long yearsLen,
            PointerByReference deadline,
            PointerByReference err);

    static native int kf_entry_check(byte[] entry, long entryLen, PointerByReference problems, PointerByReference err);

    static native int kf_catalog_check(
            byte[] catalog,
            long catalogLen,
            byte[] on,
            long onLen,
            byte[] terms,
            long termsLen,
            PointerByReference problems,
            PointerByReference err);

    static native int kf_catalog_merge(
            byte[] catalogs, long catalogsLen, PointerByReference merged, PointerByReference err);

    static native int kf_catalog_list(
            byte[] catalog,
            long catalogLen,
            byte[] on,
            long onLen,
            byte[] terms,
            long termsLen,
            PointerByReference list,
            PointerByReference err);

    static native int kf_catalog_export(
            byte[] catalog,
            long catalogLen,
            byte[] format,
            long formatLen,
            byte[] publication,
            long publicationLen,
            PointerByReference bytes,
            PointerByReference err);

    static native int kf_catalog_template(PointerByReference bytes, PointerByReference err);

    static native int kf_catalog_read(
            byte[] path, long pathLen, PointerByReference filled, PointerByReference err);

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

    static native int kf_policy_decide_facts(
            Pointer policy,
            byte[] facts,
            long factsLen,
            byte[] at,
            long atLen,
            PointerByReference decision,
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

    static native int kf_keyring_from_env(
            byte[] variable, long variableLen, PointerByReference keyring, PointerByReference err);

    static native int kf_keyring_free(Pointer keyring);

    static native int kf_values_treat(
            Pointer keyring, byte[] question, long questionLen, PointerByReference treated, PointerByReference err);

    /** {@code kf_sign} */
    interface Sign extends Callback {
        int invoke(Pointer user, Pointer message, long messageLen, Pointer signature, Pointer signatureLen);
    }

    /** {@code kf_release} */
    interface Release extends Callback {
        void invoke(Pointer user);
    }

    /** {@code kf_progress} */
    interface ProgressFunction extends Callback {
        int invoke(Pointer user, Pointer stage, long stageLen, long done, long total, long bytes);
    }

    static native int kf_signer_load(byte[] path, long pathLen, PointerByReference signer, PointerByReference err);

    static native int kf_signer_from_callback(
            byte[] publicKey,
            long publicKeyLen,
            int signs,
            long timeoutMs,
            Sign sign,
            Release release,
            Pointer user,
            PointerByReference signer,
            PointerByReference err);

    static native int kf_signer_public_key(Pointer signer, PointerByReference publicKey, PointerByReference err);

    static native int kf_signer_free(Pointer signer);

    static native int kf_ledger_create(
            byte[] directory,
            long directoryLen,
            byte[] profile,
            long profileLen,
            byte[] origin,
            long originLen,
            Pointer signer,
            PointerByReference ledger,
            PointerByReference err);

    static native int kf_ledger_open(
            byte[] directory, long directoryLen, Pointer signer, PointerByReference ledger, PointerByReference err);

    static native int kf_ledger_append(
            Pointer ledger, byte[] record, long recordLen, LongByReference index, PointerByReference err);

    static native int kf_ledger_append_lines(
            Pointer ledger, byte[] lines, long linesLen, LongByReference first, PointerByReference err);

    static native int kf_ledger_append_last(
            Pointer ledger, byte[] record, long recordLen, LongByReference index, PointerByReference err);

    static native int kf_ledger_checkpoint(Pointer ledger, PointerByReference checkpoint, PointerByReference err);

    static native int kf_ledger_seal(
            Pointer ledger, byte[] at, long atLen, PointerByReference checkpoint, PointerByReference err);

    static native int kf_ledger_state(Pointer ledger, PointerByReference state, PointerByReference err);

    static native int kf_ledger_read(Pointer ledger, long index, PointerByReference record, PointerByReference err);

    static native int kf_ledger_receipt(Pointer ledger, long index, PointerByReference receipt, PointerByReference err);

    static native int kf_ledger_consistency(
            Pointer ledger, long size1, long size2, PointerByReference proof, PointerByReference err);

    static native int kf_ledger_change_key(
            Pointer ledger, Pointer newSigner, LongByReference index, PointerByReference err);

    static native int kf_ledger_put_blob(
            Pointer ledger, byte[] content, long contentLen, PointerByReference digest, PointerByReference err);

    static native int kf_ledger_read_blob(
            Pointer ledger,
            byte[] digest,
            long digestLen,
            long limit,
            PointerByReference content,
            PointerByReference err);

    static native int kf_ledger_erase_blob(Pointer ledger, byte[] digest, long digestLen, PointerByReference err);

    static native int kf_ledger_export(
            Pointer ledger,
            byte[] path,
            long pathLen,
            ProgressFunction progress,
            Pointer user,
            PointerByReference exported,
            PointerByReference err);

    static native int kf_ledger_free(Pointer ledger);

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

    static native int kf_ledger_prove_equivocation(
            byte[] note1,
            long note1Len,
            byte[] note2,
            long note2Len,
            byte[] publicKey,
            long publicKeyLen,
            PointerByReference proof,
            PointerByReference err);

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

    /** A call that may fail and has no output. */
    interface Act {
        int run(PointerByReference err);
    }

    /** Makes a call that has no output. */
    static void done(Act act) {
        run((none, err) -> act.run(err), null);
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
        return new String(bytes(call), StandardCharsets.UTF_8);
    }

    /** Makes a call whose output is a text, and gives back its bytes. */
    static byte[] bytes(Call<PointerByReference> call) {
        Pointer text = handle(call);
        try {
            return bytes(text, Library::kf_text_data);
        } finally {
            kf_text_free(text);
        }
    }

    /** A call that may fail and whose outputs are two texts. */
    interface TwoTexts {
        int run(PointerByReference first, PointerByReference second, PointerByReference err);
    }

    /** Makes a call whose outputs are two texts, and gives both back. */
    static String[] texts(TwoTexts call) {
        byte[][] both = both(call);
        return new String[] {
            new String(both[0], StandardCharsets.UTF_8), new String(both[1], StandardCharsets.UTF_8)
        };
    }

    /** Makes a call whose outputs are two texts, and gives back their bytes. */
    static byte[][] both(TwoTexts call) {
        PointerByReference second = new PointerByReference();
        Pointer first = handle((out, err) -> call.run(out, second, err));
        try {
            return new byte[][] {
                bytes(first, Library::kf_text_data), bytes(second.getValue(), Library::kf_text_data)
            };
        } finally {
            kf_text_free(first);
            kf_text_free(second.getValue());
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

    private static byte[] bytes(Pointer handle, Bytes bytes) {
        LongByReference len = new LongByReference();
        Pointer data = bytes.of(handle, len);
        return data == null ? null : data.getByteArray(0, Math.toIntExact(len.getValue()));
    }

    private static String string(Pointer handle, Bytes bytes) {
        byte[] found = bytes(handle, bytes);
        return found == null ? null : new String(found, StandardCharsets.UTF_8);
    }

    /** UTF-8. Half a surrogate pair has none, and is not replaced: it becomes a byte by which the library finds it. */
    static byte[] utf8(String text) {
        if (text == null) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.addExact(Math.multiplyExact(text.length(), 3), 1));
        if (StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), bytes, true).isError()) {
            bytes.put((byte) 0xff);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    static long length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
