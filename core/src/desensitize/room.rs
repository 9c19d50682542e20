//! Memory for what comes from outside: tried before it is taken, so that a table too large for the machine is an error.

use super::PlanError;
use super::copies::too_large;

/// What an iterator gives.
///
/// # Errors
/// [`PlanError::TooLarge`] of the column where there is no memory.
pub(super) fn gathered<T>(items: impl Iterator<Item = T>, column: &str) -> Result<Vec<T>, PlanError> {
    let mut all = Vec::new();
    reserved(&mut all, items.size_hint().0, column)?;
    for item in items {
        reserved(&mut all, 1, column)?;
        all.push(item);
    }
    Ok(all)
}

/// One value so many times.
///
/// # Errors
/// As [`gathered`].
pub(super) fn filled<T: Clone>(length: usize, value: T, column: &str) -> Result<Vec<T>, PlanError> {
    let mut filled = Vec::new();
    filled.try_reserve_exact(length).map_err(|_| too_large(column))?;
    filled.resize(length, value);
    Ok(filled)
}

/// Room for so many more.
///
/// # Errors
/// As [`gathered`].
pub(super) fn reserved<T>(all: &mut Vec<T>, more: usize, column: &str) -> Result<(), PlanError> {
    all.try_reserve(more).map_err(|_| too_large(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_memory_for_is_an_error_of_the_column() {
        assert_eq!(gathered((0..5).filter(|number| number % 2 == 0), "a"), Ok(vec![0, 2, 4]));
        assert_eq!(filled(3, 'x', "a"), Ok(vec!['x'; 3]));
        let too_large = PlanError::TooLarge { column: "a".to_owned() };
        assert_eq!(filled(usize::MAX, 0_u8, "a"), Err(too_large.clone()));
        assert_eq!(gathered(std::iter::repeat_n(0_u8, usize::MAX), "a"), Err(too_large.clone()));
        assert_eq!(reserved(&mut vec![0_u8], usize::MAX, "a"), Err(too_large));
    }
}
