//! What can be wrong with a plan, or with a table under a plan.

use std::fmt;

use crate::error::Explain;
use crate::terms::Text;

room_error! {
    /// What can be wrong with a plan, or with a table under a plan. No variant holds a value of the table.
    pub enum PlanError {
        /// Neither TOML nor strict JSON.
        Malformed { what: String, line: usize } = "KF-PLAN-01",
            en "the plan can't be read: {what}",
            zh "无法读取方案:{what}", at "line {line}";
        /// Several problems at once, each with its place.
        Several { count: usize, problems: PlanProblems } = "KF-PLAN-02",
            en "{count} problems in the plan: {problems}",
            zh "方案有 {count} 处问题:{problems:#}";
        /// A field is missing, or not what it must be.
        Field { place: String, expected_en: &'static str, expected_zh: &'static str } = "KF-PLAN-03",
            en "{place}: expected {expected_en}",
            zh "{place}:应为{expected_zh}", at "{place}";
        /// A field that plans don't have.
        UnknownField { place: String } = "KF-PLAN-04",
            en "{place} is not a field of a plan",
            zh "方案没有字段 {place}", at "{place}";
        /// A plan without columns treats nothing.
        Empty = "KF-PLAN-05",
            en "the plan names no column",
            zh "方案没有列", at "columns";
        /// `do` is not the name of a transform.
        UnknownTransform { column: String, known: Text } = "KF-PLAN-06",
            en "column {column:?}: `do` must be one of {known}",
            zh "列 {column:?}:do 应为 {known:#} 之一", at "columns.{column}.do";
        /// The transform is known, and this version can't do it.
        Unavailable { column: String, transform: String } = "KF-PLAN-07",
            en "column {column:?}: `{transform}` is not available in this version",
            zh "列 {column:?}:本版本尚不支持 {transform}", at "columns.{column}.do";
        /// A setting that this transform doesn't have: it would be silently ignored.
        NotASetting { column: String, setting: String, transform: String } = "KF-PLAN-08",
            en "column {column:?}: `{transform}` has no setting `{setting}`",
            zh "列 {column:?}:{transform} 没有设置项 {setting}", at "columns.{column}.{setting}";
        /// No mask, token or generalization is defined for the kind.
        KindNotMeant { column: String, transform: String, kind: String } = "KF-PLAN-09",
            en "column {column:?}: `{transform}` is not defined for the kind `{kind}`",
            zh "列 {column:?}:{transform} 不适用于 {kind}", at "columns.{column}.kind";
        /// The table has a column that the plan doesn't name: it would slip through.
        UnnamedColumn { column: String } = "KF-PLAN-10",
            en "the plan doesn't name the column {column:?} of the table",
            zh "表中的列 {column:?} 未在方案中列出", at "columns.{column}";
        /// The plan names a column that the table lacks.
        NoSuchColumn { column: String } = "KF-PLAN-11",
            en "the plan names the column {column:?}, which the table lacks",
            zh "方案中的列 {column:?} 在表中不存在", at "columns.{column}";
        /// Two columns of the table have the same name. Columns are counted from 1.
        DuplicateColumn { first: usize, second: usize } = "KF-PLAN-12",
            en "the columns {first} and {second} of the table have the same name; give each a name of its own",
            zh "表的第 {first} 列与第 {second} 列同名;请为每列取不同的名称", at "column {second}";
        /// The transform has no meaning on this type of column.
        Type { column: String, transform: String, found: String } = "KF-PLAN-13",
            en "column {column:?}: `{transform}` has no meaning on the type {found}",
            zh "列 {column:?}:{transform} 不适用于类型 {found}", at "columns.{column}";
        /// A value that the transform can't treat, under `on_invalid = "error"`. Rows count from 1.
        InvalidValue { column: String, row: u64 } = "KF-PLAN-14",
            en "column {column:?}, row {row}: the transform can't treat this value",
            zh "列 {column:?} 第 {row} 行:该值无法处理", at "columns.{column}, row {row}";
        /// A batch whose schema is not that of the table.
        SchemaChanged = "KF-PLAN-15",
            en "a batch has another schema than the table",
            zh "数据批次的模式与表不一致";
        /// A column of one batch is too large to hold.
        TooLarge { column: String } = "KF-PLAN-16",
            en "column {column:?}: one batch is too large; use smaller batches",
            zh "列 {column:?}:单个批次过大,请减小批次", at "columns.{column}";
        /// The table is not the one that the proof describes: a failure of integrity, whatever the room of its code.
        OutputDiffers { what: String } = "KF-PLAN-17",
            en "the table is not the one that the proof describes: {what}",
            zh "表与处理证明不一致:{what}", at "{what}";
        /// A reserved domain: `kaifang:` is for the library's own keys.
        ReservedDomain { place: String } = "KF-PLAN-18",
            en "{place}: a domain that begins with `kaifang:` is reserved",
            zh "{place}:以 kaifang: 开头的域为保留域", at "{place}";
        /// The stream ended by an error earlier; there is nothing to prove.
        Ended = "KF-PLAN-19",
            en "the treatment has not reached the end of the table",
            zh "处理尚未到达表尾";
        /// The table yields an error of its own while it is read.
        Read { what: String } = "KF-PLAN-20",
            en "the table can't be read: {what}",
            zh "无法读取表:{what}";
        /// A column of a type that has no logical values, such as a map. Columns are counted from 1: the table may have no header.
        NoLogicalValues { column: usize } = "KF-PLAN-21",
            en "column {column} has a type of which no digest is defined, such as a map",
            zh "第 {column} 列的类型(如映射)没有定义其摘要", at "column {column}";
        /// The name of a column identifies a person: the table has no header, and its first row was taken for one. Columns
        /// are counted from 1; the name is not repeated.
        PersonInHeader { number: usize } = "KF-PLAN-22",
            en "the name of column {number} is an identifier of a person: the table seems to have no header row",
            zh "第 {number} 列的列名本身是个人标识:该表似乎没有表头", at "column {number}";
        /// The table of divisions that resident ids are ranked in is another than the plan was made for, or the plan names none:
        /// the same id would be encrypted to another one.
        Regions { column: String, version: &'static str } = "KF-PLAN-23",
            en "column {column:?}: `regions` must be {version:?}, the version of the table of divisions of this build",
            zh "列 {column:?}:regions 应为本版本的行政区划表版本 {version:?}", at "columns.{column}.regions";
        /// One column of a plan whose rules remove rows, or that has transforms of whole columns.
        WholeTable = "KF-PLAN-24",
            en "the plan has rules about rows, or a transform of whole columns (shuffle, quantiles), which need the whole table",
            zh "方案含有关于行的规则或针对整列的变换(置换、分位数),须对整张表处理";
        /// A file that changed between the two times it was read, for a transform that must see whole columns.
        TableChanged = "KF-PLAN-26",
            en "the table changed while it was read",
            zh "读取期间表发生了变化";
        /// A transform that looks at another column or moves values between rows, in a list.
        InList { column: String, transform: String } = "KF-PLAN-27",
            en "column {column:?}: `{transform}` goes by the rows of the table, and the elements of a list are no rows",
            zh "列 {column:?}:{transform} 按表的行进行,而列表的元素不是行", at "columns.{column}";
        /// Two columns or parts of columns with one path: nobody could tell which of them an entry means.
        DuplicatePath { path: String } = "KF-PLAN-28",
            en "two parts of the table have the path {path:?}; rename one of them",
            zh "表中有两处的路径均为 {path:?};请改名", at "columns.{path}";
        /// Format-preserving encryption over so few values that they can be tried.
        SmallDomain { place: String } = "KF-PLAN-30",
            en "{place}: what is encrypted has fewer than 10^6 values, all of which could be tried; keep fewer characters",
            zh "{place}:被加密部分的取值少于 10^6 个,可被穷举;请减少保留的字符", at "{place}";
        /// Format-preserving encryption that the standard does not allow.
        Ff1 { what: Text } = "KF-PLAN-31",
            en "FF1: {what}",
            zh "FF1:{what:#}";
        /// One key under random nonces is good for 2^32 values.
        KeyUsedUp { column: String } = "KF-PLAN-40",
            en "column {column:?}: more than 2^32 values would be encrypted under one key; treat the table in parts, with a key each",
            zh "列 {column:?}:同一密钥加密的值将超过 2^32 个;请分批处理,每批使用不同的密钥", at "columns.{column}";
        /// A plan that has no folder in which the file could stand.
        HierarchyNoFolder { column: String } = "KF-PLAN-50",
            en "column {column:?}: `hierarchy_file` is read only where the plan itself is loaded from a file; write the table in `hierarchy`",
            zh "列 {column:?}:只有从文件载入的方案才读取 hierarchy_file;请将其内容写入 hierarchy", at "columns.{column}.hierarchy_file";
        /// The file of a hierarchy is not there, or is none.
        HierarchyUnread { column: String, what: Text } = "KF-PLAN-51",
            en "column {column:?}: the file of the hierarchy can't be read: {what}",
            zh "列 {column:?}:无法读取层级文件:{what:#}", at "columns.{column}.hierarchy_file";
        /// A line of the file of a hierarchy is wrong. Lines count from 1.
        HierarchyLine { column: String, line: usize, what: Text } = "KF-PLAN-52",
            en "column {column:?}, line {line} of the file of the hierarchy: {what}",
            zh "列 {column:?},层级文件第 {line} 行:{what:#}", at "columns.{column}.hierarchy_file, line {line}";
    }
}

/// The problems of one plan. Displays in English, and in Chinese with the alternate form (`{:#}`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanProblems(pub Vec<PlanError>);

impl fmt::Display for PlanProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chinese = f.alternate();
        for (index, problem) in self.0.iter().enumerate() {
            match (index, chinese) {
                (0, _) => {}
                (_, true) => f.write_str(";")?,
                (_, false) => f.write_str("; ")?,
            }
            if chinese {
                f.write_str(&problem.zh())?;
            } else {
                write!(f, "{problem}")?;
            }
        }
        Ok(())
    }
}

impl PlanError {
    /// Nothing, the one problem itself, or all of them.
    pub(crate) fn all_of(mut problems: Vec<PlanError>) -> Result<(), PlanError> {
        match problems.len() {
            0 => Ok(()),
            1 => problems.pop().map_or(Ok(()), Err),
            count => Err(PlanError::Several { count, problems: PlanProblems(problems) }),
        }
    }

    /// Each problem on its own.
    #[must_use]
    pub fn problems(&self) -> Vec<&PlanError> {
        match self {
            PlanError::Several { problems, .. } => problems.0.iter().collect(),
            one => vec![one],
        }
    }
}
