package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.kaifang.Keys.fails;

import java.math.BigInteger;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** FF1 over numerals: the samples that NIST publishes with SP 800-38G, and what is refused. */
class Ff1Test {
    private static final byte[] KEY = bytes("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94");
    private static final byte[] TEN = bytes("39383736353433323130");
    private static final byte[] ELEVEN = bytes("3737373770717273373737");

    private static byte[] bytes(String digits) {
        byte[] signed = new BigInteger("01" + digits, 16).toByteArray();
        return Arrays.copyOfRange(signed, 1, signed.length);
    }

    private static byte[] key(int length) {
        return Arrays.copyOf(KEY, length);
    }

    private static int[] numerals(String digits) {
        return digits.chars().map(digit -> Character.digit(digit, 36)).toArray();
    }

    private static void sample(int keyLength, int radix, byte[] tweak, String plain, String expected) {
        try (Ff1 ff1 = Ff1.of("aes", key(keyLength), radix)) {
            int[] given = numerals(plain);
            int[] encrypted = ff1.encrypt(given, tweak);
            assertArrayEquals(numerals(expected), encrypted);
            assertArrayEquals(numerals(plain), given, "what was given stays");
            assertArrayEquals(numerals(plain), ff1.decrypt(encrypted, tweak));
        }
    }

    @Test
    void theSamplesOfNist() {
        sample(16, 10, null, "0123456789", "2433477484");
        sample(16, 10, TEN, "0123456789", "6124200773");
        sample(16, 36, ELEVEN, "0123456789abcdefghi", "a9tv40mll9kdu509eum");
        sample(24, 10, new byte[0], "0123456789", "2830668132");
        sample(24, 10, TEN, "0123456789", "2496655549");
        sample(24, 36, ELEVEN, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr");
        sample(32, 10, null, "0123456789", "6657667009");
        sample(32, 10, TEN, "0123456789", "1001623463");
        sample(32, 36, ELEVEN, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd");
    }

    @Test
    void sm4IsAnotherCipherAndAWideRadixGoesBack() {
        int[] given = {0, 65_535, 7, 12_345, 40_000};
        try (Ff1 aes = Ff1.of("aes", key(16), 65_536);
                Ff1 sm4 = Ff1.of("sm4", key(16), 65_536)) {
            int[] encrypted = sm4.encrypt(given, TEN);
            assertFalse(Arrays.equals(encrypted, aes.encrypt(given, TEN)));
            assertArrayEquals(given, sm4.decrypt(encrypted, TEN));
            assertFalse(Arrays.equals(given, sm4.decrypt(encrypted, null)), "another tweak");
        }
    }

    @Test
    void whatIsWrongIsRefused() {
        fails("KF-C-06", () -> Ff1.of("des", key(16), 10));
        fails("KF-C-01", () -> Ff1.of(null, key(16), 10));
        fails("KF-C-01", () -> Ff1.of("aes", null, 10));
        for (int radix : new int[] {-1, 0, 1, 65_537, Integer.MIN_VALUE}) {
            fails("KF-PLAN-31", () -> Ff1.of("aes", key(16), radix));
        }
        for (int length : new int[] {0, 15, 17, 33}) {
            fails("KF-PLAN-31", () -> Ff1.of("aes", key(length), 10));
        }
        fails("KF-PLAN-31", () -> Ff1.of("sm4", key(32), 10));
        Ff1 ff1 = Ff1.of("aes", key(16), 10);
        assertEquals(6, ff1.encrypt(new int[6], null).length);
        for (int[] wrong : new int[][] {{0, 1, 2, 3, 4, 10}, {0, 1, 2, 3, 4, -1}, {Integer.MIN_VALUE, 0, 0, 0, 0, 0}}) {
            fails("KF-PLAN-31", () -> ff1.encrypt(wrong, null));
            fails("KF-PLAN-31", () -> ff1.decrypt(wrong, null));
        }
        KaifangException small = fails("KF-PLAN-30", () -> ff1.encrypt(new int[5], null));
        assertEquals(KaifangException.Family.PLAN, small.family());
        fails("KF-C-01", () -> ff1.encrypt(null, null));
        fails("KF-C-01", () -> ff1.decrypt(null, TEN));
        fails("KF-C-06", () -> ff1.encrypt(new int[4097], null));
        ff1.close();
        ff1.close();
        fails("KF-C-03", () -> ff1.encrypt(new int[6], null));
        fails("KF-C-03", () -> ff1.decrypt(new int[6], null));
    }
}
