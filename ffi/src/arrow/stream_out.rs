//! A stream of ours, handed out: every callback is guarded, which arrow-rs's own are not.

use std::ffi::{CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, RecordBatchReader, StructArray};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};

use kaifang_core::error::ErrorDocument;
use kaifang_core::table::TableError;

use super::{ArrowArray, ArrowArrayStream, ArrowSchema};

/// `EIO` and `EINVAL`: the numbers are the same on every system that has them.
const EIO: c_int = 5;
const EINVAL: c_int = 22;

struct Exported {
    reader: Box<dyn RecordBatchReader + Send>,
    last_error: Option<CString>,
    broken: bool,
}

/// A stream over a reader. The caller releases it; until then it may be moved between threads.
pub(crate) fn export(reader: Box<dyn RecordBatchReader + Send>) -> ArrowArrayStream {
    let exported = Box::new(Exported { reader, last_error: None, broken: false });
    ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release),
        private_data: Box::into_raw(exported).cast(),
    }
}

/// # Safety
/// `stream` is NULL or a stream that [`export`] made, used by one thread at a time.
unsafe fn exported<'a>(stream: *mut ArrowArrayStream) -> Option<&'a mut Exported> {
    // SAFETY: as promised by the caller.
    let stream = unsafe { stream.as_ref() }?;
    stream.release?;
    // SAFETY: not released, so the private data is the box that `export` made.
    unsafe { stream.private_data.cast::<Exported>().as_mut() }
}

impl Exported {
    /// Runs a callback's body; a failure or a panic breaks the stream for good, so that nobody takes what came before
    /// for the whole.
    fn run(&mut self, body: impl FnOnce(&mut Self) -> Result<(), ArrowError>) -> c_int {
        if self.broken {
            return EIO;
        }
        let message = match catch_unwind(AssertUnwindSafe(|| body(self))) {
            Ok(Ok(())) => return 0,
            Ok(Err(error)) => describe(&error),
            Err(_panic) => "KF-C-99: an internal error was caught: please report this defect".to_owned(),
        };
        self.broken = true;
        self.last_error = CString::new(message.replace('\0', " ")).ok();
        EIO
    }
}

/// The code and the English text of one of our errors. Another's text may quote values, so it is not handed on.
fn describe(error: &ArrowError) -> String {
    let ours = match error {
        ArrowError::ExternalError(inner) => inner.downcast_ref::<kaifang_core::Error>().map(ErrorDocument::from),
        _ => None,
    };
    let document = ours.unwrap_or_else(|| ErrorDocument::from(&TableError::from_arrow(error)));
    format!("{}: {}", document.code, document.en)
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the consumer calls with the stream that it was given.
    let Some(exported) = (unsafe { exported(stream) }) else { return EINVAL };
    if out.is_null() {
        return EINVAL;
    }
    exported.run(|exported| {
        let schema: &Schema = &exported.reader.schema();
        let schema = FFI_ArrowSchema::try_from(schema)?;
        // SAFETY: `out` is writable by the C Stream Interface; one layout on both sides.
        unsafe { out.cast::<FFI_ArrowSchema>().write(schema) };
        Ok(())
    })
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: the consumer calls with the stream that it was given.
    let Some(exported) = (unsafe { exported(stream) }) else { return EINVAL };
    if out.is_null() {
        return EINVAL;
    }
    exported.run(|exported| {
        let array = match exported.reader.next().transpose()? {
            Some(batch) => FFI_ArrowArray::new(&StructArray::from(batch).to_data()),
            // The end of a stream is a released array.
            None => FFI_ArrowArray::empty(),
        };
        // SAFETY: as for the schema.
        unsafe { out.cast::<FFI_ArrowArray>().write(array) };
        Ok(())
    })
}

unsafe extern "C" fn get_last_error(stream: *mut ArrowArrayStream) -> *const c_char {
    // SAFETY: the consumer calls with the stream that it was given.
    let exported = unsafe { exported(stream) };
    exported.and_then(|exported| exported.last_error.as_ref()).map_or(std::ptr::null(), |message| message.as_ptr())
}

unsafe extern "C" fn release(stream: *mut ArrowArrayStream) {
    // SAFETY: the consumer calls with the stream that it was given.
    let Some(stream) = (unsafe { stream.as_mut() }) else { return };
    if stream.release.take().is_none() {
        return;
    }
    // SAFETY: released once, so the box that `export` made is still there.
    let exported = unsafe { Box::from_raw(stream.private_data.cast::<Exported>()) };
    stream.private_data = std::ptr::null_mut();
    let _ = catch_unwind(AssertUnwindSafe(|| drop(exported)));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array, RecordBatch, RecordBatchIterator, StringArray};
    use arrow::datatypes::SchemaRef;

    use super::super::StreamIn;
    use super::*;
    use crate::error::Failure;
    use crate::status::kf_status;

    fn batch() -> RecordBatch {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("count", Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]))),
            ("name", Arc::new(StringArray::from(vec![Some("甲"), Some("乙"), None]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn stream() -> ArrowArrayStream {
        let schema = batch().schema();
        export(Box::new(RecordBatchIterator::new(vec![Ok(batch()), Ok(batch().slice(1, 2))], schema)))
    }

    #[test]
    fn what_goes_out_comes_in() {
        let mut stream = stream();
        // SAFETY: a stream of ours.
        let reader = unsafe { StreamIn::take(&raw mut stream, crate::table::Complaint::default()) }.unwrap();
        assert!(stream.release.is_none(), "the stream was moved");
        let batches: Vec<_> = reader.map(Result::unwrap).collect();
        assert_eq!(batches, [batch(), batch().slice(1, 2)]);
    }

    #[test]
    fn a_stream_is_taken_once() {
        let mut stream = stream();
        // SAFETY: a stream of ours.
        drop(unsafe { StreamIn::take(&raw mut stream, crate::table::Complaint::default()) }.unwrap());
        // SAFETY: a released stream of ours.
        let again = unsafe { StreamIn::take(&raw mut stream, crate::table::Complaint::default()) };
        assert_eq!(again.err().unwrap().status, kf_status::KF_ERR_ARROW);
    }

    struct Panics(SchemaRef);
    impl Iterator for Panics {
        type Item = Result<RecordBatch, ArrowError>;
        fn next(&mut self) -> Option<Self::Item> {
            panic!("deliberate")
        }
    }
    impl RecordBatchReader for Panics {
        fn schema(&self) -> SchemaRef {
            self.0.clone()
        }
    }

    #[test]
    fn a_panic_in_a_callback_is_an_error_code() {
        let mut stream = export(Box::new(Panics(batch().schema())));
        let mut array = ArrowArray::empty();
        // SAFETY: a stream of ours.
        unsafe {
            assert_eq!(get_next(&raw mut stream, &raw mut array), EIO);
            assert!(!get_last_error(&raw mut stream).is_null());
            assert_eq!(get_next(&raw mut stream, &raw mut array), EIO, "a broken stream stays broken");
        }
        assert!(array.release.is_none());
    }

    /// Imports the batch after `hurt` changed its raw structure.
    fn import(hurt: impl FnOnce(&mut ArrowArray)) -> Result<RecordBatch, Failure> {
        let mut stream = stream();
        let mut array = ArrowArray::empty();
        // SAFETY: a stream of ours.
        assert_eq!(unsafe { get_next(&raw mut stream, &raw mut array) }, 0);
        let row_type = arrow::datatypes::DataType::Struct(batch().schema().fields().clone());
        // arrow-rs's release callback frees by its private data alone, so what `hurt` changes does not reach it.
        hurt(&mut array);
        // SAFETY: an array of ours; what was hurt is what is tested.
        let data = unsafe { super::super::check::read_array(array, &row_type) }?;
        Ok(RecordBatch::from(&StructArray::from(data)))
    }

    /// # Safety
    /// `array` is a batch of ours.
    unsafe fn column(array: &mut ArrowArray, index: usize) -> &mut ArrowArray {
        // SAFETY: as promised.
        unsafe { &mut **array.children.add(index) }
    }

    #[test]
    fn an_unhurt_array_is_imported() {
        assert_eq!(import(|_| ()).unwrap(), batch());
    }

    #[test]
    fn hostile_arrays_are_refused() {
        type Hurt = fn(&mut ArrowArray);
        // SAFETY, for each: a batch of ours, and only plain members are changed.
        let cases: &[(&str, Hurt)] = &[
            ("length -1", |a| a.length = -1),
            ("length 2^63-1", |a| a.length = i64::MAX),
            ("offset 2^63-1", |a| a.offset = i64::MAX),
            ("offset -1", |a| a.offset = -1),
            ("null count over length", |a| a.null_count = 5),
            ("null count -2", |a| a.null_count = -2),
            ("struct without buffers", |a| a.n_buffers = 0),
            ("buffers NULL", |a| a.buffers = std::ptr::null_mut()),
            ("no children", |a| a.n_children = 0),
            ("children NULL", |a| a.children = std::ptr::null_mut()),
            ("longer than its children", |a| a.length = 4),
            ("child length -1", |a| unsafe { column(a, 0) }.length = -1),
            ("child released", |a| unsafe { column(a, 0) }.release = None),
            ("child one buffer", |a| unsafe { column(a, 1) }.n_buffers = 1),
            ("child null count lies", |a| unsafe { column(a, 0) }.null_count = 2),
            ("child with a dictionary", |a| unsafe { column(a, 0) }.dictionary = unsafe { column(a, 1) }),
            ("a NULL child", |a| {
                a.children = Box::leak(Box::new([std::ptr::null_mut::<ArrowArray>(); 2])).as_mut_ptr()
            }),
        ];
        for (name, hurt) in cases {
            let error = import(hurt).expect_err(name);
            assert_eq!(error.status, kf_status::KF_ERR_ARROW, "{name}");
        }
    }

    #[test]
    fn hostile_offsets_and_text_are_refused() {
        for (name, offsets, bytes) in [
            ("negative last offset", [0, 1, 2, -1], *b"abc"),
            ("decreasing", [0, 3, 1, 3], *b"abc"),
            ("not UTF-8", [0, 1, 2, 3], [0xFF, 0xFE, b'a']),
        ] {
            let error = import(|array| {
                // SAFETY: a batch of ours; its release frees by the private data, not by these pointers.
                unsafe {
                    let column = column(array, 1);
                    let buffers = std::slice::from_raw_parts_mut(column.buffers, 3);
                    buffers[1] = offsets.as_ptr().cast();
                    buffers[2] = bytes.as_ptr().cast();
                }
            })
            .expect_err(name);
            assert_eq!(error.status, kf_status::KF_ERR_ARROW, "{name}");
        }
    }
}
