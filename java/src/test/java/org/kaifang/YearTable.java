package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.kaifang.Keys.parsed;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code tests/scenarios/year.json}: what a step asks, what it should come to, and the words that both are said in. */
final class YearTable {
    private YearTable() {}

    private static final List<String> KINDS =
            Arrays.asList("act", "assess", "admit", "decide", "complete", "report_use", "duties", "audit");

    /** The table, each {@code $digest:TEXT} replaced by the SHA-256 of the text. It has no escapes. */
    static JsonObject table() throws IOException, NoSuchAlgorithmException {
        Path path = Paths.get(System.getProperty("kaifang.vectors"), "../scenarios/year.json");
        String text = new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        Matcher named = Pattern.compile("\"\\$digest:([^\"]*)\"").matcher(text);
        StringBuffer out = new StringBuffer();
        while (named.find()) {
            StringBuilder digest = new StringBuilder("\"sha256:");
            for (byte one : sha256.digest(named.group(1).getBytes(StandardCharsets.UTF_8))) {
                digest.append(String.format("%02x", one));
            }
            named.appendReplacement(out, digest.append('"').toString());
        }
        return parsed(named.appendTail(out).toString());
    }

    static List<JsonObject> objects(JsonElement array) {
        List<JsonObject> out = new ArrayList<>();
        array.getAsJsonArray().forEach(one -> out.add(one.getAsJsonObject()));
        return out;
    }

    static String text(JsonObject object, String name) {
        JsonElement value = object.get(name);
        return value == null || value.isJsonNull() ? null : value.getAsString();
    }

    static boolean lists(JsonObject object, String name) {
        return object.has(name) && object.get(name).isJsonArray();
    }

    /** Exactly one; a list of duties is what an act makes or does. */
    static String kind(JsonObject step) {
        List<String> kinds =
                KINDS.stream().filter(kind -> step.has(kind) && !lists(step, kind)).collect(Collectors.toList());
        assertEquals(1, kinds.size(), step::toString);
        return kinds.get(0);
    }

    /** A list whose order means nothing. */
    static JsonArray sorted(List<JsonObject> list, Function<JsonObject, JsonObject> words) {
        JsonArray out = new JsonArray();
        list.stream()
                .map(words)
                .sorted((one, other) -> one.toString().compareTo(other.toString()))
                .forEach(out::add);
        return out;
    }

    private static JsonObject members(JsonObject from, String... names) {
        JsonObject out = new JsonObject();
        for (String name : names) {
            out.add(name, from.get(name));
        }
        return out;
    }

    /** A duty in the words of the table, from the table or from the library. */
    static JsonObject duty(JsonObject duty) {
        JsonObject out = members(duty, "code", "holder", "subject", "status");
        JsonElement due = duty.get("due");
        JsonObject dated = due != null && due.isJsonObject() ? due.getAsJsonObject() : duty;
        out.add("due", dated == duty ? (due == null ? JsonNull.INSTANCE : due) : dated.get("date"));
        out.addProperty("provisional", dated.has("provisional") && dated.get("provisional").getAsBoolean());
        return out;
    }

    static JsonObject finding(JsonObject finding) {
        return members(finding, "code", "subject");
    }

    static JsonObject decided(JsonObject step, JsonObject decision) {
        JsonObject out = members(decision, "permit");
        JsonArray codes = new JsonArray();
        decision.getAsJsonArray("denials")
                .forEach(one -> codes.add(one.isJsonObject() ? one.getAsJsonObject().get("code") : one));
        out.add("denials", codes);
        if (step.has("rows")) {
            out.add("rows", decision.get("rows"));
        }
        return out;
    }

    /** What the table says about a step. */
    static JsonObject expected(JsonObject step) {
        JsonObject out = new JsonObject();
        switch (kind(step)) {
            case "admit":
            case "decide":
                return decided(step, step);
            case "duties":
                out.add("duties", sorted(objects(step.get("expect")), YearTable::duty));
                return out;
            case "audit":
                out.add("findings", sorted(objects(step.get("findings")), YearTable::finding));
                return out;
            default:
                out.addProperty("refused", step.has("refused") ? step.get("refused").getAsString() : "no");
                if (lists(step, "duties")) {
                    out.add("duties", sorted(objects(step.get("duties")), YearTable::duty));
                }
                return out;
        }
    }
}
