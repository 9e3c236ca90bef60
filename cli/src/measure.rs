//! Amounts as people read them: sizes, spans, counts, times of day. It knows units and refuses to
//! know the hour: whoever asks says what time it is.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since the Unix epoch, as the wire has them.
pub type Micros = i64;

/// The hour, from this machine's clock.
pub fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// `12.3 MiB`.
pub fn bytes(count: u64) -> String {
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let Some((unit, size)) = units.iter().find(|(_, size)| count >= *size) else {
        return format!("{count} B");
    };
    if count.is_multiple_of(*size) {
        return format!("{} {unit}", count / size);
    }
    // Tenths, rounded down: "50 MiB" must not be said of what is still below it.
    let tenths = u128::from(count) * 10 / u128::from(*size);
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// `250 µs`, `3.2 ms`, `1.5 s`, `3 m 12 s`, `2 h 5 m`, `3 d 4 h`.
pub fn span(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0 if micros < 1_000 => format!("{micros} µs"),
        0 => tenths(micros, 1_000, "ms"),
        1..60 => tenths(micros, 1_000_000, "s"),
        60..3_600 => pair(seconds, (60, "m"), (1, "s")),
        3_600..86_400 => pair(seconds, (3_600, "h"), (60, "m")),
        _ => pair(seconds, (86_400, "d"), (3_600, "h")),
    }
}

/// `just now`, `42 s ago`, `3 m ago`, `2 h ago`, `5 d ago`.
pub fn ago(now: Micros, at: Micros) -> String {
    let seconds = now.saturating_sub(at).max(0) / 1_000_000;
    match seconds {
        0..2 => "just now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} m ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// How long something has lasted, to the second.
pub fn lasted(now: Micros, since: Micros) -> String {
    match u64::try_from(now.saturating_sub(since)).unwrap_or(0) / 1_000_000 {
        0 => "0 s".to_owned(),
        seconds => span(seconds * 1_000_000),
    }
}

/// `1,204,377`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 plugin`, `4 plugins`, `2 processes`.
pub fn plural(number: usize, noun: &str) -> String {
    let ending = if noun.ends_with('s') { "es" } else { "s" };
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}{ending}", count(number as u64)),
    }
}

/// `Jan 02 15:04:05.678`, in the machine's zone.
pub fn clock(at: Micros) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or_default();
    at.to_zoned(TimeZone::system()).strftime("%b %d %H:%M:%S%.3f").to_string()
}

fn tenths(micros: u64, unit: u64, name: &str) -> String {
    let tenths = micros * 10 / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        rest => format!("{}.{rest} {name}", tenths / 10),
    }
}

fn pair(seconds: u64, large: (u64, &str), small: (u64, &str)) -> String {
    let rest = seconds % large.0 / small.0;
    match rest {
        0 => format!("{} {}", seconds / large.0, large.1),
        _ => format!("{} {} {rest} {}", seconds / large.0, large.1, small.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_largest_unit_and_never_round_up() {
        let shown = [0, 1023, 1024, 52_428_800, 52_428_799, 12_897_485, 1 << 31].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1 KiB", "50 MiB", "49.9 MiB", "12.3 MiB", "2 GiB"]);
    }

    #[test]
    fn spans_show_two_units_at_most() {
        let second = 1_000_000;
        let shown = [0, 250, 3_200, 1_500_000, 192 * second, 3_600 * second, 273_600 * second];
        let wanted = ["0 µs", "250 µs", "3.2 ms", "1.5 s", "3 m 12 s", "1 h", "3 d 4 h"];
        assert_eq!(shown.map(span), wanted);
    }

    #[test]
    fn a_clock_that_went_back_is_just_now() {
        assert_eq!(ago(0, 5_000_000), "just now");
        assert_eq!(ago(200_000_000, 0), "3 m ago");
        assert_eq!(lasted(0, 5_000_000), "0 s");
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!([0, 999, 1_000, 1_204_377].map(count), ["0", "999", "1,000", "1,204,377"]);
    }
}
