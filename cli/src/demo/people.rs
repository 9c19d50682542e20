//! Invented residents: a seeded table that looks like a bureau's, for the demo.
//!
//! Every value is made of random numbers and the short lists below; no real person is described. The same seed gives
//! the same table on every machine.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use jiff::civil::Date;
use kaifang::kinds::resident_id;

/// The columns, named as bureaus name them: pinyin initials.
pub(crate) const COLUMNS: [&str; 8] = ["xm", "sfzh", "lxdh", "csrq", "xb", "hjdz", "xzqh", "jbzd"];

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾",
    "彭", "吕", "欧阳", "司马", "上官", "诸葛",
];
const GIVEN: &[&str] = &[
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀", "霞",
    "平", "刚", "桂", "英", "华", "玉", "兰", "鹏", "飞", "宇", "浩", "轩", "子", "涵", "梓", "一", "诺", "思", "雨",
    "欣", "怡", "龑", "㛃",
];
/// Code, name, share in parts of 100.
const DISTRICTS: &[((u32, &str), u64)] = &[
    ((610_102, "新城区"), 6),
    ((610_103, "碑林区"), 7),
    ((610_104, "莲湖区"), 9),
    ((610_111, "灞桥区"), 8),
    ((610_112, "未央区"), 10),
    ((610_113, "雁塔区"), 15),
    ((610_114, "阎良区"), 4),
    ((610_115, "临潼区"), 7),
    ((610_116, "长安区"), 13),
    ((610_117, "高陵区"), 4),
    ((610_118, "鄠邑区"), 6),
    ((610_122, "蓝田县"), 6),
    ((610_124, "周至县"), 5),
];
const ROADS: &[&str] =
    &["长安南路", "朱雀大街", "科技路", "高新路", "丈八东路", "凤城五路", "太白南路", "未央路", "友谊西路"];
const DIAGNOSES: &[(&str, u64)] =
    &[("无", 60), ("高血压", 15), ("糖尿病", 10), ("冠心病", 5), ("哮喘", 4), ("乙肝", 3), ("肿瘤", 2), ("抑郁症", 1)];
const MOBILE_PREFIXES: &[u32] =
    &[134, 135, 136, 137, 138, 139, 150, 151, 157, 158, 182, 187, 188, 130, 132, 186, 133, 189, 199];

/// SplitMix64: a generator whose whole state is one number, so that the demo is the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is small: the bias is below 2^-40.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// One of a list; the lists of this file are not empty.
    fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        usize::try_from(self.below(list.len() as u64)).ok().and_then(|at| list.get(at)).copied().unwrap_or_default()
    }

    /// One of a list with shares.
    fn weighted<T: Copy + Default>(&mut self, list: &[(T, u64)]) -> T {
        let mut left = self.below(list.iter().map(|(_, share)| share).sum());
        for (item, share) in list {
            if left < *share {
                return *item;
            }
            left -= share;
        }
        T::default()
    }
}

/// The schema of the table: every column is text, as in a CSV file.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(COLUMNS.map(|name| Field::new(name, DataType::Utf8, true)).to_vec()))
}

/// `rows` invented residents in batches of at most `batch_rows`.
pub(crate) fn batches(
    rows: usize,
    batch_rows: usize,
    seed: u64,
) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
    let mut random = Random(seed);
    (0..rows).step_by(batch_rows.max(1)).map(move |start| batch(&mut random, batch_rows.min(rows - start)))
}

fn batch(random: &mut Random, rows: usize) -> Result<RecordBatch, ArrowError> {
    let mut columns: [StringBuilder; 8] = std::array::from_fn(|_| StringBuilder::with_capacity(rows, rows * 16));
    for _ in 0..rows {
        let (code, district) = random.weighted(DISTRICTS);
        let birth = birth_date(random);
        let sequence = random.below(999) + 1;
        let given_two = random.below(4) != 0;
        let name = format!(
            "{}{}{}",
            random.pick(SURNAMES),
            random.pick(GIVEN),
            if given_two { random.pick(GIVEN) } else { "" }
        );
        let body = format!("{code}{}{sequence:03}", birth.strftime("%Y%m%d"));
        let check = resident_id::check_digit(&body).unwrap_or('0');
        let mobile = format!("{}{:08}", random.pick(MOBILE_PREFIXES), random.below(100_000_000));
        let address = format!(
            "陕西省西安市{district}{}{}号{}号楼{}单元{}室",
            random.pick(ROADS),
            random.below(400) + 1,
            random.below(30) + 1,
            random.below(4) + 1,
            random.below(3000) + 101
        );
        // The parity of the sequence number is the sex (GB 11643-1999).
        let sex = if sequence % 2 == 1 { "男" } else { "女" };
        let diagnosis = random.weighted(DIAGNOSES);
        let row = [
            name,
            format!("{body}{check}"),
            mobile,
            birth.to_string(),
            sex.to_owned(),
            address,
            code.to_string(),
            diagnosis.to_owned(),
        ];
        for (column, value) in columns.iter_mut().zip(row) {
            column.append_value(value);
        }
    }
    let arrays = columns.map(|mut column| Arc::new(column.finish()) as ArrayRef);
    RecordBatch::try_new(schema(), arrays.to_vec())
}

/// A birth date of 1940–2010: every day of a month that all months have.
fn birth_date(random: &mut Random) -> Date {
    let year = i16::try_from(1940 + random.below(71)).unwrap_or(1970);
    let month = i8::try_from(1 + random.below(12)).unwrap_or(1);
    let day = i8::try_from(1 + random.below(28)).unwrap_or(1);
    Date::constant(year, month, day)
}
