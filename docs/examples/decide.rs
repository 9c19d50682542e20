use kaifang::policy::{Facts, Policy};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = Policy::builtin("xian-2022-013")?;
    let facts = r#"{"out_of_scope": false, "openness": "conditional", "action": "download"}"#;
    let answer = policy.decide(&Facts::from_json(facts)?, "2026-11-23".parse()?)?;
    let why = answer.headline().ok_or("a denial has a reason")?;
    println!("{} {} {}", answer.permit, why.cite, why.zh); // false A22.2 …
    assert_eq!((answer.permit, why.code.as_str()), (false, "conditional_no_download"));
    Ok(())
}
