package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every file of {@code tests/vectors} through the C library. A file without a runner fails, so no face can skip one. */
class ConformanceTest {
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();
    private static final Map<String, Function<JsonObject, String>> RUNNERS = new HashMap<>();

    static {
        RUNNERS.put("calendar.json", ConformanceTest::calendar);
        RUNNERS.put("catalog.json", ConformanceTest::catalog);
        RUNNERS.put("classify.json", input -> answer(input, asking(Policy::classify)));
        RUNNERS.put("decide.json", input -> answer(input, asking(Policy::decide)));
        RUNNERS.put("explain.json", input -> answer(input, ConformanceTest::explain));
        RUNNERS.put("eval.json", input -> answer(input, ConformanceTest::eval));
        RUNNERS.put("mask.json", ConformanceTest::treat);
        RUNNERS.put("token.json", ConformanceTest::treat);
        RUNNERS.put("fpe.json", ConformanceTest::treat);
        RUNNERS.put("text.json", ConformanceTest::treat);
        RUNNERS.put("transform.json", ConformanceTest::treat);
        RUNNERS.put("ledger-verify.json", input -> Ledger.verifyProof(JSON.toJson(input)));
    }

    private static String calendar(JsonObject input) {
        String date = input.get("date").getAsString();
        String years = json(input, "years");
        return input.has("add")
                ? WorkingDays.add(date, input.get("add").getAsInt(), years)
                : WorkingDays.day(date, years);
    }

    private static String catalog(JsonObject input) {
        String verb = input.get("do").getAsString();
        String catalog = json(input, "catalog");
        switch (verb) {
            case "entry":
                return Catalog.checkEntry(json(input, "entry"));
            case "merge":
                return Catalog.merge(json(input, "catalogs"));
            case "check":
                return Catalog.check(catalog, input.get("at").getAsString(), json(input, "terms"));
            case "list":
                return Catalog.list(catalog, input.get("at").getAsString(), json(input, "terms"));
            default:
                byte[] bytes = Catalog.export(catalog, verb, json(input, "publication"));
                return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static String json(JsonObject input, String name) {
        return input.has(name) ? JSON.toJson(input.get(name)) : null;
    }

    private interface Question {
        String ask(Policy policy, String facts, String at);
    }

    private static BiFunction<Policy, JsonObject, String> asking(Question question) {
        return (policy, input) ->
                question.ask(policy, JSON.toJson(input.get("facts")), input.get("at").getAsString());
    }

    private static String explain(Policy policy, JsonObject input) {
        String section = input.get("section").getAsString();
        return policy.explain(section, JSON.toJson(input.get("facts")), input.get("at").getAsString());
    }

    /** Columns, from file to file: the answers are what stands in the second one. */
    private static String eval(Policy policy, JsonObject input) {
        try {
            Path facts = Files.createTempFile("facts", ".csv");
            Path answers = Files.createTempFile("answers", ".csv");
            try {
                Files.write(facts, input.get("csv").getAsString().getBytes(StandardCharsets.UTF_8));
                String section = input.get("section").getAsString();
                policy.evalFile(section, input.get("at").getAsString(), facts.toString(), answers.toString());
                JsonObject output = new JsonObject();
                output.addProperty("csv", new String(Files.readAllBytes(answers), StandardCharsets.UTF_8));
                return JSON.toJson(output);
            } finally {
                Files.delete(facts);
                Files.delete(answers);
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static String answer(JsonObject input, BiFunction<Policy, JsonObject, String> question) {
        Policy policy = Policy.builtin(input.get("policy").getAsString());
        try {
            if (input.has("set")) {
                for (Map.Entry<String, JsonElement> one : input.getAsJsonObject("set").entrySet()) {
                    Policy changed = policy.withInterpretation(one.getKey(), one.getValue().getAsString());
                    policy.close();
                    policy = changed;
                }
            }
            return question.apply(policy, input);
        } finally {
            policy.close();
        }
    }

    /** The secrets become a keyring, the rest is the question. */
    private static String treat(JsonObject input) {
        JsonArray keys = new JsonArray();
        JsonObject secrets = input.getAsJsonObject("keys");
        for (String id : secrets == null ? Collections.<String>emptySet() : secrets.keySet()) {
            JsonObject key = new JsonObject();
            key.addProperty("kind", "token");
            key.addProperty("id", id);
            key.add("secret", secrets.get(id));
            keys.add(key);
        }
        JsonObject question = input.deepCopy();
        question.remove("keys");
        if (keys.isEmpty()) {
            return Kaifang.treat(JSON.toJson(question));
        }
        JsonObject file = new JsonObject();
        file.addProperty("v", 1);
        file.add("keys", keys);
        try (Keyring keyring = Keyring.parse(JSON.toJson(file).getBytes(StandardCharsets.UTF_8))) {
            return keyring.treat(JSON.toJson(question));
        }
    }

    /** The canonical form: keys sorted by UTF-16 units, which is how Java compares strings; no white space. */
    private static JsonElement sorted(JsonElement value) {
        if (value.isJsonArray()) {
            JsonArray out = new JsonArray();
            value.getAsJsonArray().forEach(item -> out.add(sorted(item)));
            return out;
        }
        if (value.isJsonObject()) {
            Map<String, JsonElement> members = new TreeMap<>();
            value.getAsJsonObject().entrySet().forEach(one -> members.put(one.getKey(), sorted(one.getValue())));
            JsonObject out = new JsonObject();
            members.forEach(out::add);
            return out;
        }
        return value;
    }

    static String canonical(JsonElement document) {
        return JSON.toJson(sorted(document));
    }

    @TestFactory
    List<DynamicTest> everyVectorGivesTheSameBytes() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Path folder = Paths.get(System.getProperty("kaifang.vectors"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path path : files) {
                String name = path.getFileName().toString();
                Function<JsonObject, String> runner = RUNNERS.get(name);
                assertNotNull(runner, name + " has no runner in Java");
                String text = new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
                JsonArray cases = JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("cases");
                assertTrue(cases.size() > 0, name + " has no cases");
                for (JsonElement one : cases) {
                    JsonObject given = one.getAsJsonObject();
                    String title = name + ", " + given.get("name").getAsString();
                    tests.add(DynamicTest.dynamicTest(title, () -> check(given, runner)));
                }
            }
        }
        assertFalse(tests.isEmpty());
        return tests;
    }

    private static void check(JsonObject given, Function<JsonObject, String> runner) {
        JsonObject input = given.getAsJsonObject("input");
        if (given.has("output")) {
            assertEquals(canonical(given.get("output")), runner.apply(input));
        } else {
            KaifangException error = assertThrows(KaifangException.class, () -> runner.apply(input));
            assertEquals(given.getAsJsonObject("error").get("code").getAsString(), error.code());
        }
    }

    @Test
    void theLibraryIsTheOneThisClassNeeds() {
        assertEquals("0.1.0", Kaifang.version());
    }

    @Test
    void textIsUtf8WhateverTheHostsEncoding() {
        assertEquals(Charset.forName("GBK").name(), System.getProperty("file.encoding"));
        String masked = Kaifang.treat(
                "{\"dataset\":\"d\",\"column\":{\"do\":\"mask\",\"kind\":\"person_name\"},\"values\":[\"张三\",\"欧阳娜娜\"]}");
        assertEquals("{\"invalid\":0,\"values\":[\"张*\",\"欧阳**\"]}", masked);
    }

    @Test
    void anErrorIsTypedAndBilingual() {
        KaifangException error = assertThrows(KaifangException.class, () -> Policy.builtin("nowhere"));
        assertEquals(KaifangException.Family.POLICY, error.family());
        assertTrue(error.code().startsWith("KF-POLICY-"));
        assertTrue(error.zh().codePoints().anyMatch(Character::isIdeographic), error.zh());
        assertFalse(error.getMessage().isEmpty());
        KaifangException missing = assertThrows(KaifangException.class, () -> Kaifang.treat(null));
        assertEquals(KaifangException.Family.NULL, missing.family());
    }

    @Test
    void aClosedHandleIsFoundOut() {
        Policy policy = Policy.builtin("xian-2022-013");
        assertTrue(policy.hash().startsWith("sha256:"));
        policy.close();
        policy.close();
        KaifangException error = assertThrows(KaifangException.class, policy::hash);
        assertEquals(KaifangException.Family.HANDLE, error.family());
    }

    @Test
    void threadsShareAPolicy() throws Exception {
        try (Policy policy = Policy.builtin("xian-2022-013")) {
            String facts = "{\"out_of_scope\":false,\"openness\":\"conditional\",\"action\":\"download\"}";
            String expected = policy.decide(facts, "2026-11-23");
            assertTrue(expected.contains("\"conditional_no_download\""));
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try {
                Callable<Boolean> job =
                        () -> {
                            for (int n = 0; n < 200; n++) {
                                if (!policy.decide(facts, "2026-11-23").equals(expected)) {
                                    return false;
                                }
                            }
                            return true;
                        };
                List<Future<Boolean>> jobs = new ArrayList<>();
                for (int n = 0; n < 8; n++) {
                    jobs.add(threads.submit(job));
                }
                for (Future<Boolean> one : jobs) {
                    assertTrue(one.get());
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }
}
