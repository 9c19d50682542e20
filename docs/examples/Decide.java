import org.kaifang.Policy;

public class Decide {
    public static void main(String[] arguments) {
        String facts = "{\"out_of_scope\": false, \"openness\": \"conditional\", \"action\": \"download\"}";
        try (Policy policy = Policy.builtin("xian-2022-013")) {
            System.out.println(policy.decide(facts, "2026-11-23")); // JSON: "permit":false, A22.2
        }
    }
}
