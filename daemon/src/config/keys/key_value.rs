//! What a run or limits key can hold, and how each is read and shown. Ranges and ceilings are the
//! rows' business.

use crate::config::amount::{Bytes, parse_duration, parse_size, show_duration};
use crate::config::fault::Problem;
use crate::config::section::Field;
use std::fmt;
use std::time::Duration;

/// A kind of value.
pub trait KeyValue: Copy + PartialOrd {
    /// Reads it; what it cannot be is noted as a fault of the field.
    fn read(field: &Field<'_>) -> Option<Self>;
    /// For people.
    fn show(&self) -> String;
    /// As a file would write it.
    fn write(&self) -> String {
        format!("{:?}", self.show())
    }
}

/// Whether an ended plugin is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RestartPolicy {
    /// Never.
    Never,
    /// When it ended by its own fault.
    OnFailure,
    /// Whatever it ended by, an orderly exit included.
    Always,
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RestartPolicy::Never => "never",
            RestartPolicy::OnFailure => "on-failure",
            RestartPolicy::Always => "always",
        })
    }
}

impl KeyValue for RestartPolicy {
    fn read(field: &Field<'_>) -> Option<RestartPolicy> {
        field.parse(|text| match text {
            "never" => Ok(RestartPolicy::Never),
            "on-failure" => Ok(RestartPolicy::OnFailure),
            "always" => Ok(RestartPolicy::Always),
            other => Err(Problem::new(format!("no such restart policy: {other:?}"))
                .hint("never, on-failure or always")),
        })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// When a plugin is started where nobody has asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FirstStart {
    /// As soon as nothing stands in its way.
    Boot,
    /// When something is wanted of it.
    Lazy,
}

impl KeyValue for FirstStart {
    fn read(field: &Field<'_>) -> Option<FirstStart> {
        field.parse(|text| match text {
            "boot" => Ok(FirstStart::Boot),
            "lazy" => Ok(FirstStart::Lazy),
            other => Err(Problem::new(format!("no such start: {other:?}")).hint("boot or lazy")),
        })
    }

    fn show(&self) -> String {
        match self {
            FirstStart::Boot => "boot",
            FirstStart::Lazy => "lazy",
        }
        .to_owned()
    }
}

/// How long a plugin may have nothing to do before it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdleStop {
    /// So long.
    After(Duration),
    /// It runs on.
    Never,
}

impl KeyValue for IdleStop {
    fn read(field: &Field<'_>) -> Option<IdleStop> {
        field.parse(|text| match text {
            "never" => Ok(IdleStop::Never),
            text => parse_duration(text).map(IdleStop::After),
        })
    }

    fn show(&self) -> String {
        match self {
            IdleStop::After(most) => show_duration(*most),
            IdleStop::Never => "never".to_owned(),
        }
    }
}

/// A hard cap of processor time. Ordered by what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CpuQuota {
    /// Percent of one processor; 200 is two of them.
    Percent(u32),
    /// No cap.
    None,
}

impl KeyValue for CpuQuota {
    fn read(field: &Field<'_>) -> Option<CpuQuota> {
        field.parse(|text| {
            let percent = text.strip_suffix('%').and_then(|it| it.parse().ok());
            match (text, percent) {
                ("none", _) => Ok(CpuQuota::None),
                (_, Some(percent)) => Ok(CpuQuota::Percent(percent)),
                (other, None) => Err(Problem::new(format!("{other:?} is not a share"))
                    .hint("\"50%\" of one processor, or \"none\"")),
            }
        })
    }

    fn show(&self) -> String {
        match self {
            CpuQuota::Percent(percent) => format!("{percent}%"),
            CpuQuota::None => "none".to_owned(),
        }
    }
}

impl KeyValue for Duration {
    fn read(field: &Field<'_>) -> Option<Duration> {
        field.parse(parse_duration)
    }

    fn show(&self) -> String {
        show_duration(*self)
    }
}

impl KeyValue for Bytes {
    fn read(field: &Field<'_>) -> Option<Bytes> {
        field.parse(parse_size)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl KeyValue for u32 {
    fn read(field: &Field<'_>) -> Option<u32> {
        let number = field.integer()?;
        field.settle(
            u32::try_from(number).map_err(|_| Problem::new(format!("{number} is out of range"))),
        )
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn write(&self) -> String {
        self.show()
    }
}
