package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kaifang.Keys.fails;
import static org.kaifang.Keys.parsed;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A table from file to file and from bytes to bytes, with its proof; and everything that is refused. */
class PlanTest {
    private static final String PLAN =
            "v = 1\ndataset = \"人口\"\n[columns]\n"
                    + "xm = { do = \"mask\", kind = \"person_name\" }\n"
                    + "sfzh = { do = \"token\", kind = \"resident_id\", key = \"k1\" }\n"
                    + "lxdh = { do = \"mask\", keep_prefix = 3, keep_suffix = 4 }\n"
                    + "je = { do = \"keep\" }\n";
    private static final String PEOPLE =
            "xm,sfzh,lxdh,je\n"
                    + "张三,11010519491231002X,13900001111,7\n"
                    + "欧阳娜娜,11010519491231002x,1234567,\n"
                    + ",110105194912310021,,9\n";
    private static final String[] KEEP = {"xm", "sfzh", "lxdh", "je"};
    private static final String SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static Keyring keys() {
        String key = "{\"id\":\"%s\",\"kind\":\"token\",\"secret\":\"%s\"}";
        String first = String.format(key, "k1", SECRET);
        String second = String.format(key, "k2", "CQkJCQkJCQkJCQkJCQkJCQ==");
        String ring = "{\"v\":1,\"keys\":[" + first + "," + second + "]}";
        return Keyring.parse(ring.getBytes(StandardCharsets.UTF_8));
    }

    private static String written(Path file, String text) throws IOException {
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        return file.toString();
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /** The plan that gives a table of these columns as it is, from one format to another. */
    private static void copy(String in, String out, String... columns) {
        StringBuilder plan = new StringBuilder("v = 1\ndataset = \"d\"\n[columns]\n");
        for (String column : columns) {
            plan.append(column).append(" = { do = \"keep\" }\n");
        }
        try (Plan keep = Plan.parse(plan.toString())) {
            keep.applyFile(in, out, null, null);
        }
    }

    private static JsonObject column(Applied applied, String name) {
        for (JsonElement one : parsed(applied.json()).getAsJsonArray("columns")) {
            if (one.getAsJsonObject().get("name").getAsString().equals(name)) {
                return one.getAsJsonObject();
            }
        }
        throw new AssertionError(name);
    }

    @Test
    void aFileIsTreatedWithItsProof(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("人口.csv"), PEOPLE);
        try (Plan plan = Plan.parse(PLAN);
                Keyring keys = keys()) {
            plan.check(in);
            List<String> told = new ArrayList<>();
            Path out = folder.resolve("结果.csv");
            Applied applied =
                    plan.applyFile(
                            in,
                            out.toString(),
                            keys,
                            (stage, done, total, bytes) ->
                                    told.add(stage + " " + done + " of " + total + ", " + (bytes >= 0)));
            assertEquals(Collections.singletonList("apply 3 of -1, true"), told);
            String[] lines = read(out).split("\n");
            assertEquals("xm,sfzh,lxdh,je", lines[0]);
            String token = token("人口");
            assertEquals("张*," + token + ",139****1111,7", lines[1]);
            assertEquals("欧阳**," + token + ",[redacted],", lines[2]);
            assertEquals(",[redacted],,9", lines[3]);
            assertEquals(4, lines.length);

            assertEquals(3, parsed(applied.json()).get("rows").getAsLong());
            assertEquals(plan.hash(), parsed(applied.json()).get("plan").getAsString());
            assertEquals(1, column(applied, "sfzh").get("invalid").getAsLong());
            assertEquals(1, column(applied, "lxdh").get("nulls").getAsLong());
            applied.verify(out.toString(), null);
            KaifangException differs = fails("KF-PLAN-17", () -> applied.verify(in, null));
            assertEquals(KaifangException.Family.INTEGRITY, differs.family());
            // The same proof from the document that was kept, of the same cells in other files.
            Applied kept = new Applied(applied.json());
            assertEquals(kept.json(), kept.toString());
            for (String name : new String[] {"again.parquet", "again.arrow", "again.xlsx"}) {
                String again = folder.resolve(name).toString();
                Applied same = plan.applyFile(in, again, keys, null);
                assertEquals(applied.json(), same.json(), name);
                kept.verify(again, null);
            }
        }
    }

    /** What {@code tests/vectors/token.json} says of values, for the same key and another dataset. */
    private static String token(String dataset) {
        try (Keyring keys = keys()) {
            String question =
                    "{\"dataset\":\""
                            + dataset
                            + "\",\"column\":{\"do\":\"token\",\"kind\":\"resident_id\",\"key\":\"k1\"},"
                            + "\"values\":[\"11010519491231002X\"]}";
            return parsed(keys.treat(question)).getAsJsonArray("values").get(0).getAsString();
        }
    }

    @Test
    void tokensAreThoseOfTheVectors() {
        assertEquals("k1.wxox55m4c5px4nlpbhqed62vjy", token("xa-resident"));
    }

    @Test
    void bytesAreTreatedWithTheSameProof(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("in.csv"), PEOPLE);
        Path arrow = folder.resolve("in.arrow");
        copy(in, arrow.toString(), KEEP);
        byte[] ipc = Files.readAllBytes(arrow);
        Path out = folder.resolve("out.parquet");
        try (Plan plan = Plan.parse(PLAN);
                Keyring keys = keys()) {
            plan.check(ipc);
            List<Long> bytes = new ArrayList<>();
            Treated treated = plan.apply(ipc, keys, (stage, done, total, written) -> bytes.add(written));
            // All of the stream but its last mark.
            assertEquals(Collections.singletonList(treated.ipc().length - 8L), bytes);
            Applied filed = plan.applyFile(in, out.toString(), keys, null);
            assertEquals(filed.json(), treated.applied().json());
            treated.applied().verify(treated.ipc(), null);
            treated.applied().verify(out.toString(), (stage, done, total, written) -> stage.equals("verify"));
            KaifangException differs = fails("KF-PLAN-17", () -> treated.applied().verify(ipc, null));
            assertEquals(KaifangException.Family.INTEGRITY, differs.family());
            // What came out is a table again.
            Path back = folder.resolve("back.csv");
            Path stream = folder.resolve("stream.arrow");
            Files.write(stream, treated.ipc());
            copy(stream.toString(), back.toString(), KEEP);
            assertTrue(read(back).startsWith("xm,sfzh,lxdh,je\n张*," + token("人口") + ",139****1111,7\n"), read(back));
        }
    }

    @Test
    void aJobIsCancelledAndLeavesNothing(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("in.csv"), PEOPLE);
        Path arrow = folder.resolve("in.arrow");
        copy(in, arrow.toString(), KEEP);
        byte[] ipc = Files.readAllBytes(arrow);
        Path out = folder.resolve("out.csv");
        IllegalStateException broken = new IllegalStateException("the window was closed");
        Progress no = (stage, done, total, bytes) -> false;
        Progress throwing =
                (stage, done, total, bytes) -> {
                    throw broken;
                };
        try (Plan plan = Plan.parse(PLAN);
                Keyring keys = keys()) {
            Applied applied = plan.apply(ipc, keys, null).applied();
            for (Progress progress : new Progress[] {no, throwing}) {
                for (Executable job :
                        new Executable[] {
                            () -> plan.applyFile(in, out.toString(), keys, progress),
                            () -> plan.apply(ipc, keys, progress),
                            () -> applied.verify(in, progress),
                            () -> applied.verify(ipc, progress),
                            () -> Kaifang.scan(in, true, progress),
                        }) {
                    KaifangException error = fails("KF-TABLE-16", job);
                    assertEquals(KaifangException.Family.CANCELLED, error.family());
                    assertSame(progress == throwing ? broken : null, error.getCause());
                }
            }
            assertFalse(Files.exists(out));
        }
    }

    @Test
    void aPlanIsReadShownAndToldApart(@TempDir Path folder) throws Exception {
        String file = written(folder.resolve("方案.toml"), PLAN);
        try (Plan plan = Plan.parse(PLAN);
                Plan loaded = Plan.load(file);
                Plan same = Plan.parseJson(plan.document());
                Plan other = Plan.parse(PLAN.replace("k1", "k.2-x_y"))) {
            assertEquals("人口", plan.dataset());
            assertEquals(Collections.singletonList("k1"), plan.keys());
            assertEquals(Collections.singletonList("k.2-x_y"), other.keys());
            assertTrue(plan.hash().matches("sha256:[0-9a-f]{64}"), plan.hash());
            assertEquals(plan.hash(), loaded.hash());
            assertEquals(plan.hash(), same.hash());
            assertNotEquals(plan.hash(), other.hash());
            assertEquals(plan.document(), same.document());
            assertEquals(plan.document(), ConformanceTest.canonical(parsed(plan.document())));
            JsonArray columns = parsed(plan.preview()).getAsJsonArray("columns");
            JsonObject shown = columns.get(1).getAsJsonObject();
            assertEquals("lxdh", shown.get("name").getAsString());
            JsonObject value = shown.getAsJsonArray("values").get(0).getAsJsonObject();
            assertTrue(value.get("after").getAsString().contains("*"), value.toString());
        }
        try (Plan keyless = Plan.parse("v = 1\ndataset = \"d\"\n[columns]\na = { do = \"drop\" }\n")) {
            assertEquals(Collections.emptyList(), keyless.keys());
        }
    }

    @Test
    void aPlanIsProposed(@TempDir Path folder) throws Exception {
        StringBuilder people = new StringBuilder("xm,lxdh,je\n");
        for (int n = 0; n < 50; n++) {
            people.append("张三,1390000").append(String.format("%04d", n)).append(',').append(n).append('\n');
        }
        String in = written(folder.resolve("people.csv"), people.toString());
        String findings = Kaifang.scan(in, true, null);
        assertEquals(50, parsed(findings).get("rows").getAsLong());
        JsonObject proposed = parsed(Plan.suggest(findings, "people", "k1", "controlled"));
        try (Plan plan = Plan.parseJson(proposed.get("plan").toString());
                Keyring keys = keys()) {
            assertEquals("people", plan.dataset());
            assertEquals(Collections.singletonList("k1"), plan.keys());
            assertEquals(3, proposed.getAsJsonArray("reasons").size());
            plan.check(in);
            String treated = folder.resolve("treated.csv").toString();
            plan.applyFile(in, treated, keys, null);
            assertFalse(read(folder.resolve("treated.csv")).contains("13900000007"));
        }
        fails("KF-C-06", () -> Plan.suggest(findings, "people", "k1", "everybody"));
    }

    @Test
    void tokensAreRotatedFromFileToFile(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("in.csv"), PEOPLE.substring(0, PEOPLE.indexOf(",110105194912310021")));
        String rotation = "{\"columns\":{\"sfzh\":\"resident_id\"},\"from\":\"k1\",\"key\":\"k2\"}";
        for (String form : new String[] {"text", "bytes16", "bytes32"}) {
            String made = PLAN.replace("key = \"k1\"", "key = \"k1\", form = \"" + form + "\"");
            String old = folder.resolve(form + ".parquet").toString();
            String young = folder.resolve(form + "-2.parquet").toString();
            try (Plan plan = Plan.parse(made);
                    Keyring keys = keys()) {
                plan.applyFile(in, old, keys, null);
                try (Plan rotate = Plan.rotate(old, "人口", rotation)) {
                    rotate.check(old);
                    assertEquals(Collections.singletonList("k2"), rotate.keys());
                    JsonObject sfzh = parsed(rotate.document()).getAsJsonObject("columns").getAsJsonObject("sfzh");
                    assertEquals(form.equals("text") ? null : form, sfzh.has("form") ? sfzh.get("form").getAsString() : null);
                    Applied applied = rotate.applyFile(old, young, keys, null);
                    assertEquals(2, column(applied, "sfzh").get("changed").getAsLong());
                    JsonObject proof = parsed(applied.json());
                    assertEquals(proof.get("schema_in"), proof.get("schema_out"));
                    applied.verify(young, null);
                    fails("KF-PLAN-17", () -> applied.verify(old, null));
                }
            }
        }
        fails("KF-PLAN-11", () -> Plan.rotate(in, "人口", rotation.replace("sfzh", "absent")));
        fails("KF-CANON-02", () -> Plan.rotate(in, "人口", "{\"from\":\"k1\"}"));
    }

    @Test
    void whatDoesNotFitIsATypedError(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("in.csv"), PEOPLE);
        String out = folder.resolve("out.csv").toString();
        String more = written(folder.resolve("more.csv"), "xm,sfzh,lxdh,je,bz\na,b,c,d,e\n");
        byte[] noTable = {1, 2, 3};
        fails("KF-PLAN-01", () -> Plan.parse("not toml ["));
        fails("KF-PLAN-01", () -> Plan.parseJson("{"));
        fails("KF-PLAN-01", () -> Plan.load(folder.resolve("absent").toString()));
        fails("KF-PLAN-06", () -> Plan.parse("v = 1\ndataset = \"d\"\n[columns]\na = { do = \"hash\" }\n"));
        fails("KF-C-02", () -> Plan.parse("\ud800"));
        try (Plan plan = Plan.parse(PLAN);
                Keyring keys = keys()) {
            KaifangException unnamed = fails("KF-PLAN-10", () -> plan.check(more));
            assertEquals("columns.bz", unnamed.where());
            assertEquals(KaifangException.Family.PLAN, unnamed.family());
            fails("KF-PLAN-10", () -> plan.applyFile(more, out, keys, null));
            fails("KF-KEY-07", () -> plan.applyFile(in, out, null, null));
            fails("KF-TABLE-25", () -> plan.applyFile(in, in, keys, null));
            assertEquals(PEOPLE, read(folder.resolve("in.csv")));
            assertEquals(
                    KaifangException.Family.TABLE,
                    fails("KF-TABLE-01", () -> plan.applyFile(folder.resolve("absent").toString(), out, keys, null)).family());
            for (Executable broken :
                    new Executable[] {
                        () -> plan.check(noTable),
                        () -> plan.apply(noTable, keys, null),
                        () -> new Applied("{}").verify(noTable, null)
                    }) {
                assertEquals(KaifangException.Family.TABLE, assertThrows(KaifangException.class, broken).family());
            }
            assertEquals(
                    KaifangException.Family.DOCUMENT,
                    assertThrows(KaifangException.class, () -> new Applied("{}").verify(in, null)).family());
            assertFalse(Files.exists(folder.resolve("out.csv")));
        }
    }

    @Test
    void nullIsATypedErrorEverywhere(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("in.csv"), PEOPLE);
        String out = folder.resolve("out.csv").toString();
        try (Plan plan = Plan.parse(PLAN);
                Keyring keys = keys()) {
            List<Executable> calls =
                    Arrays.asList(
                            () -> Plan.parse(null),
                            () -> Plan.parseJson(null),
                            () -> Plan.load(null),
                            () -> Plan.rotate(null, "d", "{}"),
                            () -> Plan.rotate(in, null, "{}"),
                            () -> Plan.rotate(in, "d", null),
                            () -> Plan.suggest(null, "d", "k1", "public"),
                            () -> Plan.suggest("{}", null, "k1", "public"),
                            () -> Plan.suggest("{}", "d", null, "public"),
                            () -> Plan.suggest("{}", "d", "k1", null),
                            () -> plan.check((String) null),
                            () -> plan.check((byte[]) null),
                            () -> plan.applyFile(null, out, keys, null),
                            () -> plan.applyFile(in, null, keys, null),
                            () -> plan.apply(null, keys, null),
                            () -> new Applied(null).verify(in, null),
                            () -> new Applied("{}").verify((String) null, null),
                            () -> new Applied("{}").verify((byte[]) null, null),
                            () -> Kaifang.scan(null, false, null));
            for (Executable call : calls) {
                assertEquals(KaifangException.Family.NULL, fails("KF-C-01", call).family());
            }
        }
        assertFalse(Files.exists(folder.resolve("out.csv")));
    }

    @Test
    void aClosedPlanOrKeyringIsFoundOut(@TempDir Path folder) throws Exception {
        String in = written(folder.resolve("in.csv"), PEOPLE);
        String out = folder.resolve("out.csv").toString();
        Plan closed = Plan.parse(PLAN);
        closed.close();
        closed.close();
        Keyring gone = keys();
        gone.close();
        try (Plan plan = Plan.parse(PLAN);
                Keyring keys = keys()) {
            for (Executable call :
                    Arrays.<Executable>asList(
                            closed::hash,
                            closed::dataset,
                            closed::keys,
                            closed::document,
                            closed::preview,
                            () -> closed.check(in),
                            () -> closed.applyFile(in, out, keys, null),
                            () -> plan.applyFile(in, out, gone, null))) {
                assertEquals(KaifangException.Family.HANDLE, fails("KF-C-03", call).family());
            }
        }
        assertFalse(Files.exists(folder.resolve("out.csv")));
    }
}
