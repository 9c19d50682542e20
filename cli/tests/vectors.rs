//! Every shared vector through the command, byte for byte. A vector file without a runner fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use kaifang::canon;
use serde_json::{Value, json};

mod command;

fn kaifang(arguments: &[&str], input: &str) -> Output {
    command::run(Path::new("."), arguments, input)
}

/// The answer on stdout, or the error's code on stderr, as the vector files write them.
fn answer(output: &Output) -> Value {
    if matches!(output.status.code(), Some(0 | 1)) {
        return json!({ "output": serde_json::from_slice::<Value>(&output.stdout).unwrap() });
    }
    let error: Value = serde_json::from_slice(&output.stderr)
        .unwrap_or_else(|_| panic!("no error document: {}", String::from_utf8_lossy(&output.stderr)));
    json!({ "error": { "code": error["code"] } })
}

fn law(verb: &str, input: &Value) -> Value {
    law_with(vec![verb.to_owned()], input)
}

fn explain(input: &Value) -> Value {
    let verb = if input["section"] == "access" { "decide" } else { "classify" };
    law_with(vec![verb.to_owned(), "--explain".into()], input)
}

/// Facts as CSV text to answers as CSV text, by files.
fn eval(input: &Value) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("facts.csv"), text(&input["csv"])).unwrap();
    let mut arguments = vec!["policy".to_owned(), "eval".into(), text(&input["policy"])];
    arguments.extend(["--section".to_owned(), text(&input["section"]), "--at".into(), text(&input["at"])]);
    for (name, option) in input["set"].as_object().into_iter().flatten() {
        arguments.extend(["--set".to_owned(), format!("{name}={}", text(option))]);
    }
    arguments.extend([path("facts.csv"), "-o".into(), path("answers.csv")]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = kaifang(&arguments, "");
    if output.status.code() == Some(0) {
        return json!({ "output": { "csv": std::fs::read_to_string(path("answers.csv")).unwrap() } });
    }
    answer(&output)
}

fn law_with(mut arguments: Vec<String>, input: &Value) -> Value {
    arguments.extend(["--json".to_owned(), "--policy".into(), text(&input["policy"])]);
    arguments.extend(["--at".to_owned(), text(&input["at"])]);
    for (name, option) in input["set"].as_object().into_iter().flatten() {
        arguments.extend(["--set".to_owned(), format!("{name}={}", text(option))]);
    }
    arguments.push("-".into());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    answer(&kaifang(&arguments, &input["facts"].to_string()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Treats one column of values by a plan, through Arrow IPC files, so that null and empty stay apart.
fn treat(input: &Value) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let mut columns = serde_json::Map::new();
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    let empty = serde_json::Map::new();
    let others = input.get("others").and_then(Value::as_object).unwrap_or(&empty);
    let dropped = |other: &Value| match other.get("kind") {
        Some(kind) => json!({"do": "drop", "kind": kind}),
        None => json!({"do": "drop"}),
    };
    let name = input.get("name").and_then(Value::as_str).unwrap_or("values");
    let named = others.iter().map(|(name, other)| (name.as_str(), &other["values"], dropped(other)));
    for (name, cells, entry) in named.chain([(name, &input["values"], input["column"].clone())]) {
        let cells: StringArray = cells.as_array().unwrap().iter().map(Value::as_str).collect();
        fields.push(Field::new(name, DataType::Utf8, true));
        arrays.push(Arc::new(cells) as ArrayRef);
        columns.insert(name.to_owned(), entry);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
    let mut writer = FileWriter::try_new(File::create(path("in.arrow")).unwrap(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();

    let plan = json!({"v": 1, "dataset": input["dataset"], "columns": columns});
    std::fs::write(path("plan.json"), plan.to_string()).unwrap();
    let mut arguments = vec!["apply".to_owned(), path("plan.json"), path("in.arrow"), "-o".into(), path("out.arrow")];
    arguments.push("--json".into());
    if let Some(secrets) = input.get("keys").and_then(Value::as_object) {
        let key = |(id, secret): (&String, &Value)| json!({"id": id, "kind": "token", "secret": secret});
        let ring = json!({"v": 1, "keys": secrets.iter().map(key).collect::<Vec<_>>()});
        write_private(Path::new(&path("keys.json")), &ring.to_string());
        arguments.extend(["--keys".to_owned(), path("keys.json")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = kaifang(&arguments, "");
    let mut done = answer(&output);
    if let Some(applied) = done.get("output") {
        let of_values = |column: &&Value| column["name"] == name;
        let invalid = applied["columns"].as_array().unwrap().iter().find(of_values).unwrap()["invalid"].clone();
        let reader = FileReader::try_new(File::open(path("out.arrow")).unwrap(), None).unwrap();
        let mut treated = Vec::new();
        for batch in reader {
            let batch = batch.unwrap();
            let column = batch.column_by_name(name).unwrap();
            match column.as_any().downcast_ref::<FixedSizeBinaryArray>() {
                Some(bytes) => treated.extend(bytes.iter().map(|cell| cell.map(hexadecimal))),
                None => treated.extend(column.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned))),
            }
        }
        done = json!({ "output": { "values": treated, "invalid": invalid } });
    }
    done
}

fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn proof(input: &Value) -> Value {
    answer(&kaifang(&["ledger", "check", "-"], &input.to_string()))
}

/// Catalogs by files, as people have them.
fn catalog(input: &Value) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let written = |name: String, document: &Value| {
        let path = dir.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(&path, document.to_string()).unwrap();
        path
    };
    let option = |name: &str, value: &Value| value.as_str().map(|text| [name.to_owned(), text.to_owned()]);
    let verb = text(&input["do"]);
    let mut arguments = vec!["catalog".to_owned()];
    match verb.as_str() {
        "merge" => {
            arguments.extend(["merge".to_owned(), "--json".into()]);
            let catalogs = input["catalogs"].as_array().unwrap().iter().enumerate();
            arguments.extend(catalogs.map(|(index, catalog)| written(format!("{index}.json"), catalog)));
        }
        "entry" => {
            arguments.extend(["check".to_owned(), "--json".into(), written("entry.json".into(), &input["entry"])])
        }
        "check" | "list" => {
            arguments.extend([verb, "--json".into(), written("catalog.json".into(), &input["catalog"])])
        }
        form => {
            arguments.extend(["export".to_owned(), written("catalog.json".into(), &input["catalog"])]);
            arguments.extend(["--to".to_owned(), form.to_owned()]);
            let publication = &input["publication"];
            arguments.extend(option("--base", &publication["base"]).into_iter().flatten());
            arguments.extend(option("--legislation", &publication["legislation"]["iri"]).into_iter().flatten());
        }
    }
    arguments.extend(option("--at", &input["at"]).into_iter().flatten());
    if let Some(months) = input["terms"]["reassess_months"].as_u64() {
        arguments.extend(["--reassess-months".to_owned(), months.to_string()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    answer(&kaifang(&arguments, ""))
}

fn calendar(input: &Value) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let mut arguments = vec!["calendar".to_owned(), text(&input["date"]), "--json".into()];
    if let Some(days) = input["add"].as_u64() {
        arguments.extend(["--add".to_owned(), days.to_string()]);
    }
    for (index, year) in input["years"].as_array().into_iter().flatten().enumerate() {
        let path = dir.path().join(format!("{index}.json"));
        std::fs::write(&path, year.to_string()).unwrap();
        arguments.extend(["--year".to_owned(), path.to_str().unwrap().to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    answer(&kaifang(&arguments, ""))
}

fn runner(name: &str) -> fn(&Value) -> Value {
    match name {
        "classify.json" => |input| law("classify", input),
        "decide.json" => |input| law("decide", input),
        "explain.json" => explain,
        "eval.json" => eval,
        "mask.json" => treat,
        "token.json" | "fpe.json" | "text.json" | "transform.json" => treat,
        "ledger-verify.json" => proof,
        "catalog.json" => catalog,
        "calendar.json" => calendar,
        other => panic!("the command has no runner for tests/vectors/{other}"),
    }
}

#[test]
fn every_vector_file_gives_the_same_bytes() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut files = 0;
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let run = runner(&name);
        for case in file["cases"].as_array().unwrap() {
            // A table's column has a name, so that only a question can lack the one that a shuffle goes by.
            if case["input"]["column"]["do"] == "shuffle" && case["input"].get("name").is_none() {
                assert_eq!(case["error"]["code"], "KF-PLAN-03");
                continue;
            }
            let expected = match case.get("error") {
                Some(error) => json!({ "error": { "code": error["code"] } }),
                None => json!({ "output": case["output"] }),
            };
            let found = run(&case["input"]);
            assert_eq!(
                canon::to_string(&found).unwrap(),
                canon::to_string(&expected).unwrap(),
                "{name}: {}",
                case["name"]
            );
        }
        files += 1;
    }
    assert!(files >= 5, "only {files} vector files");
}
