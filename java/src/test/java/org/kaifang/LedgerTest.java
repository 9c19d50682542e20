package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kaifang.Keys.fails;
import static org.kaifang.Keys.parsed;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a ledger, rightly and wrongly. */
class LedgerTest {
    private static final String ORIGIN = "data.example/xa";
    private static final String AT = "2026-11-23T02:00:00Z";

    private static String key(String profile) {
        return profile.equals("gm") ? Keys.SM2 : Keys.ED25519;
    }

    private static Ledger create(Path directory, String profile, Signer signer) {
        return Ledger.create(directory.toString(), profile, ORIGIN, signer);
    }

    private static long size(Ledger ledger) {
        return parsed(ledger.state()).get("size").getAsLong();
    }

    private static String note(String checkpoint) {
        return parsed(checkpoint).get("note").getAsString();
    }

    private static String receiptDocument(String record, String receipt, String publicKey) {
        JsonObject document = new JsonObject();
        document.addProperty("v", 1);
        document.addProperty("op", "receipt");
        byte[] bytes = record.getBytes(StandardCharsets.UTF_8);
        document.addProperty("record_base64", Base64.getEncoder().encodeToString(bytes));
        document.add("receipt", parsed(receipt));
        document.addProperty("public_key", publicKey);
        return document.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"intl", "gm"})
    void recordsAreAppendedSignedAndProved(String profile, @TempDir Path folder) throws Exception {
        Path directory = folder.resolve("账本");
        String dir = directory.toString();
        String record = "{\"名称\":\"西安\"}";
        try (Signer signer = Keys.load(folder, key(profile));
                Ledger ledger = create(directory, profile, signer)) {
            assertEquals(profile.equals("gm") ? Keys.SM2_PUBLIC : Keys.ED25519_PUBLIC, signer.publicKey());
            assertEquals(0, ledger.append(record));
            assertEquals(1, ledger.appendLines("{\"n\":1}\n{\"n\":2}\n"));
            assertEquals(3, ledger.appendLast("{\"n\":3}"));
            assertEquals(record, ledger.read(0));
            assertEquals("{\"n\":2}", ledger.read(2));

            fails("KF-LEDGER-12", () -> ledger.receipt(0));
            String pin = note(ledger.checkpoint());
            String own = receiptDocument(record, ledger.receipt(0), signer.publicKey());
            assertEquals("{\"valid\":true}", Ledger.verifyProof(own));
            String other = receiptDocument(record, ledger.receipt(1), signer.publicKey());
            fails("KF-INTEGRITY-23", () -> Ledger.verifyProof(other));
            assertEquals("{\"valid\":true}", Ledger.verifyProof(ledger.consistency(2, 4)));

            assertEquals(5, parsed(ledger.seal(AT)).get("size").getAsLong());
            assertTrue(ledger.read(4).contains(AT));
            JsonObject state = parsed(ledger.state());
            assertEquals(ORIGIN, state.get("origin").getAsString());
            assertEquals(5, state.getAsJsonObject("signed").get("size").getAsLong());

            JsonObject verified = parsed(Ledger.verify(dir, signer.publicKey(), pin));
            assertEquals(5, verified.get("size").getAsLong());
            assertEquals(4, verified.get("pinned_size").getAsLong());
            assertTrue(parsed(Ledger.verify(dir, null, null)).get("own_key").getAsBoolean());
        }
    }

    @Test
    void whatIsRefusedIsNotWritten(@TempDir Path folder) throws Exception {
        Path directory = folder.resolve("log");
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Ledger ledger = create(directory, "intl", signer)) {
            fails("KF-LEDGER-08", () -> ledger.append("{ }"));
            fails("KF-LEDGER-08", () -> ledger.append(""));
            // Half a surrogate pair is no text; a question mark in its place would be another record.
            fails("KF-LEDGER-08", () -> ledger.append("\"西\ud83d\""));
            fails("KF-LEDGER-07", () -> ledger.append(new String(new char[65536]).replace('\0', '1')));
            fails("KF-LEDGER-08", () -> ledger.appendLines("1\n2\n{ }"));
            fails("KF-C-01", () -> ledger.append(null));
            fails("KF-C-01", () -> ledger.changeKey(null));
            fails("KF-C-01", () -> ledger.putBlob(null));
            fails("KF-C-06", () -> ledger.seal("yesterday"));
            fails("KF-C-06", () -> ledger.readBlob("../key", 10));
            fails("KF-LEDGER-11", () -> ledger.read(-1));
            fails("KF-LEDGER-13", () -> ledger.consistency(-1, 0));
            KaifangException surrogate = fails("KF-C-02", () -> ledger.seal("\udc00"));
            assertEquals("at, byte 0", surrogate.where());
            assertEquals(0, size(ledger));
            assertEquals(0, ledger.append("\"\ud83d\ude00\""));
            assertEquals("\"\ud83d\ude00\"", ledger.read(0));
            fails("KF-LEDGER-02", () -> create(directory, "intl", signer));
            fails("KF-LEDGER-18", () -> create(folder.resolve("gm"), "gm", signer));
            fails("KF-LEDGER-09", () -> Ledger.create(folder.resolve("x").toString(), "intl", "a b", signer));
            fails("KF-C-06", () -> create(folder.resolve("x"), "dual", signer));
            fails("KF-C-01", () -> create(folder.resolve("x"), "intl", null));
            fails("KF-LEDGER-03", () -> Ledger.open(folder.resolve("x").toString(), signer));
        }
    }

    @Test
    void oneWritesAndOthersRead(@TempDir Path folder) throws Exception {
        String directory = folder.resolve("log").toString();
        Signer signer = Keys.load(folder, Keys.ED25519);
        Ledger writer = Ledger.create(directory, "intl", ORIGIN, signer);
        writer.append("1");
        try (Ledger reader = Ledger.open(directory, null)) {
            assertEquals("1", reader.read(0));
            fails("KF-LEDGER-05", () -> reader.append("2"));
            fails("KF-LEDGER-05", reader::checkpoint);
            fails("KF-LEDGER-05", () -> reader.changeKey(signer));
            fails("KF-LEDGER-04", () -> Ledger.open(directory, signer));
        }
        // A ledger outlives what signs it, and a closed one is found out.
        writer.close();
        writer.close();
        Ledger again = Ledger.open(directory, signer);
        signer.close();
        assertEquals(1, again.append("2"));
        assertEquals(2, parsed(again.checkpoint()).get("size").getAsLong());
        again.close();
        fails("KF-C-03", () -> again.append("3"));
        fails("KF-C-03", again::checkpoint);
        fails("KF-C-03", () -> again.export(folder.resolve("x").toString(), null));
        fails("KF-C-03", () -> Ledger.open(directory, signer));
        fails("KF-C-03", signer::publicKey);
    }

    @Test
    void threadsShareALedger(@TempDir Path folder) throws Exception {
        Map<Long, String> written = new ConcurrentHashMap<>();
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Ledger ledger = create(folder.resolve("log"), "intl", signer)) {
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try {
                List<Future<?>> jobs = new ArrayList<>();
                for (int n = 0; n < 8; n++) {
                    String thread = ",\"thread\":" + n + "}";
                    jobs.add(
                            threads.submit(
                                    () -> {
                                        for (int i = 0; i < 50; i++) {
                                            String record = "{\"number\":" + i + thread;
                                            written.put(ledger.append(record), record);
                                        }
                                        ledger.checkpoint();
                                    }));
                }
                for (Future<?> one : jobs) {
                    one.get();
                }
            } finally {
                threads.shutdownNow();
            }
            assertEquals(400, size(ledger));
            assertEquals(400, written.size());
            for (Map.Entry<Long, String> one : written.entrySet()) {
                assertEquals(one.getValue(), ledger.read(one.getKey()));
            }
        }
    }

    @Test
    void blobsAreKeptAndErased(@TempDir Path folder) throws Exception {
        byte[] content = new byte[200_000];
        Arrays.fill(content, (byte) 0xfe);
        Path directory = folder.resolve("log");
        try (Signer signer = Keys.load(folder, Keys.SM2);
                Ledger ledger = create(directory, "gm", signer)) {
            String digest = ledger.putBlob(content);
            assertTrue(digest.startsWith("sm3:"));
            ledger.append("{\"blobs\":[\"" + digest + "\"]}");
            assertArrayEquals(content, ledger.readBlob(digest, content.length));
            fails("KF-LEDGER-23", () -> ledger.readBlob(digest, content.length - 1));
            fails("KF-LEDGER-23", () -> ledger.readBlob(digest, -1));
            assertEquals(0, ledger.readBlob(ledger.putBlob(new byte[0]), 0).length);
            ledger.eraseBlob(digest);
            fails("KF-LEDGER-22", () -> ledger.eraseBlob(digest));
            fails("KF-LEDGER-22", () -> ledger.readBlob(digest, content.length));
            fails("KF-LEDGER-22", () -> ledger.append("{\"blobs\":[\"" + digest + "\"]}"));
            assertEquals(1, parsed(Ledger.verify(directory.toString(), null, null)).get("blobs_gone").getAsLong());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"intl", "gm"})
    void theKeyChanges(String profile, @TempDir Path folder) throws Exception {
        Path directory = folder.resolve("log");
        String other = profile.equals("gm") ? Keys.OTHER_SM2 : Keys.OTHER_ED25519;
        try (Signer first = Keys.load(folder, key(profile));
                Signer second = Keys.load(folder, other);
                Signer foreign = Keys.load(folder, profile.equals("gm") ? Keys.ED25519 : Keys.SM2)) {
            try (Ledger ledger = create(directory, profile, first)) {
                fails("KF-LEDGER-18", () -> ledger.changeKey(foreign));
                fails("KF-LEDGER-19", () -> ledger.changeKey(first));
                assertEquals(0, ledger.changeKey(second));
                // Both sign: two lines after the empty one.
                ledger.append("1");
                assertEquals(2, note(ledger.checkpoint()).split("\n\n")[1].split("\n").length);
            }
            fails("KF-LEDGER-10", () -> Ledger.open(directory.toString(), first));
            Ledger.open(directory.toString(), second).close();
            for (Signer trusted : Arrays.asList(first, second)) {
                String verified = Ledger.verify(directory.toString(), trusted.publicKey(), null);
                assertFalse(parsed(verified).get("own_key").getAsBoolean());
            }
        }
    }

    @Test
    void recordsAreExported(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("导出.parquet");
        String path = file.toString();
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Ledger ledger = create(folder.resolve("log"), "intl", signer)) {
            ledger.appendLines("1\n2\n3\n");
            ledger.checkpoint();
            fails("KF-TABLE-16", () -> ledger.export(path, (stage, done, total, bytes) -> false));
            IllegalStateException broken = new IllegalStateException("the window was closed");
            KaifangException error =
                    fails(
                            "KF-TABLE-16",
                            () ->
                                    ledger.export(
                                            path,
                                            (stage, done, total, bytes) -> {
                                                throw broken;
                                            }));
            assertSame(broken, error.getCause());
            assertEquals(KaifangException.Family.CANCELLED, error.family());
            assertFalse(Files.exists(file));

            List<String> seen = new ArrayList<>();
            String exported =
                    ledger.export(path, (stage, done, total, bytes) -> seen.add(stage + " " + done + " of " + total));
            assertEquals(Arrays.asList("export 3 of 3"), seen);
            assertEquals(3, parsed(exported).get("rows").getAsLong());
            byte[] bytes = Files.readAllBytes(file);
            assertEquals("PAR1", new String(bytes, 0, 4, StandardCharsets.US_ASCII));
            assertEquals(bytes.length, parsed(exported).get("bytes").getAsLong());
            ledger.export(path, null);
            fails("KF-C-01", () -> ledger.export(null, null));
        }
    }

    @Test
    void twoStoriesOfOneKeyAreProved(@TempDir Path folder) throws Exception {
        List<String> notes = new ArrayList<>();
        try (Signer signer = Keys.load(folder, Keys.ED25519)) {
            for (String story : Arrays.asList("1", "2")) {
                try (Ledger ledger = create(folder.resolve(story), "intl", signer)) {
                    ledger.append(story);
                    notes.add(note(ledger.checkpoint()));
                }
            }
        }
        String a = notes.get(0);
        String proof = Ledger.proveEquivocation(a, notes.get(1), Keys.ED25519_PUBLIC);
        assertEquals("{\"valid\":true}", Ledger.verifyProof(proof));
        KaifangException error = fails("KF-INTEGRITY-31", () -> Ledger.proveEquivocation(a, a, Keys.ED25519_PUBLIC));
        assertEquals(KaifangException.Family.INTEGRITY, error.family());
        fails("KF-C-01", () -> Ledger.proveEquivocation(a, null, Keys.ED25519_PUBLIC));
    }
}
