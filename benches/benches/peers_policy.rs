//! The policy room beside cedar-policy, regorus and cel: the same law, the same 1,024 seeded cases, the same answers.
//!
//! Every engine's answer is compared with kaifang's on every case before anything is measured. Each is measured twice:
//! over requests that it holds ready, and with the building of a request from the facts, which every host has to do.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use kaifang::policy::{ClassVerdict, Facts, Policy};
use kaifang::terms::{Openness, Word};
use kaifang_benches::peers::cedar::{self, Cedar};
use kaifang_benches::peers::cel::{self, Cel};
use kaifang_benches::peers::rego::{self, DENIALS, Interpreter, Machine, Names, PERMITTED};
use kaifang_benches::peers::version;
use kaifang_benches::{AT, CASES, SAMPLES, access, bits, classification, settings};
use rustix::time::{ClockId, clock_gettime};

/// One engine: it asks every case once and adds up what it was told, so that a sum shows what was asked.
struct Row<'r> {
    engine: String,
    gives: &'static str,
    ready: Box<dyn FnMut() -> usize + 'r>,
    building: Box<dyn FnMut() -> usize + 'r>,
}

impl<'r> Row<'r> {
    fn new(
        engine: impl Into<String>,
        gives: &'static str,
        ready: impl FnMut() -> usize + 'r,
        building: impl FnMut() -> usize + 'r,
    ) -> Self {
        Row { engine: engine.into(), gives, ready: Box::new(ready), building: Box::new(building) }
    }
}

/// The sum of what `ask` is told over some requests.
fn sum<T>(requests: &[T], ask: impl FnMut(&T) -> usize) -> usize {
    requests.iter().map(black_box).map(ask).sum()
}

fn count(classes: u8) -> usize {
    classes.count_ones() as usize
}

fn peer(name: &str) -> String {
    format!("{name} {}", version(name))
}

fn classify(criterion: &mut Criterion, policy: &Policy) {
    let cases = classification::cases(CASES);
    let facts: Vec<Facts> = cases.iter().map(classification::Case::facts).collect();
    let ours: Vec<u8> = facts.iter().map(|facts| bits(&policy.classify(facts, AT).unwrap().permitted)).collect();

    let classifier = policy.classifier(AT).unwrap();
    let packed: Vec<_> = facts.iter().map(|facts| classifier.pack(facts).unwrap()).collect();
    let permitted = |verdict: ClassVerdict| Openness::ALL.iter().filter(|class| verdict.permits(**class)).count();

    let cedar = Cedar::new("classification");
    let cedar_requests: Vec<_> = cases.iter().map(|case| cedar.classification_requests(case, true)).collect();
    let names = Names::new(cases.iter().take(1).flat_map(classification::Case::named));
    let inputs: Vec<_> = cases.iter().map(|case| names.input(case.named())).collect();
    let (mut machine, mut building_machine) = (Machine::new(PERMITTED), Machine::new(PERMITTED));
    let (mut interpreter, mut building_interpreter) = (Interpreter::new(PERMITTED), Interpreter::new(PERMITTED));
    let cel = Cel::new("classification");
    let cel_facts: Vec<_> = cases.iter().map(|case| cel::Facts::new(case.named())).collect();
    let cel_requests: Vec<_> = cel_facts.iter().map(|facts| cel.request(facts)).collect();

    let answers: [(&str, Vec<u8>); 5] = [
        ("by hand", cases.iter().map(classification::Case::by_hand).collect()),
        ("cedar-policy", cedar_requests.iter().map(|requests| cedar.classify(requests)).collect()),
        ("the machine of regorus", inputs.iter().map(|input| rego::classes(&machine.ask(input))).collect()),
        ("the interpreter of regorus", inputs.iter().map(|input| rego::classes(&interpreter.ask(input))).collect()),
        ("cel", cel_requests.iter().map(|request| cel::classes(cel.ask(request))).collect()),
    ];
    compare(&cases, &ours, &answers);

    // The first row is what the others are compared with.
    let rows = vec![
        Row::new(
            "kaifang, from facts",
            "the permitted set, default, recommendation, grounds, reliefs, reasons with articles, steps, questions",
            || sum(&facts, |facts| policy.classify(facts, AT).unwrap().permitted.len()),
            || sum(&cases, |case| policy.classify(&case.facts(), AT).unwrap().permitted.len()),
        ),
        Row::new(
            "kaifang, packed facts",
            "the permitted set, default, recommendation, and a bit for each ground, relief and step",
            || sum(&packed, |case| permitted(classifier.verdict(*case).unwrap())),
            || sum(&cases, |case| permitted(classifier.verdict(classifier.pack(&case.facts()).unwrap()).unwrap())),
        ),
        Row::new(
            peer("cel"),
            "the permitted set, one expression a class",
            || sum(&cel_requests, |request| count(cel::classes(cel.ask(request)))),
            || {
                sum(&cases, |case| {
                    let facts = cel::Facts::new(case.named());
                    count(cel::classes(cel.ask(&cel.request(&facts))))
                })
            },
        ),
        Row::new(
            format!("{}, virtual machine", peer("regorus")),
            "the permitted set",
            || sum(&inputs, |input| count(rego::classes(&machine.ask(input)))),
            || sum(&cases, |case| count(rego::classes(&building_machine.ask(&names.input(case.named()))))),
        ),
        Row::new(
            format!("{}, interpreter", peer("regorus")),
            "the permitted set",
            || sum(&inputs, |input| count(rego::classes(&interpreter.ask(input)))),
            || sum(&cases, |case| count(rego::classes(&building_interpreter.ask(&names.input(case.named()))))),
        ),
        Row::new(
            peer("cedar-policy"),
            "the permitted set in three requests, each with the ids of its policies",
            || sum(&cedar_requests, |requests| count(cedar.classify(requests))),
            || sum(&cases, |case| count(cedar.classify(&cedar.classification_requests(case, false)))),
        ),
        Row::new(
            "limit: if and else by hand",
            "the permitted set",
            || sum(&cases, |case| count(case.by_hand())),
            || sum(&cases, |case| count(case.by_hand())),
        ),
    ];
    measure(criterion, "classification", rows, ours.iter().copied().map(count).sum());
}

fn decide(criterion: &mut Criterion, policy: &Policy) {
    let cases = access::cases(CASES);
    let facts: Vec<Facts> = cases.iter().map(access::Case::facts).collect();
    let ours: Vec<Vec<String>> = facts
        .iter()
        .map(|facts| {
            let answer = policy.decide(facts, AT).unwrap();
            assert_eq!(answer.permit, answer.denials.is_empty());
            sorted(answer.denials.iter().map(|denial| denial.code.as_str()))
        })
        .collect();

    let decider = policy.decider(AT).unwrap();
    let packed: Vec<_> = facts.iter().map(|facts| decider.pack(facts).unwrap()).collect();

    let cedar = Cedar::new("access");
    let cedar_requests: Vec<_> = cases.iter().map(|case| cedar.access_request(case, true)).collect();
    let names = Names::new(cases.iter().take(1).flat_map(access::Case::named));
    let inputs: Vec<_> = cases.iter().map(|case| names.input(case.named())).collect();
    let (mut machine, mut building_machine) = (Machine::new(DENIALS), Machine::new(DENIALS));
    let (mut interpreter, mut building_interpreter) = (Interpreter::new(DENIALS), Interpreter::new(DENIALS));
    let cel = Cel::new("access");
    let cel_facts: Vec<_> = cases.iter().map(|case| cel::Facts::new(case.named())).collect();
    let cel_requests: Vec<_> = cel_facts.iter().map(|facts| cel.request(facts)).collect();

    let answers: [(&str, Vec<Vec<String>>); 5] = [
        ("by hand", cases.iter().map(|case| sorted(case.by_hand())).collect()),
        ("cedar-policy", cedar_requests.iter().map(|r| sorted(cedar::denials(&cedar.decide(r)))).collect()),
        ("the machine of regorus", inputs.iter().map(|input| sorted(rego::denials(&machine.ask(input)))).collect()),
        (
            "the interpreter of regorus",
            inputs.iter().map(|input| sorted(rego::denials(&interpreter.ask(input)))).collect(),
        ),
        ("cel", cel_requests.iter().map(|request| sorted(cel.ask(request))).collect()),
    ];
    compare(&cases, &ours, &answers);

    // The first row is what the others are compared with.
    let rows = vec![
        Row::new(
            "kaifang, from facts",
            "every denial with article and text, in article order, duties, questions",
            || sum(&facts, |facts| policy.decide(facts, AT).unwrap().denials.len()),
            || sum(&cases, |case| policy.decide(&case.facts(), AT).unwrap().denials.len()),
        ),
        Row::new(
            "kaifang, packed facts",
            "a bit for each denial, in article order, and for each duty",
            || sum(&packed, |case| decider.verdict(*case).unwrap().denials().count_ones() as usize),
            || {
                sum(&cases, |case| {
                    let packed = decider.pack(&case.facts()).unwrap();
                    decider.verdict(packed).unwrap().denials().count_ones() as usize
                })
            },
        ),
        Row::new(
            peer("cel"),
            "the code of every denial, one expression a denial",
            || sum(&cel_requests, |request| cel.ask(request).count()),
            || sum(&cases, |case| cel.ask(&cel.request(&cel::Facts::new(case.named()))).count()),
        ),
        Row::new(
            format!("{}, virtual machine", peer("regorus")),
            "the code of every denial",
            || sum(&inputs, |input| rego::denials(&machine.ask(input)).count()),
            || sum(&cases, |case| rego::denials(&building_machine.ask(&names.input(case.named()))).count()),
        ),
        Row::new(
            format!("{}, interpreter", peer("regorus")),
            "the code of every denial",
            || sum(&inputs, |input| rego::denials(&interpreter.ask(input)).count()),
            || sum(&cases, |case| rego::denials(&building_interpreter.ask(&names.input(case.named()))).count()),
        ),
        Row::new(
            peer("cedar-policy"),
            "allow or deny, with the policy of every denial",
            || sum(&cedar_requests, |request| cedar::denials(&cedar.decide(request)).count()),
            || sum(&cases, |case| cedar::denials(&cedar.decide(&cedar.access_request(case, false))).count()),
        ),
        Row::new(
            "limit: if and else by hand",
            "the code of every denial",
            || sum(&cases, |case| case.by_hand().len()),
            || sum(&cases, |case| case.by_hand().len()),
        ),
    ];
    measure(criterion, "access", rows, ours.iter().map(Vec::len).sum());
}

fn sorted<'n>(codes: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
    codes.sort_unstable();
    codes
}

/// Every engine's answers are ours.
fn compare<C: std::fmt::Debug, A: PartialEq + std::fmt::Debug>(cases: &[C], ours: &[A], answers: &[(&str, Vec<A>)]) {
    for (engine, theirs) in answers {
        assert_eq!(theirs.len(), ours.len(), "{engine}");
        for ((case, ours), theirs) in cases.iter().zip(ours).zip(theirs) {
            assert_eq!(theirs, ours, "{engine} (left) answers otherwise than kaifang: {case:?}");
        }
    }
}

/// Measures every row and prints the table; `told` is what every row has to add up to.
fn measure(criterion: &mut Criterion, name: &str, mut rows: Vec<Row<'_>>, told: usize) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(CASES as u64));
    let mut figures = Vec::new();
    for Row { engine, ready, building, .. } in &mut rows {
        assert_eq!((ready(), building()), (told, told), "{engine}");
        figures.push([
            nanoseconds(&mut group, &format!("{engine}; request ready"), ready),
            nanoseconds(&mut group, &format!("{engine}; request built"), building),
        ]);
    }
    group.finish();

    println!(
        "\n{name}: {CASES} cases, every answer equal; processor nanoseconds a case, and how many times the first row's\n"
    );
    println!("| engine | request ready | × | request built | × | gives |");
    println!("|---|--:|--:|--:|--:|---|");
    let ours = figures.first().copied().unwrap_or_default();
    for (row, figures) in rows.iter().zip(&figures) {
        let [ready, building] = [0, 1].map(|column| match (figures[column], ours[column]) {
            (Some(one), Some(ours)) => {
                let digits = if one < ours / 10.0 { 3 } else { 2 };
                format!("{one:.0} | {:.digits$}", one / ours)
            }
            (Some(one), None) => format!("{one:.0} | "),
            (None, _) => "not run | ".to_owned(),
        });
        println!("| {} | {ready} | {building} | {} |", row.engine, row.gives);
    }
    println!();
}

/// The median processor time of one case; none when the command line leaves this bench out.
fn nanoseconds(group: &mut BenchmarkGroup<'_, WallTime>, id: &str, run: &mut dyn FnMut() -> usize) -> Option<f64> {
    let mut times = Vec::new();
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|iterations| {
            let start = processor_time();
            for _ in 0..iterations {
                black_box(run());
            }
            let took = processor_time() - start;
            times.push(took.as_secs_f64() * 1e9 / (iterations as f64 * CASES as f64));
            took
        });
    });
    // What came before the samples was the warming up.
    let mut samples = times.split_off(times.len().saturating_sub(SAMPLES));
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied()
}

/// What this thread has used of the processor: the ratios hold on a machine that others use too.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

fn main() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let mut criterion = settings().configure_from_args();
    classify(&mut criterion, &policy);
    decide(&mut criterion, &policy);
    criterion.final_summary();
}
