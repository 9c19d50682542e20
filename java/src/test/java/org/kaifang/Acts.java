package org.kaifang;

import static org.kaifang.Keys.parsed;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What the tests of platforms share: one dataset of people, its parties, and how acts and requests are written down. */
final class Acts {
    private Acts() {}

    static final String AT = "2026-11-23T02:00:00Z";
    static final String ORIGIN = "data.example/xa";
    static final String PEOPLE = "xa-resident";
    static final String FIGURES = "xa-figures";
    static final String BODY = "11610100013300000X";
    static final String AUTHORITY = "11610100MB2A00000X";
    static final String USER = "91610131MA6U0000X0";
    static final String PURPOSE = "人口分布研究";
    /** Stands for whatever was handed in. */
    static final String EVIDENCE = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    static final String HUNDRED = "{\"served\":true,\"rows\":100,\"bytes\":5120,\"fields\":[\"区县\",\"xb\"]}";
    static final List<String> FACTS =
            Arrays.asList(
                    "state_secret",
                    "law_forbids",
                    "endangers_national_security",
                    "endangers_public_security",
                    "endangers_economic_security",
                    "endangers_social_stability",
                    "trade_secret",
                    "other_third_party_interest",
                    "harm_ruled_out",
                    "high_protection_need",
                    "specific_terms_needed",
                    "aggregation_may_reveal",
                    "committee_advised",
                    "declassified",
                    "prohibition_lifted",
                    "third_party_consents",
                    "closure_harms_public");

    static String by(String role, String id) {
        JsonObject actor = new JsonObject();
        actor.addProperty("role", role);
        actor.addProperty("id", id);
        return actor.toString();
    }

    static String act(String role, String id, String event, Object... members) {
        JsonObject act = new JsonObject();
        act.add("by", parsed(by(role, id)));
        act.addProperty("event", event);
        for (int i = 0; i < members.length; i += 2) {
            act.add((String) members[i], element(members[i + 1]));
        }
        return act.toString();
    }

    static JsonElement element(Object value) {
        if (value instanceof JsonElement) {
            return (JsonElement) value;
        }
        return value instanceof String ? new JsonPrimitive((String) value) : new JsonPrimitive((Boolean) value);
    }

    static JsonObject assertion(String fact, Object value) {
        JsonObject assertion = parsed("{\"v\":1,\"by\":\"assessor-7\"}");
        assertion.addProperty("fact", fact);
        assertion.add("value", element(value));
        assertion.addProperty("at", AT);
        assertion.addProperty("evidence", EVIDENCE);
        return assertion;
    }

    /** An assessment (A19.1); the facts and the class are left to the policy. */
    static String assessed(String dataset, String chosen) {
        boolean people = dataset.equals(PEOPLE);
        JsonArray assertions = new JsonArray();
        FACTS.forEach(fact -> assertions.add(assertion(fact, false)));
        assertions.add(assertion("personal_privacy", people));
        assertions.add(assertion("data_grade", "general"));
        assertions.add(assertion("desensitization", people ? "deidentified" : "none"));
        return act(
                "opening_body",
                BODY,
                "dataset_assessed",
                "dataset",
                dataset,
                "content",
                EVIDENCE,
                "chosen",
                chosen,
                "assessor",
                "assessor-7",
                "approval",
                EVIDENCE,
                "assertions",
                assertions);
    }

    /** An entry (A19.2), of which the platform knows class, assessment and content itself. */
    static String listed(String dataset, String way) {
        JsonObject entry =
                parsed(
                        "{\"v\":1,\"name\":\"常住人口基本信息(去标识化)\",\"format\":\"parquet\",\"data_type\":\"structured\","
                                + "\"update_frequency\":\"yearly\",\"level\":\"municipal\",\"grade\":\"general\","
                                + "\"channel\":\"platform\",\"responsible\":{"
                                + "\"first\":{\"role\":\"局长\",\"contact\":\"029-86780000\"},"
                                + "\"leader\":{\"role\":\"分管副局长\",\"contact\":\"029-86780000\"},"
                                + "\"contact\":{\"role\":\"数据科\",\"contact\":\"029-86780000\"}}}");
        entry.addProperty("id", dataset);
        entry.add("body", parsed("{\"id\":\"" + BODY + "\",\"name\":\"西安市示例局\"}"));
        entry.add("access_ways", JsonParser.parseString("[\"" + way + "\"]"));
        return act("opening_body", BODY, "entry_listed", "entry", entry);
    }

    static String opened(String dataset) {
        return act("opening_body", BODY, "dataset_opened", "dataset", dataset, "content", EVIDENCE);
    }

    static String approved(String role, String id) {
        String event = "application_reviewed";
        return act(role, id, event, "application", "app-1", "approve", true, "opinion", EVIDENCE);
    }

    static void open(Platform platform, String dataset) {
        boolean people = dataset.equals(PEOPLE);
        platform.act(assessed(dataset, people ? "conditional" : "unconditional"), AT);
        platform.act(listed(dataset, people ? "api" : "download"), AT);
        platform.act(opened(dataset), AT);
    }

    static void apply(Platform platform) {
        JsonObject application =
                parsed(
                        "{\"v\":1,\"id\":\"app-1\",\"ways\":[\"api\"],\"safeguards\":[\"专人专机\"],"
                                + "\"from\":\"2026-11-01\",\"until\":\"2027-10-31\",\"rows\":1000}");
        application.addProperty("user", USER);
        application.addProperty("dataset", PEOPLE);
        application.addProperty("purpose", PURPOSE);
        platform.act(act("data_user", USER, "application_filed", "application", application), AT);
        platform.act(approved("opening_body", BODY), AT);
        platform.act(approved("authority", AUTHORITY), AT);
    }

    static String request(String dataset, String action, String user, int rows) {
        JsonObject request = parsed("{\"v\":1,\"via\":\"platform\"}");
        request.addProperty("dataset", dataset);
        request.addProperty("action", action);
        request.addProperty("purpose", PURPOSE);
        request.addProperty("rows", rows);
        if (user != null) {
            request.addProperty("user", user);
        }
        return request.toString();
    }

    static boolean permits(String admitted) {
        return parsed(admitted).getAsJsonObject("decision").get("permit").getAsBoolean();
    }

    static long index(String document) {
        return parsed(document).get("index").getAsLong();
    }

    static String headline(JsonObject decision) {
        JsonArray denials = decision.getAsJsonArray("denials");
        return denials.size() == 0 ? "permit" : denials.get(0).getAsJsonObject().get("code").getAsString();
    }

    static Platform init(Path directory, Signer signer) {
        try (Policy policy = Policy.builtin("xian-2022-013")) {
            return Platform.init(directory.toString(), policy, ORIGIN, signer, AT);
        }
    }
}
