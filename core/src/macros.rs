//! `room_error!`: an error enum in which each variant states its code, its English and its Chinese text side by side.
//!
//! It must never format a value of the data: fields are names, positions, counts and expectations. A field that holds
//! words and not a name is a [`crate::terms::Text`] or [`crate::terms::WordName`]: the English message shows it as `{field}`, the Chinese as `{field:#}`.

/// Declares the error enum of a room.
///
/// ```text
/// room_error! {
///     /// What can be wrong with a plan.
///     pub enum PlanError {
///         /// The plan names a column that the table lacks.
///         NoSuchColumn { column: String } = "KF-PLAN-02",
///             en "the plan names the column {column:?}, which the table lacks",
///             zh "方案中的列 {column:?} 在表中不存在", at "columns.{column}";
///     }
/// }
/// ```
macro_rules! room_error {
    (@at) => { None };
    (@at $at:literal) => { Some(format!($at)) };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident $({ $( $(#[$field_meta:meta])* $field:ident : $type:ty ),* $(,)? })?
                = $code:literal, en $en:literal, zh $zh:literal $(, at $at:literal)?;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "the fields are named and shown by the message")]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                #[error($en)]
                $variant $({ $( $(#[$field_meta])* $field: $type ),* })?,
            )*
        }

        #[allow(unused_variables, reason = "not every message shows every field")]
        impl $crate::error::Explain for $name {
            fn code(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $code, )* }
            }
            fn zh(&self) -> String {
                match self { $( Self::$variant $({ $($field),* })? => format!($zh), )* }
            }
            fn place(&self) -> Option<String> {
                match self { $( Self::$variant $({ $($field),* })? => room_error!(@at $($at)?), )* }
            }
        }
    };
}
