package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kaifang.Acts.AT;
import static org.kaifang.Acts.AUTHORITY;
import static org.kaifang.Acts.BODY;
import static org.kaifang.Acts.EVIDENCE;
import static org.kaifang.Acts.FIGURES;
import static org.kaifang.Acts.HUNDRED;
import static org.kaifang.Acts.PEOPLE;
import static org.kaifang.Acts.PURPOSE;
import static org.kaifang.Acts.USER;
import static org.kaifang.Acts.act;
import static org.kaifang.Acts.apply;
import static org.kaifang.Acts.assessed;
import static org.kaifang.Acts.by;
import static org.kaifang.Acts.headline;
import static org.kaifang.Acts.index;
import static org.kaifang.Acts.init;
import static org.kaifang.Acts.open;
import static org.kaifang.Acts.opened;
import static org.kaifang.Acts.permits;
import static org.kaifang.Acts.request;
import static org.kaifang.Keys.fails;
import static org.kaifang.Keys.parsed;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small life of a platform: from the parties on file to the evidence of how a dataset was used. */
class PlatformTest {
    @Test
    void aDatasetIsOpenedUsedAndShown(@TempDir Path folder) throws Exception {
        String directory = folder.resolve("平台").toString();
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Platform platform = init(folder.resolve("平台"), signer)) {
            assertEquals(Keys.ED25519_PUBLIC, platform.publicKey());
            assertEquals(1, platform.stateIndex());
            open(platform, PEOPLE);
            apply(platform);

            String asked = request(PEOPLE, "api", USER, 100);
            assertTrue(parsed(platform.decide(asked, AT)).get("permit").getAsBoolean());
            String admitted = platform.admitWithReceipt(asked, AT);
            assertTrue(permits(admitted) && parsed(admitted).has("receipt"));
            long intent = index(admitted);
            assertEquals(intent + 1, index(platform.complete(intent, HUNDRED, AT)));
            fails("KF-PROCESS-19", () -> platform.complete(intent, HUNDRED, AT));
            JsonObject report = parsed("{\"rows\":100}");
            report.addProperty("user", USER);
            report.addProperty("dataset", PEOPLE);
            report.addProperty("intent", intent);
            report.addProperty("report", EVIDENCE);
            platform.reportUse(report.toString(), AT);

            // A22.2, and a denial that is counted.
            String download = platform.admit(request(PEOPLE, "download", USER, 1), AT);
            assertTrue(!permits(download) && download.contains("conditional_no_download"));
            String nobody = platform.admit(request(PEOPLE, "api", null, 1), AT);
            assertFalse(permits(nobody) || parsed(nobody).has("index"));
            platform.flush(AT);
            assertEquals("[]", platform.duties("nobody", AT));
            assertTrue(platform.receipt(intent).contains("\"checkpoint\""));

            String pin = platform.checkpoint();
            JsonObject audit = parsed(Audit.audit(directory, Keys.ED25519_PUBLIC, pin, AT));
            assertTrue(audit.get("clean").getAsBoolean(), audit::toString);
            assertEquals(1, audit.get("permits").getAsLong());
            assertEquals(1, audit.get("counted_denials").getAsLong());
            JsonObject used = parsed(Audit.uses(directory, null));
            assertEquals(PURPOSE, used.getAsJsonObject("request").get("purpose").getAsString());
            assertEquals("[\"区县\",\"xb\"]", used.getAsJsonObject("outcome").get("fields").toString());
            assertEquals("", Audit.uses(directory, "{\"until\":\"2026-11-22\"}"));
            JsonObject summary = parsed(Audit.usageSummary(directory, "{\"denials\":true}"));
            assertEquals(100, summary.get("rows").getAsLong());
            assertEquals(1, summary.get("denied").getAsLong());
            String draft = Audit.draftRiskReport(directory, "app-1", "2026-11-01", "2026-11-30");
            assertEquals(100, parsed(draft).get("rows").getAsLong());

            String bundle = Audit.bundle(directory, PEOPLE);
            JsonObject shown = parsed(Audit.verifyBundle(bundle, Keys.ED25519_PUBLIC));
            assertTrue(shown.get("clean").getAsBoolean());
            assertEquals(2, shown.get("decisions").getAsLong());
            KaifangException wrong = fails("KF-INTEGRITY-19", () -> Audit.verifyBundle(bundle, Keys.SM2_PUBLIC));
            assertEquals(KaifangException.Family.INTEGRITY, wrong.family());
            fails("KF-INTEGRITY-16", () -> Audit.audit(directory, Keys.SM2_PUBLIC, null, AT));
        }
    }

    @Test
    void a9WhoDoesItAndOnWhatIsAsked(@TempDir Path folder) throws Exception {
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Platform platform = init(folder.resolve("p"), signer)) {
            JsonObject act = parsed(assessed(PEOPLE, "conditional"));
            act.remove("approval");
            fails("KF-PROCESS-25", () -> platform.act(act.toString(), AT));
            act.addProperty("approval", EVIDENCE);
            act.add("by", parsed(by("authority", AUTHORITY)));
            fails("KF-PROCESS-22", () -> platform.act(act.toString(), AT));
            JsonObject claimed = parsed(assessed(PEOPLE, "conditional"));
            claimed.getAsJsonArray("assertions").forEach(one -> one.getAsJsonObject().remove("evidence"));
            fails("KF-PROCESS-24", () -> platform.act(claimed.toString(), AT));
            fails("KF-PROCESS-04", () -> platform.act(assessed(PEOPLE, "unconditional"), AT));
            fails("KF-PROCESS-02", () -> platform.act(opened(PEOPLE), AT));
            fails("KF-PROCESS-20", () -> platform.act("{\"event\":\"dataset_opened\"}", AT));
            assertEquals(1, platform.stateIndex());
        }
    }

    @Test
    void a31APersonIsOnFileByACommitmentAndErased(@TempDir Path folder) throws Exception {
        String host = by("platform", "platform");
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Platform platform = init(folder.resolve("p"), signer)) {
            // Chinese, and a character beyond the first plane.
            String commitment = platform.registerPerson(host, "王小明 \ud842\udfb7", AT);
            assertTrue(commitment.matches("sha256:[0-9a-f]{64}"), commitment);
            assertFalse(commitment.equals(platform.registerPerson(host, "王小明 \ud842\udfb7", AT)), "salted");
            fails("KF-C-02", () -> platform.registerPerson(host, "王\ud842", AT));
            platform.erasePerson(host, commitment, AT);
            fails("KF-LEDGER-22", () -> platform.erasePerson(host, commitment, AT));
            String kept = platform.putBlob(new byte[] {(byte) 0xfe, 0, 1});
            platform.act(
                    act(
                            "opening_body",
                            BODY,
                            "measure_taken",
                            "measure",
                            "emergency_plan",
                            "evidence",
                            kept,
                            "blobs",
                            JsonParser.parseString("[\"" + kept + "\"]")),
                    AT);
        }
    }

    @Test
    void a40APolicyIsAdoptedOnItsSignOff(@TempDir Path folder) throws Exception {
        String authority = by("authority", AUTHORITY);
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Platform platform = init(folder.resolve("p"), signer);
                Policy present = platform.policy();
                Policy next = present.withInterpretation("deidentified_may_be_unconditional", "yes")) {
            open(platform, PEOPLE);
            Platform.Upgrade upgrade = platform.upgrade(next, AT);
            JsonObject change = parsed(upgrade.document()).getAsJsonArray("changes").get(0).getAsJsonObject();
            assertEquals(PEOPLE, change.get("dataset").getAsString());
            fails("KF-GATE-10", () -> platform.adopt(next, authority, null, AT));
            fails("KF-GATE-10", () -> platform.adopt(next, authority, EVIDENCE, AT));
            platform.adopt(next, authority, upgrade.digest(), AT);
            try (Policy now = platform.policy()) {
                assertEquals(next.hash(), now.hash());
            }
            String facts = "{\"out_of_scope\":false,\"action\":\"query\",\"listed\":true}";
            assertTrue(parsed(next.decideFacts(facts, AT)).get("permit").getAsBoolean());
            assertEquals("error", headline(parsed(next.decideFacts("{\"no_such_fact\":true}", AT))));
        }
    }

    @Test
    void oneWritesAndOthersRead(@TempDir Path folder) throws Exception {
        String directory = folder.resolve("p").toString();
        Signer signer = Keys.load(folder, Keys.ED25519);
        Platform writer = init(folder.resolve("p"), signer);
        try (Platform reader = Platform.open(directory, null)) {
            open(writer, FIGURES);
            writer.snapshot(AT);
            writer.recover(AT);
            assertEquals(0, writer.refresh());
            assertEquals(4, reader.refresh());
            assertEquals(writer.stateIndex(), reader.stateIndex());
            String download = request(FIGURES, "download", null, 1);
            assertTrue(parsed(reader.decide(download, AT)).get("permit").getAsBoolean());
            fails("KF-GATE-02", () -> reader.admit(download, AT));
            fails("KF-LEDGER-04", () -> Platform.open(directory, signer));
        }
        writer.close();
        writer.close();
        fails("KF-C-03", writer::stateIndex);
        fails("KF-C-03", () -> writer.admit("{}", AT));
        Platform.open(directory, signer).close();
        signer.close();
        fails("KF-C-03", () -> Platform.open(directory, signer));
        fails("KF-GATE-04", () -> init(folder.resolve("p"), Keys.load(folder, Keys.ED25519)));
        fails("KF-C-01", () -> init(folder.resolve("q"), null));
        fails("KF-C-06", () -> Platform.open(directory, null).duties(null, "yesterday"));
    }

    @Test
    void threadsAdmitSideBySide(@TempDir Path folder) throws Exception {
        Set<Long> indices = new HashSet<>();
        int threads = 8;
        int times = 25;
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Platform platform = init(folder.resolve("p"), signer)) {
            open(platform, FIGURES);
            Callable<List<Long>> serve =
                    () -> {
                        List<Long> mine = new ArrayList<>();
                        for (int i = 0; i < times; i++) {
                            String admitted = platform.admit(request(FIGURES, "download", USER, 1), AT);
                            assertTrue(permits(admitted));
                            mine.add(index(admitted));
                            String served = "{\"served\":true,\"rows\":1,\"bytes\":1}";
                            mine.add(index(platform.complete(index(admitted), served, AT)));
                            assertEquals("not_assessed", headline(parsed(platform.decide(request("x", "api", null, 1), AT))));
                        }
                        return mine;
                    };
            ExecutorService pool = Executors.newFixedThreadPool(threads);
            try {
                List<Future<List<Long>>> jobs = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    jobs.add(pool.submit(serve));
                }
                for (Future<List<Long>> job : jobs) {
                    indices.addAll(job.get());
                }
            } finally {
                pool.shutdownNow();
            }
            assertEquals(2 * threads * times, indices.size());
            assertEquals(4 + 2 * threads * times, platform.stateIndex());
            platform.checkpoint();
        }
        JsonObject audit = parsed(Audit.audit(folder.resolve("p").toString(), null, null, AT));
        assertTrue(audit.get("clean").getAsBoolean(), audit::toString);
        assertEquals(threads * times, audit.get("permits").getAsLong());
    }

    @Test
    void a22AQuotaIsCountedOverTwoWorkersAndA32ASuspensionIsSeen(@TempDir Path folder) throws Exception {
        String directory = folder.resolve("p").toString();
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Signer first = Keys.load(folder, Keys.OTHER_ED25519);
                Signer second = Keys.load(folder, Keys.SM2);
                Platform platform = init(folder.resolve("p"), signer)) {
            open(platform, PEOPLE);
            apply(platform);
            fails("KF-GATE-12", () -> Worker.open(directory, "one", first, -1));
            platform.openUseLog("one", first.publicKey(), AT);
            platform.openUseLog("two", second.publicKey(), AT);
            fails("KF-GATE-13", () -> platform.admit(request(PEOPLE, "api", USER, 1), AT));
            String asked = request(PEOPLE, "api", USER, 600);
            try (Worker one = Worker.open(directory, "one", first, 60);
                    Worker two = Worker.open(directory, "two", second, -1)) {
                assertEquals(0, two.refresh(AT));
                long intent = index(one.admit(asked, AT));
                assertEquals("quota_exceeded", headline(parsed(two.admit(asked, AT)).getAsJsonObject("decision")));
                fails("KF-PROCESS-19", () -> two.complete(intent, HUNDRED, AT));
                one.complete(intent, HUNDRED, AT);
                String other = two.admit(asked, AT);
                assertTrue(permits(other));
                two.complete(index(other), HUNDRED, AT);
                JsonObject report = parsed("{\"rows\":100,\"intent\":0}");
                report.addProperty("user", USER);
                report.addProperty("dataset", PEOPLE);
                report.addProperty("report", EVIDENCE);
                one.reportUse(report.toString(), AT);
                assertFalse(permits(one.admit(request(PEOPLE, "api", null, 1), AT)));
                one.flush(AT);

                platform.act(
                        act("authority", AUTHORITY, "dataset_suspended", "dataset", PEOPLE, "ground", "risk"), AT);
                assertEquals("suspended", headline(parsed(one.admit(asked, AT)).getAsJsonObject("decision")));
                String late = one.decide(asked, "2026-11-23T02:01:01Z");
                assertTrue(late.contains("KF-GATE-11") && !parsed(late).get("permit").getAsBoolean());
                one.checkpoint();
                two.checkpoint();
            }
            JsonObject audit = parsed(Audit.audit(directory, Keys.ED25519_PUBLIC, platform.checkpoint(), AT));
            assertTrue(audit.get("clean").getAsBoolean(), audit::toString);
            assertEquals(2, audit.getAsJsonArray("use_logs").size());
            assertEquals(2, audit.get("permits").getAsLong());
        }
    }

    @Test
    void whatADeviceThrowsIsTheCause(@TempDir Path folder) throws Exception {
        IllegalStateException broken = new IllegalStateException("the card was pulled");
        boolean[] works = {true};
        KeyPair key = SignerTest.generated();
        Signer.Callback device =
                message -> {
                    if (!works[0]) {
                        throw broken;
                    }
                    return SignerTest.sign(key, message);
                };
        try (Signer signer = Signer.ofMessage(SignerTest.pem(key), Duration.ofSeconds(20), device);
                Platform platform = init(folder.resolve("p"), signer)) {
            open(platform, FIGURES);
            works[0] = false;
            String download = request(FIGURES, "download", null, 1);
            KaifangException error = fails("KF-KEY-14", () -> platform.admitWithReceipt(download, AT));
            assertSame(broken, error.getCause());
            assertSame(broken, fails("KF-KEY-14", platform::checkpoint).getCause());
        }
    }
}
