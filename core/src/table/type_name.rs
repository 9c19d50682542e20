//! How a type is named in messages and documents.

use arrow::datatypes::DataType;

/// The name of an Arrow type, without what a nested type says of its parts: their names and metadata may quote values.
pub(crate) fn type_name(data_type: &DataType) -> String {
    let nested = match data_type {
        DataType::FixedSizeList(_, size) => return format!("FixedSizeList({size})"),
        DataType::Dictionary(key, words) => return format!("Dictionary({key}, {})", type_name(words)),
        DataType::Struct(_) => "Struct",
        DataType::List(_) => "List",
        DataType::LargeList(_) => "LargeList",
        DataType::ListView(_) => "ListView",
        DataType::LargeListView(_) => "LargeListView",
        DataType::Map(..) => "Map",
        DataType::Union(..) => "Union",
        DataType::RunEndEncoded(..) => "RunEndEncoded",
        plain => return plain.to_string(),
    };
    nested.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, Fields};

    use super::*;

    #[test]
    fn a_nested_type_says_nothing_of_its_parts() {
        let quoted = Field::new("11010519491231002X", DataType::Utf8, true)
            .with_metadata([("example".to_owned(), "13900001111".to_owned())].into());
        let quoted = Arc::new(quoted);
        let nested = [
            (DataType::Struct(Fields::from(vec![Arc::clone(&quoted)])), "Struct"),
            (DataType::List(Arc::clone(&quoted)), "List"),
            (DataType::LargeList(Arc::clone(&quoted)), "LargeList"),
            (DataType::FixedSizeList(Arc::clone(&quoted), 3), "FixedSizeList(3)"),
            (DataType::ListView(Arc::clone(&quoted)), "ListView"),
            (DataType::Map(quoted, false), "Map"),
        ];
        for (data_type, name) in nested {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(data_type.clone()));
            assert_eq!(type_name(&data_type), name);
            assert_eq!(type_name(&dictionary), format!("Dictionary(Int32, {name})"));
        }
        assert_eq!(type_name(&DataType::Decimal128(10, 2)), "Decimal128(10, 2)");
    }
}
