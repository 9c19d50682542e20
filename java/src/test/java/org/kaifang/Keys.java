package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.function.Executable;

/** Keys that openssl made for these tests and that are used nowhere else, and what the tests of ledgers share. */
final class Keys {
    static final String ED25519 =
            "-----BEGIN PRIVATE KEY-----\n"
                    + "MC4CAQAwBQYDK2VwBCIEIFOw6DLhxqOE7qFvv6iBYEclLUAUr4kiY25EOPGSFdB+\n"
                    + "-----END PRIVATE KEY-----\n";
    static final String ED25519_PUBLIC = "1PSkBlbK1FeHn64NB/8joLXRGEruEHXw9DvWfxPhRXs=";
    static final String OTHER_ED25519 =
            "-----BEGIN PRIVATE KEY-----\n"
                    + "MC4CAQAwBQYDK2VwBCIEIPi/ij1P2GAaFmdsO+th1YGOpP7nP0vPW+DZn5FTfPxQ\n"
                    + "-----END PRIVATE KEY-----\n";
    static final String SM2 =
            "-----BEGIN PRIVATE KEY-----\n"
                    + "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgo/7ESWrIAHgW5mid\n"
                    + "WH9xUTWsS9pks0DCg/SHA096X/mhRANCAAQT4PDwDX4um/y7nQg3Z/5y6GoTU42T\n"
                    + "ilcQZ5AnXtMWPnmjHR/NohanDeGdvCLq1+9B8rW0mOwKf+94xjiVycJk\n"
                    + "-----END PRIVATE KEY-----\n";
    static final String SM2_PUBLIC =
            "sm2:BBPg8PANfi6b/LudCDdn/nLoahNTjZOKVxBnkCde0xY+eaMdH82iFqcN4Z28IurX70HytbSY7Ap/73jGOJXJwmQ="
                    + ":1234567812345678";
    static final String OTHER_SM2 =
            "SM2-Signer-Id: data.example/xa\n-----BEGIN PRIVATE KEY-----\n"
                    + "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgvEHG56XBQsN/mSrm\n"
                    + "acEDMoEi2BdbPf/SCsb9R6DwSuGhRANCAAR5O549Cr94yM8sZI1TWV1rBI0bNvgr\n"
                    + "EW+Sju8QtbBnHn2dJr4segbsfbsBJB+1yRqNo2wGR3uQIAxNP20/qf37\n"
                    + "-----END PRIVATE KEY-----\n";

    private Keys() {}

    /** The signer of a key file that only its owner may read. */
    static Signer load(Path folder, String pem) throws IOException {
        Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rw-------");
        Path file = Files.createTempFile(folder, "密钥", ".pem", PosixFilePermissions.asFileAttribute(owner));
        Files.write(file, pem.getBytes(StandardCharsets.UTF_8));
        return Signer.load(file.toString());
    }

    static JsonObject parsed(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    static KaifangException fails(String code, Executable call) {
        KaifangException error = assertThrows(KaifangException.class, call);
        assertEquals(code, error.code(), error.getMessage());
        return error;
    }
}
