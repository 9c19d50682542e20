package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kaifang.Keys.parsed;
import static org.kaifang.YearTable.decided;
import static org.kaifang.YearTable.expected;
import static org.kaifang.YearTable.kind;
import static org.kaifang.YearTable.lists;
import static org.kaifang.YearTable.objects;
import static org.kaifang.YearTable.sorted;
import static org.kaifang.YearTable.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A year of the platform against the table written by hand from the articles, {@code tests/scenarios/year.json}. What a
 * step is, the README beside it says. Every step whose answer is not the table's is reported, all at once.
 */
class ScenarioTest {
    private static JsonArray owed(Platform platform, String holder, String at) {
        List<JsonObject> duties = objects(JsonParser.parseString(platform.duties(holder, at)));
        duties.removeIf(duty -> "done".equals(text(duty, "status")));
        return sorted(duties, YearTable::duty);
    }

    /** A platform that lives through the year. */
    private static final class Year implements AutoCloseable {
        final JsonObject table;
        final String directory;
        final Platform platform;

        /** The records of the requests that have a name. */
        final Map<String, Long> records = new HashMap<>();

        Year(JsonObject table, Path directory, Signer signer) {
            this.table = table;
            this.directory = directory.toString();
            try (Policy policy = Policy.builtin(text(table, "policy"))) {
                platform =
                        Platform.init(this.directory, policy, text(table, "origin"), signer, text(table, "start"));
            }
        }

        @Override
        public void close() {
            platform.close();
        }

        /** What the platform answers to a step, in the words of the table. */
        JsonObject answer(JsonObject step) {
            String kind = kind(step);
            try {
                return answer(step, kind, text(step, "at"));
            } catch (KaifangException error) {
                JsonObject out = new JsonObject();
                boolean just = step.has("refused") && "true".equals(text(step, "refused"));
                out.addProperty("refused", just ? "true" : error.code());
                if (lists(step, "duties")) {
                    out.add("duties", new JsonArray());
                }
                return out;
            }
        }

        private JsonObject answer(JsonObject step, String kind, String at) {
            JsonObject out = new JsonObject();
            switch (kind) {
                case "act":
                    return recorded(step, platform.act(step.get("act").toString(), at));
                case "assess":
                    return recorded(step, platform.act(assessment(step, at).toString(), at));
                case "admit":
                    JsonObject admitted = parsed(platform.admit(step.get("admit").toString(), at));
                    if (step.has("as") && admitted.has("index")) {
                        records.put(text(step, "as"), admitted.get("index").getAsLong());
                    }
                    return decided(step, admitted.getAsJsonObject("decision"));
                case "decide":
                    return decided(step, parsed(platform.decide(step.get("decide").toString(), at)));
                case "complete":
                    Long index = records.get(text(step, "complete"));
                    assertTrue(index != null, "the request has no record");
                    return recorded(step, platform.complete(index, step.get("outcome").toString(), at));
                case "report_use":
                    JsonObject report = step.getAsJsonObject("report_use").deepCopy();
                    report.addProperty("intent", records.get(text(report, "intent")));
                    return recorded(step, platform.reportUse(report.toString(), at));
                case "duties":
                    String holder = text(step.getAsJsonObject("duties"), "for");
                    if (step.has("years")) {
                        try (Platform reader = Platform.open(directory, null, step.get("years").toString())) {
                            out.add("duties", owed(reader, holder, at));
                        }
                    } else {
                        out.add("duties", owed(platform, holder, at));
                    }
                    return out;
                default:
                    String years = step.has("years") ? step.get("years").toString() : null;
                    String pin = platform.checkpoint();
                    JsonObject audit = parsed(Audit.audit(directory, Keys.ED25519_PUBLIC, pin, at, years));
                    out.add("findings", sorted(objects(audit.get("findings")), YearTable::finding));
                    assertEquals(out.getAsJsonArray("findings").size() == 0, audit.get("clean").getAsBoolean());
                    return out;
            }
        }

        private JsonObject recorded(JsonObject step, String recorded) {
            JsonObject out = new JsonObject();
            out.addProperty("refused", "no");
            if (lists(step, "duties")) {
                JsonElement duties = parsed(recorded).get("duties");
                out.add("duties", sorted(objects(duties == null ? new JsonArray() : duties), YearTable::duty));
            }
            return out;
        }

        /** An assertion about each fact that is known; the platform states facts and classification. */
        private JsonObject assessment(JsonObject step, String at) {
            JsonObject assess = step.getAsJsonObject("assess");
            JsonObject facts = table.getAsJsonObject("harmless").deepCopy();
            for (Map.Entry<String, JsonElement> fact : assess.getAsJsonObject("facts").entrySet()) {
                assertTrue(facts.has(fact.getKey()), fact.getKey());
                facts.add(fact.getKey(), fact.getValue());
            }
            JsonObject named = assess.has("evidence") ? assess.getAsJsonObject("evidence") : new JsonObject();
            JsonArray assertions = new JsonArray();
            for (Map.Entry<String, JsonElement> fact : facts.entrySet()) {
                if (!fact.getValue().isJsonNull()) {
                    JsonObject assertion = parsed("{\"v\":1}");
                    assertion.addProperty("fact", fact.getKey());
                    assertion.add("value", fact.getValue());
                    assertion.add("by", assess.get("assessor"));
                    assertion.addProperty("at", at);
                    JsonElement evidence = named.get(fact.getKey());
                    assertion.add("evidence", evidence == null ? table.get("evidence") : evidence);
                    assertions.add(assertion);
                }
            }
            JsonArray evidence = new JsonArray();
            named.entrySet().forEach(one -> evidence.add(one.getValue()));
            JsonObject act = parsed("{\"event\":\"dataset_assessed\"}");
            for (String part : Arrays.asList("by", "dataset", "content", "chosen", "assessor", "approval")) {
                if (!assess.get(part).isJsonNull()) {
                    act.add(part, assess.get(part));
                }
            }
            act.add("assertions", assertions);
            act.add("evidence", evidence);
            return act;
        }

        /** Every step whose answer is not the table's: its number, and what differs. */
        Map<Integer, String> differences(List<JsonObject> steps) {
            Map<Integer, String> differences = new TreeMap<>();
            for (int n = 0; n < steps.size(); n++) {
                JsonObject step = steps.get(n);
                JsonObject wanted = expected(step);
                JsonObject got = answer(step);
                if (!wanted.equals(got)) {
                    String why = text(step, "at") + " " + step.get("why");
                    differences.put(n + 1, why + "\n  table  " + wanted + "\n  answer " + got);
                }
            }
            return differences;
        }
    }

    @Test
    void aYearGoesAsTheArticlesSay(@TempDir Path folder) throws Exception {
        JsonObject table = YearTable.table();
        List<JsonObject> steps = objects(table.get("steps"));
        assertTrue(steps.size() >= 400);
        String end = text(steps.get(steps.size() - 1), "at");
        Path directory = folder.resolve("平台");
        try (Signer signer = Keys.load(folder, Keys.ED25519)) {
            JsonArray before;
            String pin;
            try (Year year = new Year(table, directory, signer)) {
                Map<Integer, String> differences = year.differences(steps);
                assertTrue(differences.isEmpty(), differences::toString);
                before = owed(year.platform, null, end);
                pin = year.platform.checkpoint();
            }
            // The state is the fold of the log: opened again, the same is owed.
            try (Platform again = Platform.open(directory.toString(), null)) {
                assertEquals(before, owed(again, null, end));
            }
            oneBitIsFound(directory, pin, end);
            swappedDecisionsAreFound(directory, text(table, "origin"), signer, pin, end);
        }
    }

    private static List<Path> listed(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().collect(Collectors.toList());
        }
    }

    /** A31.1: nothing that was altered is relied on. */
    private static void oneBitIsFound(Path directory, String pin, String at) throws IOException {
        Path segment = listed(directory.resolve("ledger").resolve("segments")).get(0);
        byte[] whole = Files.readAllBytes(segment);
        for (int quarter = 1; quarter < 4; quarter++) {
            byte[] damaged = whole.clone();
            damaged[whole.length / 4 * quarter] ^= 1;
            Files.write(segment, damaged);
            KaifangException error =
                    assertThrows(
                            KaifangException.class,
                            () -> Audit.audit(directory.toString(), Keys.ED25519_PUBLIC, pin, at));
            assertEquals(KaifangException.Family.INTEGRITY, error.family(), error.code());
        }
        Files.write(segment, whole);
        Audit.audit(directory.toString(), Keys.ED25519_PUBLIC, pin, at);
    }

    /**
     * A16: who holds the key can write the log anew with a permit's decision and a denial's swapped. The head that was kept
     * elsewhere does not agree; without it, each decision made again is another.
     */
    private static void swappedDecisionsAreFound(
            Path directory, String origin, Signer signer, String pin, String at) throws IOException {
        String log = directory.resolve("ledger").toString();
        List<JsonObject> records = new ArrayList<>();
        try (Ledger ledger = Ledger.open(log, null)) {
            long size = parsed(ledger.state()).get("size").getAsLong();
            for (long index = 0; index < size; index++) {
                records.add(parsed(ledger.read(index)));
            }
        }
        List<String> kinds =
                records.stream().map(one -> text(one.getAsJsonObject("body"), "kind")).collect(Collectors.toList());
        int permit = kinds.indexOf("intent");
        int denial = kinds.indexOf("denial");
        JsonObject first = records.get(permit).getAsJsonObject("body");
        JsonObject second = records.get(denial).getAsJsonObject("body");
        JsonElement decision = first.get("decision");
        first.add("decision", second.get("decision"));
        second.add("decision", decision);

        Files.move(directory.resolve("ledger"), directory.resolve("before"));
        try (Ledger ledger = Ledger.create(log, "intl", origin, signer)) {
            for (JsonObject record : records) {
                ledger.append(ConformanceTest.canonical(record));
            }
            ledger.checkpoint();
        }
        KaifangException error =
                assertThrows(
                        KaifangException.class, () -> Audit.audit(directory.toString(), Keys.ED25519_PUBLIC, pin, at));
        assertEquals(KaifangException.Family.INTEGRITY, error.family(), error.code());
        List<Integer> differ =
                objects(parsed(Audit.audit(directory.toString(), Keys.ED25519_PUBLIC, null, at)).get("findings"))
                        .stream()
                        .filter(found -> "decision_differs".equals(text(found, "code")))
                        .map(found -> found.get("index").getAsInt())
                        .collect(Collectors.toList());
        assertTrue(differ.containsAll(Arrays.asList(permit, denial)), differ::toString);
    }

    private static int first(List<JsonObject> steps, Predicate<JsonObject> which) {
        return steps.indexOf(steps.stream().filter(which).findFirst().get());
    }

    @Test
    void aWrongRowOfTheTableIsReported(@TempDir Path folder) throws Exception {
        JsonObject table = YearTable.table();
        List<JsonObject> steps = objects(table.get("steps")).subList(0, 40);
        int denied = first(steps, step -> "false".equals(text(step, "permit")));
        steps.get(denied).add("denials", new JsonArray());
        int owed = first(steps, step -> lists(step, "expect") && step.getAsJsonArray("expect").size() > 0);
        objects(steps.get(owed).get("expect")).get(0).addProperty("due", "2026-02-30");
        int refused = first(steps, step -> step.has("refused") && text(step, "refused").startsWith("KF-"));
        steps.get(refused).addProperty("refused", "KF-PROCESS-00");
        List<Integer> wrong = Arrays.asList(denied + 1, owed + 1, refused + 1);
        wrong.sort(null);
        try (Signer signer = Keys.load(folder, Keys.ED25519);
                Year year = new Year(table, folder.resolve("wrong"), signer)) {
            Map<Integer, String> differences = year.differences(steps);
            assertEquals(wrong, new ArrayList<>(differences.keySet()), differences::toString);
        }
    }
}
