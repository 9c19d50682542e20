package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a policy, rightly and wrongly. */
class PolicyTest {
    private static final String ID = "xian-2022-013";
    private static final String DAY = "2026-11-23";

    private static JsonObject parsed(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    private static void fails(KaifangException.Family family, Executable call) {
        assertEquals(family, assertThrows(KaifangException.class, call).family());
    }

    @Test
    void itsTextAndItsPropertiesAreChecked() {
        try (Policy policy = Policy.builtin(ID);
                Policy other = policy.withInterpretation("deidentified_may_be_unconditional", "yes")) {
            JsonObject check = parsed(policy.check(null));
            assertTrue(check.get("ok").getAsBoolean() && check.get("text").isJsonNull());
            assertFalse(parsed(policy.check("第一条 这不是正文。")).get("ok").getAsBoolean());
            assertTrue(parsed(policy.prove()).get("holds").getAsBoolean());
            assertFalse(parsed(other.prove()).get("holds").getAsBoolean());
            assertEquals(policy.hash(), parsed(policy.analyse()).get("hash").getAsString());
        }
    }

    @Test
    void itIsAPageToBeRead() {
        try (Policy policy = Policy.builtin(ID)) {
            JsonObject page = parsed(policy.page());
            assertEquals(policy.hash(), page.get("hash").getAsString());
            assertTrue(page.getAsJsonArray("articles").size() > 20);
            String html = policy.pageHtml();
            assertTrue(html.startsWith("<!DOCTYPE html>") && html.contains(policy.hash()));
            assertTrue(html.contains("西规〔2022〕013") && !html.contains("<script"));
        }
    }

    @Test
    void twoReadingsAreComparedOverACatalog(@TempDir Path folder) throws Exception {
        // Persons' data without any other danger: de-identified, and as it is.
        String harmless =
                "state_secret,law_forbids,endangers_national_security,endangers_public_security,"
                        + "endangers_economic_security,endangers_social_stability,trade_secret,other_third_party_interest,"
                        + "harm_ruled_out,high_protection_need,specific_terms_needed,aggregation_may_reveal,"
                        + "third_party_consents,closure_harms_public";
        String no = harmless.replaceAll("[a-z_]+", "false");
        String rows =
                "personal_privacy,data_grade,desensitization," + harmless + "\n"
                        + "true,general,none," + no + "\n"
                        + "true,general,deidentified," + no + "\n";
        Path catalog = folder.resolve("目录.csv");
        Files.write(catalog, rows.getBytes(StandardCharsets.UTF_8));
        String path = catalog.toString();
        try (Policy policy = Policy.builtin(ID);
                Policy other = policy.withInterpretation("deidentified_may_be_unconditional", "yes")) {
            JsonObject same = parsed(policy.diffCatalog(policy, DAY, path));
            assertEquals(0, same.get("changed").getAsInt());
            assertEquals(0, same.getAsJsonArray("changes").size());
            assertEquals(2, same.get("rows").getAsInt());
            assertEquals(policy.hash(), same.getAsJsonObject("from").get("hash").getAsString());
            assertEquals(DAY, same.get("at").getAsString());
            JsonObject difference = parsed(policy.diffCatalog(other, DAY, path));
            assertEquals(1, difference.get("changed").getAsInt());
            JsonObject change = difference.getAsJsonArray("changes").get(0).getAsJsonObject();
            assertEquals("withheld|conditional", change.get("from").getAsString());
            assertEquals("withheld|conditional|unconditional", change.get("to").getAsString());
            assertEquals(2, change.get("first").getAsInt());

            fails(KaifangException.Family.NULL, () -> policy.diffCatalog(null, DAY, path));
            fails(KaifangException.Family.NULL, () -> policy.diffCatalog(other, DAY, null));
            fails(KaifangException.Family.ARGUMENT, () -> policy.diffCatalog(other, "today", path));
            fails(KaifangException.Family.TABLE, () -> policy.diffCatalog(other, DAY, path + ".none"));
            Files.write(catalog, "action\nquery\n".getBytes(StandardCharsets.UTF_8));
            fails(KaifangException.Family.FACT, () -> policy.diffCatalog(other, DAY, path));
        }
    }

    @Test
    void twoReadingsAreCompared() {
        try (Policy policy = Policy.builtin(ID);
                Policy other = policy.withInterpretation("deidentified_may_be_unconditional", "yes")) {
            assertTrue(parsed(policy.diff(policy)).get("equal").getAsBoolean());
            JsonObject difference = parsed(policy.diff(other));
            assertFalse(difference.get("equal").getAsBoolean());
            assertEquals(other.hash(), difference.getAsJsonObject("to").get("hash").getAsString());
            fails(KaifangException.Family.NULL, () -> policy.diff(null));
        }
    }

    @Test
    void aWrongQuestionIsATypedError() {
        Policy closed = Policy.builtin(ID);
        closed.close();
        try (Policy policy = Policy.builtin(ID)) {
            fails(KaifangException.Family.ARGUMENT, () -> policy.explain("Access", "{}", DAY));
            fails(KaifangException.Family.NULL, () -> policy.explain(null, "{}", DAY));
            fails(KaifangException.Family.FACT, () -> policy.explain("access", "{\"state_secret\":true}", DAY));
            fails(KaifangException.Family.POLICY, () -> policy.explain("access", "{}", "1999-01-01"));
            fails(KaifangException.Family.HANDLE, () -> policy.diff(closed));
        }
        fails(KaifangException.Family.HANDLE, () -> closed.explain("access", "{}", DAY));
        fails(KaifangException.Family.HANDLE, closed::page);
        fails(KaifangException.Family.HANDLE, closed::pageHtml);
        fails(KaifangException.Family.HANDLE, () -> closed.check(null));
        fails(KaifangException.Family.HANDLE, closed::prove);
        fails(KaifangException.Family.HANDLE, closed::analyse);
    }

    @Test
    void aFileOfFactsBecomesAFileOfAnswers(@TempDir Path folder) throws Exception {
        Path in = folder.resolve("事实.csv");
        Path out = folder.resolve("答复.csv");
        byte[] facts = "out_of_scope,listed,action\nfalse,true,query\nfalse,,query\n".getBytes(StandardCharsets.UTF_8);
        Files.write(in, facts);
        try (Policy policy = Policy.builtin(ID)) {
            assertEquals(2, policy.evalFile("access", DAY, in.toString(), out.toString()));
            String[] lines = new String(Files.readAllBytes(out), StandardCharsets.UTF_8).split("\r?\n");
            assertEquals(3, lines.length);
            assertEquals("permit,denials,open,duties,notices", lines[0]);
            assertTrue(lines[1].startsWith("true,,,"), lines[1]);
            assertTrue(lines[2].startsWith("false,,listed,"), lines[2]);

            Path none = folder.resolve("none.csv");
            fails(KaifangException.Family.TABLE, () -> policy.evalFile("access", DAY, in.toString(), in.toString()));
            fails(KaifangException.Family.TABLE, () -> policy.evalFile("access", DAY, none.toString(), out.toString()));
            fails(KaifangException.Family.NULL, () -> policy.evalFile("access", DAY, null, out.toString()));
            fails(KaifangException.Family.NULL, () -> policy.evalFile("access", DAY, in.toString(), null));
            fails(KaifangException.Family.FACT, () -> policy.evalFile("classification", DAY, in.toString(), none.toString()));
            assertFalse(Files.exists(none));
            assertEquals(new String(facts, StandardCharsets.UTF_8), new String(Files.readAllBytes(in), StandardCharsets.UTF_8));
        }
    }
}
