package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kaifang.Keys.fails;
import static org.kaifang.Keys.parsed;

import com.google.gson.JsonObject;
import java.lang.ref.WeakReference;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices behind a callback, good ones and bad ones. */
class SignerTest {
    private static final String ORIGIN = "data.example/device";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** A key of this virtual machine's own Ed25519, which came with Java 15: another implementation than the library's. */
    static KeyPair generated() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException absent) {
            return Assumptions.abort("Java " + System.getProperty("java.version") + " has no Ed25519");
        }
    }

    static String pem(KeyPair key) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getPublic().getEncoded());
        return "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n";
    }

    static byte[] sign(KeyPair key, byte[] message) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(key.getPrivate());
        signature.update(message);
        return signature.sign();
    }

    private static Signer.Callback unless(AtomicReference<Exception> broken, KeyPair key) {
        return message -> {
            if (broken.get() != null) {
                throw broken.get();
            }
            return sign(key, message);
        };
    }

    private static Ledger create(Path directory, String profile, Signer signer) {
        return Ledger.create(directory.toString(), profile, ORIGIN, signer);
    }

    @Test
    void aDeviceSignsAndTheLedgerVerifies(@TempDir Path folder) throws Exception {
        KeyPair key = generated();
        List<String> messages = new ArrayList<>();
        Path directory = folder.resolve("log");
        try (Signer signer =
                        Signer.ofMessage(
                                pem(key),
                                PATIENCE,
                                message -> {
                                    messages.add(new String(message, StandardCharsets.UTF_8));
                                    return sign(key, message);
                                });
                Ledger ledger = create(directory, "intl", signer)) {
            ledger.append("{\"n\":0}");
            JsonObject head = parsed(ledger.checkpoint());
            // The head is the text that was signed, an empty line and the signature.
            assertEquals(2, messages.size());
            assertTrue(head.get("note").getAsString().startsWith(messages.get(1) + "\n"));
            JsonObject verified =
                    parsed(Ledger.verify(directory.toString(), signer.publicKey(), head.get("note").getAsString()));
            assertEquals(1, verified.get("signed_size").getAsLong());
            // Which key the library knows it by: the last 32 bytes of the encoded one.
            byte[] encoded = key.getPublic().getEncoded();
            byte[] raw = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
            assertEquals(Base64.getEncoder().encodeToString(raw), signer.publicKey());
        }
    }

    @Test
    void theKeyChangesFromDeviceToDevice(@TempDir Path folder) throws Exception {
        KeyPair old = generated();
        KeyPair young = generated();
        Path directory = folder.resolve("log");
        AtomicReference<Exception> oldBroken = new AtomicReference<>();
        AtomicReference<Exception> broken = new AtomicReference<>();
        try (Signer first = Signer.ofMessage(pem(old), PATIENCE, unless(oldBroken, old));
                Signer second = Signer.ofMessage(pem(young), PATIENCE, unless(broken, young));
                Ledger ledger = create(directory, "intl", first)) {
            // The cause is of the one that failed now, not of one that failed before.
            broken.set(new IllegalStateException("not yet"));
            oldBroken.set(new IllegalStateException("for a moment"));
            assertSame(oldBroken.get(), fails("KF-KEY-14", () -> ledger.changeKey(second)).getCause());
            oldBroken.set(null);
            assertSame(broken.get(), fails("KF-KEY-14", () -> ledger.changeKey(second)).getCause());
            assertEquals(0, parsed(ledger.state()).get("size").getAsLong());
            broken.set(null);
            assertEquals(0, ledger.changeKey(second));

            // Both sign now.
            ledger.append("1");
            for (AtomicReference<Exception> either : Arrays.asList(broken, oldBroken)) {
                either.set(new IllegalStateException("worn out"));
                assertSame(either.get(), fails("KF-KEY-14", ledger::checkpoint).getCause());
                either.set(null);
            }
            assertEquals(2, parsed(ledger.checkpoint()).get("size").getAsLong());
            Ledger.verify(directory.toString(), first.publicKey(), null);
            Ledger.verify(directory.toString(), second.publicKey(), null);
        }
    }

    /** Java has no SM2: what openssl signed with the key of the tests, by the digest that the library must hand over. */
    @Test
    void aDeviceSignsTheDigestOfSm2(@TempDir Path folder) {
        Map<String, String> known = new HashMap<>();
        known.put(
                "add096c7a88bd0db66fdb3be3579bebac05a888c931a96c9e8c9c02b83321cda",
                "fa981cda4ce285b055690bac00ce9af340eed55aa990d82cc28aae23ba5f11d1"
                        + "fe7435800e8c82fffe354959762e6c720dc08f9187ca72bdfa4545e8a261d2b1");
        known.put(
                "921001aa5fe8ad27d18dfebe212db09da6f1eac4f201224b91b28ee82af3b43a",
                "acab9a928d1f964123b7dd254e3ab7e26be8252836bd86cb945cffa7b2422101"
                        + "8d39078e3972ec94219a0c71329d81bd3328ff9342f1d9752062bb0b4129bc5c");
        Path directory = folder.resolve("log");
        Signer.Callback device =
                digest -> {
                    String signature = known.get(String.format("%064x", new BigInteger(1, digest)));
                    byte[] signed = new BigInteger(signature, 16).toByteArray();
                    return Arrays.copyOfRange(signed, signed.length - 64, signed.length);
                };
        try (Signer signer = Signer.ofDigest(Keys.SM2_PUBLIC, PATIENCE, device);
                Ledger ledger = create(directory, "gm", signer)) {
            ledger.append("1");
            ledger.checkpoint();
            JsonObject verified = parsed(Ledger.verify(directory.toString(), Keys.SM2_PUBLIC, null));
            assertEquals(1, verified.get("signed_size").getAsLong());
            // A head that it does not know: the callback trips over a null.
            ledger.append("2");
            assertTrue(fails("KF-KEY-14", ledger::checkpoint).getCause() instanceof NullPointerException);
        }
    }

    @Test
    void whatADeviceDoesWrongIsTheCallersException(@TempDir Path folder) throws Exception {
        KeyPair key = generated();
        Signer.Callback good = message -> sign(key, message);
        AtomicReference<Signer.Callback> device = new AtomicReference<>(good);
        Path directory = folder.resolve("log");
        try (Signer signer = Signer.ofMessage(pem(key), PATIENCE, message -> device.get().sign(message));
                Ledger ledger = create(directory, "intl", signer)) {
            ledger.append("1");
            Throwable[] thrown = {new Exception("密码机不在线"), new IllegalStateException(), new StackOverflowError()};
            for (Throwable one : thrown) {
                device.set(
                        message -> {
                            if (one instanceof Error) {
                                throw (Error) one;
                            }
                            throw (Exception) one;
                        });
                KaifangException error = fails("KF-KEY-14", ledger::checkpoint);
                assertSame(one, error.getCause());
                assertEquals(KaifangException.Family.KEYRING, error.family());
                // What signed nothing did not lose the record.
                JsonObject verified = parsed(Ledger.verify(directory.toString(), signer.publicKey(), null));
                assertEquals(1, verified.get("size").getAsLong());
            }
            device.set(message -> null);
            assertTrue(fails("KF-KEY-14", ledger::checkpoint).getCause() instanceof IllegalStateException);
            device.set(message -> new byte[129]);
            assertTrue(fails("KF-KEY-14", ledger::checkpoint).getCause() instanceof IllegalStateException);
            for (int length : new int[] {0, 1, 63, 64, 128}) {
                device.set(message -> new byte[length]);
                assertNull(fails("KF-KEY-15", ledger::checkpoint).getCause());
            }
            device.set(message -> sign(key, new byte[0]));
            fails("KF-KEY-15", ledger::checkpoint);
            device.set(good);
            assertEquals(1, parsed(ledger.checkpoint()).get("size").getAsLong());
        }
    }

    @Test
    void aDeviceThatDoesNotAnswerBlocksNobody(@TempDir Path folder) throws Exception {
        KeyPair key = generated();
        CountDownLatch wake = new CountDownLatch(1);
        String directory = folder.resolve("log").toString();
        try (Signer patient = Signer.ofMessage(pem(key), PATIENCE, message -> sign(key, message))) {
            Ledger.create(directory, "intl", ORIGIN, patient).close();
        }
        Signer.Callback slow =
                message -> {
                    wake.await();
                    return sign(key, message);
                };
        try (Signer signer = Signer.ofMessage(pem(key), Duration.ofMillis(100), slow);
                Ledger ledger = Ledger.open(directory, signer)) {
            ledger.append("1");
            fails("KF-KEY-16", ledger::checkpoint);
            assertEquals(1, ledger.append("2"));
            fails("KF-KEY-16", ledger::checkpoint);
            wake.countDown();
            assertEquals(2, eventually(ledger));
        }
        // One that asks the ledger which waits for it is timed out too.
        AtomicReference<Ledger> waiting = new AtomicReference<>();
        Signer.Callback asking =
                message -> {
                    waiting.get().state();
                    return sign(key, message);
                };
        try (Signer signer = Signer.ofMessage(pem(key), Duration.ofMillis(100), asking);
                Ledger ledger = Ledger.open(directory, signer)) {
            waiting.set(ledger);
            ledger.append("3");
            fails("KF-KEY-16", ledger::checkpoint);
        }
    }

    private static long eventually(Ledger ledger) throws InterruptedException {
        for (int tries = 0; ; tries++) {
            try {
                return parsed(ledger.checkpoint()).get("size").getAsLong();
            } catch (KaifangException error) {
                if (tries > 1000) {
                    throw error;
                }
                Thread.sleep(10);
            }
        }
    }

    @Test
    void severalLedgersAndThreadsShareADevice(@TempDir Path folder) throws Exception {
        KeyPair key = generated();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger together = new AtomicInteger();
        Signer.Callback device =
                message -> {
                    if (inside.incrementAndGet() > 1) {
                        together.incrementAndGet();
                    }
                    try {
                        return sign(key, message);
                    } finally {
                        inside.decrementAndGet();
                    }
                };
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Signer signer = Signer.ofMessage(pem(key), PATIENCE, device)) {
            List<Future<String>> jobs = new ArrayList<>();
            for (int n = 0; n < 8; n++) {
                String directory = folder.resolve("log" + n).toString();
                jobs.add(
                        threads.submit(
                                () -> {
                                    try (Ledger ledger = Ledger.create(directory, "intl", ORIGIN, signer)) {
                                        for (int i = 0; i < 20; i++) {
                                            ledger.append(Integer.toString(i));
                                            ledger.checkpoint();
                                        }
                                    }
                                    return Ledger.verify(directory, signer.publicKey(), null);
                                }));
            }
            for (Future<String> one : jobs) {
                assertEquals(20, parsed(one.get()).get("signed_size").getAsLong());
            }
            assertEquals(0, together.get());
        } finally {
            threads.shutdownNow();
        }
    }

    /** Makes a device of which nobody here keeps anything. */
    private static WeakReference<Object> forgotten(KeyPair key, AtomicReference<Signer> signer) {
        Object held = new Object();
        signer.set(
                Signer.ofMessage(
                        pem(key),
                        PATIENCE,
                        message -> {
                            assertTrue(held.hashCode() == held.hashCode());
                            return sign(key, message);
                        }));
        return new WeakReference<>(held);
    }

    @Test
    void aCallbackIsKeptWhileItIsNeededAndNoLonger(@TempDir Path folder) throws Exception {
        AtomicReference<Signer> signer = new AtomicReference<>();
        WeakReference<Object> held = forgotten(generated(), signer);
        Ledger ledger = create(folder.resolve("log"), "intl", signer.get());
        signer.get().close();
        for (int n = 0; n < 5; n++) {
            System.gc();
            ledger.append(Integer.toString(n));
            assertEquals(n + 1, parsed(ledger.checkpoint()).get("size").getAsLong());
        }
        ledger.close();
        signer.set(null);
        ledger = null;
        for (int tries = 0; tries < 1000 && held.get() != null; tries++) {
            System.gc();
            Thread.sleep(10);
        }
        assertNull(held.get());
    }

    @Test
    void whatIsNoDeviceIsATypedErrorAndIsReleased() throws Exception {
        Signer.Callback device = message -> null;
        fails("KF-C-01", () -> Signer.ofMessage(null, PATIENCE, device));
        fails("KF-C-01", () -> Signer.ofMessage(Keys.ED25519_PUBLIC, PATIENCE, null));
        fails("KF-KEY-05", () -> Signer.ofMessage("no key", PATIENCE, device));
        fails("KF-C-06", () -> Signer.ofMessage(Keys.ED25519_PUBLIC, Duration.ZERO, device));
        fails("KF-C-06", () -> Signer.ofMessage(Keys.ED25519_PUBLIC, Duration.ofSeconds(-1), device));
        fails("KF-KEY-17", () -> Signer.ofDigest(Keys.ED25519_PUBLIC, PATIENCE, device));
        fails("KF-KEY-01", () -> Signer.load("/nowhere/at/all.pem"));
        fails("KF-C-01", () -> Signer.load(null));
        // Those of the other tests too are closed by now.
        for (int tries = 0; tries < 1000 && Device.live() > 0; tries++) {
            Thread.sleep(10);
        }
        assertEquals(0, Device.live());
    }
}
