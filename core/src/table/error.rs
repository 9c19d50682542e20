//! What can be wrong with a table.

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

room_error! {
    /// A table that can't be read or written. Rows are counted from 1 without the header, which is row 0; bytes from 0.
    ///
    /// A column of the table is named by its number, from 1, and never by its name: this room can't tell a header from
    /// the first row of a table that has none.
    pub enum TableError {
        /// The file system refused.
        Io { action: &'static str, path: String, kind: String } = "KF-TABLE-01",
            en "could not {action} {path:?}: {kind}", zh "无法对 {path:?} 执行 {action}:{kind}", at "{path}";
        /// The bytes are no text in the encoding.
        Undecodable { encoding: &'static str, offset: u64 } = "KF-TABLE-02",
            en "byte {offset} is not valid {encoding}", zh "第 {offset} 字节不是有效的 {encoding} 编码", at "byte {offset}";
        /// An encoding that is not read.
        UnsupportedEncoding { encoding: &'static str } = "KF-TABLE-03",
            en "the file is {encoding}; expected UTF-8 or GB18030",
            zh "文件编码为 {encoding},应为 UTF-8 或 GB18030";
        /// Two columns have one name.
        DuplicateColumn { first: usize, second: usize } = "KF-TABLE-04",
            en "the columns {first} and {second} have the same name; give each a name of its own",
            zh "第 {first} 列与第 {second} 列同名;请为每列取不同的名称", at "column {second}";
        /// A row has more or fewer cells than the header.
        Ragged { row: u64, expected: usize, found: usize } = "KF-TABLE-05",
            en "row {row} has {found} cells, the header has {expected}",
            zh "第 {row} 行有 {found} 个单元格,表头有 {expected} 个", at "row {row}";
        /// A NUL byte, which no text table holds.
        Nul { row: u64 } = "KF-TABLE-06",
            en "row {row} holds a NUL character: this is no text table",
            zh "第 {row} 行含有空字符:不是文本表格", at "row {row}";
        /// A quoted cell that never ends.
        UnterminatedQuote { row: u64 } = "KF-TABLE-07",
            en "the quoted cell that begins in row {row} never ends", zh "第 {row} 行开始的引号没有结束", at "row {row}";
        /// Text between a closing quotation mark and the next separator.
        TextAfterQuote { row: u64 } = "KF-TABLE-08",
            en "row {row} goes on after a closing quotation mark; write a quotation mark inside a cell twice",
            zh "第 {row} 行在结束引号之后还有内容;单元格内的引号应写两次", at "row {row}";
        /// One row is larger than the limit.
        RowTooLong { row: u64, limit: usize } = "KF-TABLE-09",
            en "row {row} is larger than the limit of {limit} bytes", zh "第 {row} 行超过 {limit} 字节的上限", at "row {row}";
        /// More columns than the limit.
        TooManyColumns { found: usize, limit: usize } = "KF-TABLE-10",
            en "the table has {found} columns or more, the limit is {limit}", zh "表有 {found} 列以上,上限为 {limit} 列";
        /// More rows than the limit.
        TooManyRows { limit: u64 } = "KF-TABLE-11",
            en "the table has more rows than the limit of {limit}", zh "表的行数超过上限 {limit}";
        /// A file declares parts larger than the limit.
        DeclaredTooLarge { what: &'static str, declared: u64, limit: u64 } = "KF-TABLE-12",
            en "the file declares {what} of {declared}, the limit is {limit}",
            zh "文件声明的 {what} 为 {declared},上限为 {limit}";
        /// No header, so no columns.
        NoHeader = "KF-TABLE-13", en "the file holds no header row", zh "文件中没有表头";
        /// The file is not what its content or name says.
        Malformed { format: &'static str, what: &'static str } = "KF-TABLE-14",
            en "the file is not valid {format}: {what}", zh "文件不是有效的 {format}:{what}";
        /// A format that can't be told.
        UnknownFormat { path: String } = "KF-TABLE-15",
            en "{path:?} is neither CSV nor Parquet nor Arrow IPC nor XLSX",
            zh "{path:?} 不是 CSV、Parquet、Arrow IPC 或 XLSX", at "{path}";
        /// The caller stopped the job.
        Cancelled { stage: &'static str } = "KF-TABLE-16", en "{stage} was cancelled", zh "{stage} 已被取消";
        /// A batch does not fit the table it is written to.
        SchemaMismatch { expected: usize, found: usize } = "KF-TABLE-17",
            en "a batch of {found} columns does not have the {expected} columns of the table, by name, type and order",
            zh "批次有 {found} 列,其名称、类型或顺序与表的 {expected} 列不符";
        /// A column of a type that the format can't hold.
        UnsupportedType { column: usize, data_type: String } = "KF-TABLE-18",
            en "column {column} has the type {data_type}, which can't be written here",
            zh "第 {column} 列的类型 {data_type} 无法写入", at "column {column}";
        /// A character that the encoding lacks.
        Unencodable { column: usize, row: u64, encoding: &'static str } = "KF-TABLE-19",
            en "row {row} of column {column} has a character that {encoding} lacks",
            zh "第 {column} 列第 {row} 行含有 {encoding} 无法表示的字符", at "column {column}, row {row}";
        /// No column has the name.
        NoSuchColumn { column: String } = "KF-TABLE-20",
            en "the table has no column {column:?}", zh "表中没有列 {column:?}", at "columns.{column}";
        /// The memory could not be had.
        OutOfMemory { bytes: usize } = "KF-TABLE-21",
            en "could not get {bytes} bytes of memory", zh "无法分配 {bytes} 字节内存";
        /// A reader or writer of another library failed.
        Arrow { what: &'static str } = "KF-TABLE-22", en "Arrow: {what}", zh "Arrow:{what}";
        /// A limit or option that makes no sense.
        BadOption { option: &'static str, expected: &'static str } = "KF-TABLE-23",
            en "the option {option} is out of range; expected {expected}", zh "选项 {option} 超出范围,应为 {expected}", at "{option}";
        /// The name of a column identifies a person: the table has no header, and its first row was taken for one. Columns
        /// are counted from 1; the name is not repeated.
        PersonInHeader { number: usize } = "KF-TABLE-24",
            en "the name of column {number} is an identifier of a person: the table seems to have no header row",
            zh "第 {number} 列的列名本身是个人标识:该表似乎没有表头", at "column {number}";
        /// A table is to be written over the file that it is read from.
        OntoItself { path: String } = "KF-TABLE-25",
            en "{path:?} is the table that is read; write the result to another file",
            zh "{path:?} 正是所读取的表;请将结果写入另一个文件", at "{path}";
        /// A text that a cell of a workbook has no room for.
        CellTooLong { column: usize, row: u64, limit: usize } = "KF-TABLE-26",
            en "row {row} of column {column} is longer than the {limit} characters that a cell of a workbook holds",
            zh "第 {column} 列第 {row} 行超过工作簿单元格 {limit} 个字符的上限", at "column {column}, row {row}";
        /// A workbook has no sheet of the name that was asked for.
        NoSuchSheet { sheet: String } = "KF-TABLE-27",
            en "the workbook has no sheet {sheet:?}", zh "工作簿中没有工作表 {sheet:?}", at "{sheet}";
    }
}

impl TableError {
    pub(crate) fn io(action: &'static str, path: &std::path::Path, error: &std::io::Error) -> Self {
        TableError::Io { action, path: path.display().to_string(), kind: error.kind().to_string() }
    }

    /// The error inside an Arrow error, if it is one of ours; else its kind, without its text, which may quote values.
    #[must_use]
    pub fn from_arrow(error: &ArrowError) -> Self {
        let what = match error {
            ArrowError::ExternalError(inner) => match inner.downcast_ref::<TableError>() {
                Some(ours) => return ours.clone(),
                None => "an external reader failed",
            },
            ArrowError::SchemaError(_) => "the schema does not fit",
            ArrowError::MemoryError(_) => "out of memory",
            ArrowError::IoError(..) => "reading or writing failed",
            ArrowError::IpcError(_) => "the IPC data is malformed",
            ArrowError::ParquetError(_) => "the Parquet data is malformed",
            ArrowError::NotYetImplemented(_) => "a type is not supported",
            ArrowError::CDataInterface(_) => "the C data is malformed",
            _ => "the data is malformed",
        };
        TableError::Arrow { what }
    }

    pub(super) fn from_parquet(error: &ParquetError) -> Self {
        let what = match error {
            ParquetError::NYI(_) => "a feature is not supported",
            ParquetError::EOF(_) => "it is truncated",
            ParquetError::ArrowError(_) => "its columns can't be read",
            _ => "it is malformed",
        };
        TableError::Malformed { format: "Parquet", what }
    }
}

impl From<TableError> for ArrowError {
    fn from(error: TableError) -> Self {
        ArrowError::ExternalError(Box::new(error))
    }
}
