//! What is typed about grants and the audit log. It knows words, not what they allow.

use std::time::Duration;

use clap::Args;

#[derive(Debug, Args)]
pub struct Grants {
    /// The plugin
    pub name: String,
    /// Grant what it asks for: permission, or permission@channels=town-*|id:C1
    #[arg(long, value_name = "PERM[@SCOPE]")]
    pub grant: Vec<String>,
    /// Take a permission away, at once
    #[arg(long, value_name = "PERM")]
    pub revoke: Vec<String>,
    /// Leave less of a permission: permission@channels=town-hall
    #[arg(long, value_name = "PERM@SCOPE")]
    pub narrow: Vec<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    pub why: String,
}

#[derive(Debug, Args)]
pub struct Audit {
    /// Only what is about this plugin
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,
    /// Only what happened within this time, such as 90s, 10m, 1h or 7d
    #[arg(long, value_name = "TIME", value_parser = within)]
    pub since: Option<Duration>,
    /// Only this, such as refused, grants, load
    #[arg(long, value_name = "ACT")]
    pub act: Option<String>,
    /// Go on with what happens from now on
    #[arg(long, short)]
    pub follow: bool,
}

fn within(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time such as 90s, 10m, 1h or 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(within("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(within("2d"), Ok(Duration::from_secs(172_800)));
        for wrong in ["", "s", "1", "1w", "-1h", "1.5h", "9999999999d"] {
            assert!(within(wrong).is_err(), "{wrong}");
        }
    }
}
