//! A whole Parquet file through a plan: invented people in 16 columns, two masked, one turned into tokens, the rest kept.
//!
//! `parquet make FILE ROWS` writes the input (2,000,000 rows are about 200 MB), which is left for peers to read;
//! `parquet treat FILE OUTPUT spliced|ordinary` treats it and prints processor seconds, the peak of memory and the digest of
//! the proof: one run a process, so that the peak is that of the run.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use kaifang::crypto::Keyring;
use kaifang::desensitize::Plan;
use kaifang::table::{Format, ReadOptions, Sink, Source, open, silent};
use kaifang_benches::{Random, peak_kib, processor_seconds};

const PLAN: &str = r#"
v = 1
dataset = "people"
[columns]
id = { do = "keep" }
xm = { do = "mask", kind = "person_name" }
sfzh = { do = "token", kind = "resident_id", key = "k1" }
lxdh = { do = "mask", kind = "mobile" }
dz = { do = "keep" }
yx = { do = "keep" }
csrq = { do = "keep" }
cjsj = { do = "keep" }
xb = { do = "keep" }
mz = { do = "keep" }
xzqh = { do = "keep" }
je = { do = "keep" }
cs = { do = "keep" }
fs = { do = "keep" }
yx_bz = { do = "keep" }
bz = { do = "keep" }
"#;

const FAMILY: [&str; 16] =
    ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "欧阳"];
const GIVEN: [&str; 16] =
    ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明"];
const ROADS: [&str; 8] = ["小寨东路", "长安南路", "科技路", "雁塔西路", "南二环", "太白北路", "丰庆路", "含光路"];
const DISTRICTS: [&str; 6] = ["610102", "610103", "610104", "610111", "610112", "610113"];
const NATIONS: [&str; 6] = ["汉族", "回族", "满族", "蒙古族", "藏族", "维吾尔族"];
const MATTERS: [&str; 8] =
    ["户籍迁移", "公积金提取", "社保查询", "居住证办理", "不动产登记", "车辆年检", "营业执照变更", "低保申请"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "make" => make(Path::new(&arguments[2]), arguments[3].parse().unwrap()),
        "treat" => treat(Path::new(&arguments[2]), Path::new(&arguments[3]), arguments[4] == "spliced"),
        _ => println!("parquet make FILE ROWS, or parquet treat FILE OUTPUT spliced|ordinary"),
    }
}

fn treat(input: &Path, output: &Path, splice: bool) {
    let mut keys = Keyring::new();
    keys.insert("k1", &[7; 32]).unwrap();
    let plan = Plan::parse_toml(PLAN).unwrap();
    let mut source = open(input, &ReadOptions::default()).unwrap();
    if !splice {
        source = Source::from_reader(source.into_reader()).unwrap();
    }
    let start = Instant::now();
    let create = |schema| Sink::create(output, schema, Format::Parquet);
    let (applied, stats) = plan.apply_to(source, &keys, create, &mut silent).unwrap();
    let wall = start.elapsed().as_secs_f64();
    println!(
        "{} rows, {} MB: {:.2} CPU-s, {wall:.2} s, {} MiB at most, {}",
        stats.rows,
        stats.bytes / 1_000_000,
        processor_seconds(),
        peak_kib() / 1024,
        applied.hash(),
    );
}

fn make(path: &Path, rows: usize) {
    let mut random = Random::new(42);
    let mut sink: Option<Sink> = None;
    let mut done = 0;
    while done < rows {
        let count = 65_536.min(rows - done);
        let batch = people(&mut random, done, count);
        let sink = sink.get_or_insert_with(|| Sink::create(path, batch.schema(), Format::Parquet).unwrap());
        sink.write(&batch).unwrap();
        done += count;
    }
    println!("{} bytes", sink.unwrap().finish().unwrap().bytes);
}

fn people(random: &mut Random, first: usize, count: usize) -> RecordBatch {
    let mut texts: [Vec<String>; 9] = Default::default();
    let (mut births, mut moments, mut amounts, mut times, mut scores, mut flags) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..count {
        let name =
            format!("{}{}{}", random.one_of(&FAMILY), random.one_of(&GIVEN), random.one_of(&["", "华", "平", "国"]));
        let district = random.one_of(&DISTRICTS);
        let (year, month, day) = (1940 + random.below(70), 1 + random.below(12), 1 + random.below(28));
        let body = format!("{district}{year}{month:02}{day:02}{:03}", random.below(1000));
        let address = format!(
            "陕西省西安市{}{}号{}幢{}单元{}室",
            random.one_of(&ROADS),
            1 + random.below(400),
            1 + random.below(30),
            1 + random.below(4),
            101 + random.below(2400)
        );
        let note = format!(
            "{},受理编号{:010},流水号{:016x}{:016x}{:016x}{:016x}",
            random.one_of(&MATTERS),
            random.below(10_000_000_000),
            random.below(u64::MAX),
            random.below(u64::MAX),
            random.below(u64::MAX),
            random.below(u64::MAX)
        );
        let row_texts = [
            name,
            format!("{body}{}", check_digit(&body)),
            format!("1{}{:08}", random.one_of(&["39", "38", "59", "77", "86"]), random.below(100_000_000)),
            address,
            format!(
                "user{}@{}",
                random.below(9_000_000),
                random.one_of(&["example.com", "mail.example.cn", "example.org"])
            ),
            random.one_of(&["男", "女"]).to_owned(),
            random.one_of(&NATIONS).to_owned(),
            district.to_owned(),
            note,
        ];
        for (column, text) in texts.iter_mut().zip(row_texts) {
            column.push(text);
        }
        births.push((year as i32 - 1970) * 365 + (month as i32) * 30 + day as i32);
        moments.push(1_700_000_000_000 + random.below(70_000_000_000) as i64);
        amounts.push((random.below(20) != 0).then(|| random.below(10_000_000) as f64 / 100.0));
        times.push(random.below(50) as i32);
        scores.push(random.below(1_000_000) as f64 / 1e4);
        flags.push(random.below(3) > 0);
    }
    let [xm, sfzh, lxdh, dz, yx, xb, mz, xzqh, bz] =
        texts.map(|column| Arc::new(StringArray::from(column)) as ArrayRef);
    let ids = Int64Array::from_iter_values((first as i64 + 1)..(first + count) as i64 + 1);
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(ids) as ArrayRef, true),
        ("xm", xm, true),
        ("sfzh", sfzh, true),
        ("lxdh", lxdh, true),
        ("dz", dz, true),
        ("yx", yx, true),
        ("csrq", Arc::new(Date32Array::from(births)), true),
        ("cjsj", Arc::new(TimestampMillisecondArray::from(moments)), true),
        ("xb", xb, true),
        ("mz", mz, true),
        ("xzqh", xzqh, true),
        ("je", Arc::new(Float64Array::from(amounts)), true),
        ("cs", Arc::new(Int32Array::from(times)), true),
        ("fs", Arc::new(Float64Array::from(scores)), true),
        ("yx_bz", Arc::new(BooleanArray::from(flags)), true),
        ("bz", bz, true),
    ])
    .unwrap()
}

/// GB 11643: ISO 7064 mod 11-2 over the first 17 digits.
fn check_digit(body: &str) -> char {
    let sum = body.bytes().fold(0_u32, |sum, byte| ((sum + u32::from(byte - b'0')) * 2) % 11);
    char::from(b"10X98765432"[((11 - (12 - sum) % 11) % 11) as usize])
}
