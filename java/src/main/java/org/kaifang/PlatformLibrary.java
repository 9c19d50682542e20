package org.kaifang;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/** The functions of {@code include/kaifang.h} for platforms, workers and audits. */
final class PlatformLibrary {
    static {
        // Which interface it is, is checked there.
        Library.kf_abi_version();
        Native.register(PlatformLibrary.class, "kaifang");
    }

    private PlatformLibrary() {}

    static native int kf_platform_audit(
            byte[] directory,
            long directoryLen,
            byte[] publicKey,
            long publicKeyLen,
            byte[] pin,
            long pinLen,
            byte[] at,
            long atLen,
            byte[] years,
            long yearsLen,
            PointerByReference report,
            PointerByReference err);

    static native int kf_platform_uses(
            byte[] directory,
            long directoryLen,
            byte[] query,
            long queryLen,
            PointerByReference uses,
            PointerByReference err);

    static native int kf_platform_usage_summary(
            byte[] directory,
            long directoryLen,
            byte[] query,
            long queryLen,
            PointerByReference summary,
            PointerByReference err);

    static native int kf_platform_draft_risk_report(
            byte[] directory,
            long directoryLen,
            byte[] application,
            long applicationLen,
            byte[] from,
            long fromLen,
            byte[] until,
            long untilLen,
            PointerByReference report,
            PointerByReference err);

    static native int kf_platform_bundle(
            byte[] directory,
            long directoryLen,
            byte[] dataset,
            long datasetLen,
            PointerByReference bundle,
            PointerByReference err);

    static native int kf_platform_init(
            byte[] directory,
            long directoryLen,
            Pointer policy,
            byte[] origin,
            long originLen,
            Pointer signer,
            byte[] at,
            long atLen,
            PointerByReference platform,
            PointerByReference err);

    static native int kf_platform_open(
            byte[] directory,
            long directoryLen,
            Pointer signer,
            byte[] years,
            long yearsLen,
            PointerByReference platform,
            PointerByReference err);

    static native int kf_platform_event(
            Pointer platform,
            byte[] act,
            long actLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_decide(
            Pointer platform,
            byte[] request,
            long requestLen,
            byte[] at,
            long atLen,
            PointerByReference decision,
            PointerByReference err);

    static native int kf_platform_admit(
            Pointer platform,
            byte[] request,
            long requestLen,
            byte[] at,
            long atLen,
            PointerByReference admitted,
            PointerByReference err);

    static native int kf_platform_admit_with_receipt(
            Pointer platform,
            byte[] request,
            long requestLen,
            byte[] at,
            long atLen,
            PointerByReference admitted,
            PointerByReference err);

    static native int kf_platform_complete(
            Pointer platform,
            long intent,
            byte[] outcome,
            long outcomeLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_report_use(
            Pointer platform,
            byte[] report,
            long reportLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_duties(
            Pointer platform,
            byte[] holder,
            long holderLen,
            byte[] at,
            long atLen,
            PointerByReference duties,
            PointerByReference err);

    static native int kf_platform_checkpoint(Pointer platform, PointerByReference note, PointerByReference err);

    static native int kf_platform_receipt(
            Pointer platform, long index, PointerByReference receipt, PointerByReference err);

    static native int kf_platform_refresh(Pointer platform, LongByReference count, PointerByReference err);

    static native int kf_platform_state_index(Pointer platform, LongByReference index, PointerByReference err);

    static native int kf_platform_policy(Pointer platform, PointerByReference policy, PointerByReference err);

    static native int kf_platform_public_key(Pointer platform, PointerByReference publicKey, PointerByReference err);

    static native int kf_platform_upgrade(
            Pointer platform,
            Pointer policy,
            byte[] at,
            long atLen,
            PointerByReference upgrade,
            PointerByReference digest,
            PointerByReference err);

    static native int kf_platform_adopt(
            Pointer platform,
            Pointer policy,
            byte[] by,
            long byLen,
            byte[] signedOff,
            long signedOffLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_open_use_log(
            Pointer platform,
            byte[] name,
            long nameLen,
            byte[] publicKey,
            long publicKeyLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_register_person(
            Pointer platform,
            byte[] by,
            long byLen,
            byte[] identity,
            long identityLen,
            byte[] at,
            long atLen,
            PointerByReference commitment,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_erase_person(
            Pointer platform,
            byte[] by,
            long byLen,
            byte[] commitment,
            long commitmentLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_platform_put_blob(
            Pointer platform, byte[] content, long contentLen, PointerByReference digest, PointerByReference err);

    static native int kf_platform_flush(Pointer platform, byte[] at, long atLen, PointerByReference err);

    static native int kf_platform_recover(Pointer platform, byte[] at, long atLen, PointerByReference err);

    static native int kf_platform_snapshot(
            Pointer platform, byte[] at, long atLen, PointerByReference recorded, PointerByReference err);

    static native int kf_platform_close(Pointer platform);

    static native int kf_worker_open(
            byte[] directory,
            long directoryLen,
            byte[] name,
            long nameLen,
            Pointer signer,
            long bound,
            PointerByReference worker,
            PointerByReference err);

    static native int kf_worker_refresh(
            Pointer worker, byte[] at, long atLen, LongByReference count, PointerByReference err);

    static native int kf_worker_decide(
            Pointer worker,
            byte[] request,
            long requestLen,
            byte[] at,
            long atLen,
            PointerByReference decision,
            PointerByReference err);

    static native int kf_worker_admit(
            Pointer worker,
            byte[] request,
            long requestLen,
            byte[] at,
            long atLen,
            PointerByReference admitted,
            PointerByReference err);

    static native int kf_worker_complete(
            Pointer worker,
            long intent,
            byte[] outcome,
            long outcomeLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_worker_report_use(
            Pointer worker,
            byte[] report,
            long reportLen,
            byte[] at,
            long atLen,
            PointerByReference recorded,
            PointerByReference err);

    static native int kf_worker_flush(Pointer worker, byte[] at, long atLen, PointerByReference err);

    static native int kf_worker_checkpoint(Pointer worker, PointerByReference note, PointerByReference err);

    static native int kf_worker_close(Pointer worker);

    static native int kf_bundle_verify(
            byte[] bundle,
            long bundleLen,
            byte[] publicKey,
            long publicKeyLen,
            PointerByReference report,
            PointerByReference err);
}
