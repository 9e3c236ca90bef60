//! Amounts with units, as people write them: `"500ms"`, `"50MiB"`. It knows units, not what is
//! being measured.

use super::fault::Problem;
use std::fmt;
use std::time::Duration;

/// A size in bytes, shown in the largest unit that loses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    /// So many mebibytes.
    pub const fn mib(count: u64) -> Bytes {
        Bytes(count * 1024 * 1024)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match units.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size)) {
            Some((unit, size)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// Reads a size. A bare number is refused: bytes and mebibytes are a factor of a million apart.
///
/// # Errors
/// What is wrong with the text, with an example.
pub fn parse_size(text: &str) -> Result<Bytes, Problem> {
    let refused = || Problem::new(format!("{text:?} is not a size")).hint("\"50MiB\"");
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::new(format!("the size {text:?} has no unit")).hint("\"50MiB\""));
    }
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(refused());
    }
    text.parse::<bytesize::ByteSize>().map(|size| Bytes(size.as_u64())).map_err(|_| refused())
}

/// Units of time in microseconds, the shortest first.
const UNITS: [(&str, u64); 5] =
    [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000)];

/// Reads a time: a whole number and one unit out of `us`, `ms`, `s`, `m`, `h`.
///
/// # Errors
/// What is wrong with the text, with an example.
pub fn parse_duration(text: &str) -> Result<Duration, Problem> {
    let refused = || {
        Problem::new(format!("{text:?} is not a time"))
            .hint("\"500ms\", \"10s\", \"15m\" or \"1h\"")
    };
    let digits = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| refused())?;
    let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refused)?;
    let micros = number.checked_mul(*micros).ok_or_else(refused)?;
    Ok(Duration::from_micros(micros))
}

/// A time in the largest unit that loses nothing, as [`parse_duration`] reads it.
pub fn show_duration(time: Duration) -> String {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let fits = |(_, size): &&(&str, u64)| micros >= *size && micros.is_multiple_of(*size);
    match UNITS.iter().rev().find(fits) {
        Some((unit, size)) => format!("{}{unit}", micros / size),
        None => "0s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_want_a_unit() {
        assert_eq!(parse_size("50MiB").unwrap(), Bytes::mib(50));
        assert_eq!(parse_size("1 GiB").unwrap(), Bytes::mib(1024));
        for bad in ["50", "", "MiB", "-1MiB", "50 apples", "NaN", "inf"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_one_number_and_one_unit() {
        assert_eq!(parse_duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(parse_duration("15m").unwrap(), Duration::from_secs(900));
        for bad in ["5", "", "s", "-5s", "1.5s", "5 s", "1d", "99999999999999999999s", "5M"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_time_reads_back_as_itself(micros in 0..u64::MAX / 2) {
            let time = Duration::from_micros(micros);
            prop_assert_eq!(parse_duration(&show_duration(time)).unwrap(), time);
        }

        #[test]
        fn a_shown_size_reads_back_as_itself(bytes in 0u64..1 << 50) {
            prop_assert_eq!(parse_size(&Bytes(bytes).to_string()).unwrap(), Bytes(bytes));
        }

        #[test]
        fn no_text_breaks_the_readers(text in ".{0,40}") {
            let _ = parse_duration(&text);
            let _ = parse_size(&text);
        }
    }
}
