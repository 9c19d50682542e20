//! A host's stream, moved in: a reader of checked batches.

use std::ffi::c_int;
use std::sync::{Arc, PoisonError};

use arrow::array::{RecordBatch, RecordBatchReader, StructArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;

use super::check::{read_array, read_schema};
use super::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::error::Failure;
use crate::table::Complaint;

/// A stream that is ours. Dropping it releases it.
pub(crate) struct StreamIn {
    // Boxed: some producers keep the address that they are first called with.
    stream: Box<ArrowArrayStream>,
    schema: SchemaRef,
    row_type: DataType,
    complaint: Complaint,
    ended: bool,
}

// SAFETY: by the C Stream Interface a stream may be used from any thread, one at a time; `&mut self` is one at a time.
unsafe impl Send for StreamIn {}

impl StreamIn {
    /// Moves the stream in: the caller's structure is marked released, whether this succeeds or not.
    ///
    /// # Safety
    /// `stream` is NULL or points to a writable `ArrowArrayStream` that follows the C Stream Interface.
    pub(crate) unsafe fn take(stream: *mut ArrowArrayStream, complaint: Complaint) -> Result<Self, Failure> {
        if stream.is_null() || !stream.is_aligned() {
            return Err(Failure::null("stream"));
        }
        // SAFETY: writable, as promised by the caller. This is the move of the C Data Interface.
        let mut stream = Box::new(unsafe { stream.replace(ArrowArrayStream::empty()) });
        if stream.release.is_none() {
            return Err(Failure::arrow("stream.release", "已被释放", "it was released before"));
        }
        let (Some(get_schema), Some(_)) = (stream.get_schema, stream.get_next) else {
            return Err(Failure::arrow("stream", "缺少 get_schema 或 get_next", "it has no get_schema or get_next"));
        };
        let mut schema = ArrowSchema::empty();
        // SAFETY: a live stream, and a structure to write into.
        let result = unsafe { get_schema(&raw mut *stream, &raw mut schema) };
        if result != 0 {
            return Err(Failure::callback("get_schema", result));
        }
        // SAFETY: the producer wrote it.
        let schema = Arc::new(unsafe { read_schema(&raw const schema) }?);
        let row_type = DataType::Struct(schema.fields().clone());
        Ok(StreamIn { stream, schema, row_type, complaint, ended: false })
    }

    fn read(&mut self) -> Result<Option<RecordBatch>, Failure> {
        let Some(get_next) = self.stream.get_next else { return Ok(None) };
        let mut array = ArrowArray::empty();
        // SAFETY: a live stream, and a structure to write into.
        let result: c_int = unsafe { get_next(&raw mut *self.stream, &raw mut array) };
        if result != 0 {
            return Err(Failure::callback("get_next", result));
        }
        if array.release.is_none() {
            return Ok(None);
        }
        // SAFETY: the producer wrote it, for the schema that it gave.
        let data = unsafe { read_array(array, &self.row_type) }?;
        if data.null_count() > 0 {
            return Err(Failure::arrow("array", "整行为空值", "whole rows are null"));
        }
        let rows = data.len();
        let columns = StructArray::from(data);
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns.columns().to_vec(), &options).map(Some).map_err(
            |_| {
                Failure::arrow(
                    "array",
                    "与流的模式不符(例如不可空的列含空值)",
                    "it does not fit the stream's schema, such as nulls in a column that has none",
                )
            },
        )
    }
}

impl Iterator for StreamIn {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended = !matches!(read, Ok(Some(_)));
        // Through core an error travels as arrow's, so the typed one is left beside the stream.
        read.map_err(|failure| {
            let error = ArrowError::CDataInterface(failure.document.en.clone());
            *self.complaint.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            error
        })
        .transpose()
    }
}

impl RecordBatchReader for StreamIn {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
