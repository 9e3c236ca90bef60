//! A slice: so many messages in flight for so long, and what came of it. Every driver of a case
//! answers slices on its standard input, one line each way.
//!
//! It refuses to know what a message is and where it goes.

use std::fmt;
use std::io::{BufRead, Write};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;

/// Bytes of every message.
pub const MESSAGE_BYTES: usize = 160;

/// What is slower counts as this: a minute.
const LONGEST_NS: u64 = 60_000_000_000;

/// What the bench asks for. On the line: `IN_FLIGHT WARM_UP_MS LENGTH_MS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Messages under way at once.
    pub in_flight: usize,
    /// What goes before, uncounted: the other cases have cooled the caches.
    pub warm_up: Duration,
    /// What counts.
    pub length: Duration,
}

/// What came of it. On the line: `WARM_UP_MESSAGES MESSAGES ELAPSED_NS P50_NS P99_NS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Answered while warming up.
    pub warm_up_messages: u64,
    /// Answered within the slice.
    pub messages: u64,
    /// The slice's length.
    pub elapsed: Duration,
    /// From question to answer, the median.
    pub p50: Duration,
    /// From question to answer, 99 of 100 are faster.
    pub p99: Duration,
}

impl Told {
    /// Answers a second.
    pub fn per_second(&self) -> f64 {
        self.messages as f64 / self.elapsed.as_secs_f64()
    }
}

/// Collects answers.
#[derive(Debug)]
pub struct Recorder {
    counted: Instant,
    end: Instant,
    length: Duration,
    warm_up_messages: u64,
    nanoseconds: Histogram<u64>,
}

impl Recorder {
    /// The slice begins now.
    pub fn start(slice: Slice) -> anyhow::Result<Self> {
        let counted = Instant::now() + slice.warm_up;
        Ok(Self {
            counted,
            end: counted + slice.length,
            length: slice.length,
            warm_up_messages: 0,
            nanoseconds: Histogram::new_with_bounds(1, LONGEST_NS, 3)?,
        })
    }

    /// Counts an answer; false when the slice is over and nothing more is to be asked.
    pub fn note(&mut self, asked: Instant, answered: Instant) -> bool {
        if answered > self.end {
            return false;
        }
        if asked < self.counted {
            self.warm_up_messages += 1;
        } else {
            self.nanoseconds.saturating_record(nanoseconds(answered - asked));
        }
        true
    }

    /// What came of it.
    ///
    /// # Errors
    /// Nothing was answered.
    pub fn told(&self) -> anyhow::Result<Told> {
        anyhow::ensure!(!self.nanoseconds.is_empty(), "nothing was answered within a slice");
        let quantile = |q| Duration::from_nanos(self.nanoseconds.value_at_quantile(q));
        Ok(Told {
            warm_up_messages: self.warm_up_messages,
            messages: self.nanoseconds.len(),
            elapsed: self.length,
            p50: quantile(0.5),
            p99: quantile(0.99),
        })
    }
}

/// Says that the case stands, then answers slices until standard input ends.
pub fn answer(mut run: impl FnMut(Slice) -> anyhow::Result<Told>) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    for line in std::io::stdin().lock().lines() {
        let told = run(line?.parse()?)?;
        writeln!(out, "{told}")?;
    }
    Ok(())
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.in_flight, self.warm_up.as_millis(), self.length.as_millis())
    }
}

impl FromStr for Slice {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> anyhow::Result<Self> {
        let [in_flight, warm_up, length] = numbers(line)?;
        Ok(Self {
            in_flight: usize::try_from(in_flight)?,
            warm_up: Duration::from_millis(warm_up),
            length: Duration::from_millis(length),
        })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [elapsed, p50, p99] = [self.elapsed, self.p50, self.p99].map(nanoseconds);
        write!(f, "{} {} {elapsed} {p50} {p99}", self.warm_up_messages, self.messages)
    }
}

impl FromStr for Told {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> anyhow::Result<Self> {
        let [warm_up_messages, messages, elapsed, p50, p99] = numbers(line)?;
        let [elapsed, p50, p99] = [elapsed, p50, p99].map(Duration::from_nanos);
        Ok(Self { warm_up_messages, messages, elapsed, p50, p99 })
    }
}

fn numbers<const N: usize>(line: &str) -> anyhow::Result<[u64; N]> {
    let told = || format!("{line:?} is not {N} numbers");
    let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
    let numbers: Vec<u64> = numbers.with_context(told)?;
    <[u64; N]>::try_from(numbers).ok().with_context(told)
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICE: Slice = Slice {
        in_flight: 64,
        warm_up: Duration::from_millis(10),
        length: Duration::from_millis(100),
    };

    #[test]
    fn a_slice_survives_its_line() {
        assert_eq!(SLICE.to_string().parse::<Slice>().unwrap(), SLICE);
    }

    #[test]
    fn what_is_told_survives_its_line() {
        let mut recorder = Recorder::start(SLICE).unwrap();
        let asked = recorder.counted;
        assert!(recorder.note(asked, asked + Duration::from_micros(7)));
        let told = recorder.told().unwrap();
        assert_eq!(told.p50.as_micros(), 7);
        assert_eq!(told.to_string().parse::<Told>().unwrap(), told);
    }

    #[test]
    fn only_answers_within_the_slice_count() {
        let mut recorder = Recorder::start(SLICE).unwrap();
        let (counted, end) = (recorder.counted, recorder.end);
        let short = Duration::from_micros(1);
        assert!(recorder.note(counted - short, counted), "asked while warming up");
        assert!(recorder.note(counted, counted + short));
        assert!(!recorder.note(counted, end + short), "answered after the end");
        let told = recorder.told().unwrap();
        assert_eq!((told.warm_up_messages, told.messages), (1, 1));
    }

    #[test]
    fn a_line_of_something_else_is_refused() {
        assert!("1 2".parse::<Slice>().is_err());
        assert!("1 2 three".parse::<Slice>().is_err());
    }
}
