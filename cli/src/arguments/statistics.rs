//! What is typed about counts, metrics and use. It knows words and defaults, not what they do.

use clap::Args;

#[derive(Debug, Args)]
pub struct Stats {
    /// Only this plugin, in full; it need not be loaded
    pub name: Option<String>,
    /// How far back, such as 90m, 24h or 7d; whole hours count
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
    pub since: u64,
}

#[derive(Debug, Args)]
pub struct Popular {
    /// How far back, such as 24h or 7d; whole hours count
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    pub since: u64,
    /// How many lines
    #[arg(long, value_name = "N", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub most: u32,
}

#[derive(Debug, Args)]
pub struct Usage {
    /// Only this plugin
    pub name: Option<String>,
    /// Show each use as it happens; without it, `popular` says what was used
    #[arg(long, short, required = true)]
    pub follow: bool,
    /// End after N
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
}

/// Seconds of `90s`, `30m`, `24h` or `7d`.
pub fn span(text: &str) -> Result<u64, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        count.checked_mul(*seconds)
    });
    match found {
        Some(seconds) if seconds > 0 => Ok(seconds),
        Some(_) | None => Err(format!("{text:?} is no time such as 30m, 24h or 7d")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(
            ["90s", "30m", "24h", "7d"].map(|it| span(it).unwrap()),
            [90, 1800, 86_400, 604_800]
        );
        for wrong in ["", "7", "0h", "-1h", "1w", "99999999999999999999d"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
