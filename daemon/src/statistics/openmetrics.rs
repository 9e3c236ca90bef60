//! OpenMetrics 1.0 text: families, samples, labels. It knows the format, not what is measured.

use std::fmt::{Display, Write as _};

/// What a family is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by upper bound.
    Histogram,
    /// Words about something, always 1.
    Info,
}

/// A text under way.
#[derive(Debug, Default)]
pub struct Text(String);

/// Labels and their values, in their order.
pub type Labels<'l> = [(&'static str, &'l str)];

impl Text {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &str, kind: Type, help: &str) {
        let kind = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
            Type::Info => "info",
        };
        self.write(format_args!("# TYPE {name} {kind}\n# HELP {name} {help}\n"));
    }

    /// One number.
    pub fn sample(&mut self, name: &str, labels: &Labels<'_>, value: impl Display) {
        self.0.push_str(name);
        for (at, (key, text)) in labels.iter().enumerate() {
            self.write(format_args!("{}{key}=\"", if at == 0 { '{' } else { ',' }));
            self.escaped(text);
            self.0.push('"');
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        self.write(format_args!(" {value}\n"));
    }

    /// A histogram: how many lay below each bound (seconds), how many there were, their sum.
    pub fn histogram(
        &mut self,
        name: &str,
        labels: &Labels<'_>,
        below: impl Iterator<Item = (f64, u64)>,
        (count, sum): (u64, f64),
    ) {
        let bucket = format!("{name}_bucket");
        let ends = below.map(|(bound, count)| (bound.to_string(), count));
        for (bound, count) in ends.chain([("+Inf".to_owned(), count)]) {
            let with_bound: Vec<_> = labels.iter().copied().chain([("le", &*bound)]).collect();
            self.sample(&bucket, &with_bound, count);
        }
        self.sample(&format!("{name}_count"), labels, count);
        self.sample(&format!("{name}_sum"), labels, sum);
    }

    /// The whole text.
    #[must_use]
    pub fn end(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                // A reader of lines may take them for the end of one.
                other if other.is_control() => self.0.push('?'),
                other => self.0.push(other),
            }
        }
    }

    fn write(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_the_text_ends() {
        let mut text = Text::default();
        text.family("x", Type::Counter, "Things.");
        text.sample("x_total", &[("name", "a\"b\\c\nd\re")], 3);
        text.sample("x_total", &[], 0.5);
        let wanted = "# TYPE x counter\n# HELP x Things.\n\
                      x_total{name=\"a\\\"b\\\\c\\nd?e\"} 3\nx_total 0.5\n# EOF\n";
        assert_eq!(text.end(), wanted);
    }

    #[test]
    fn a_histogram_ends_with_everything() {
        let mut text = Text::default();
        text.histogram("t", &[("a", "b")], [(0.001024, 1), (1.0, 2)].into_iter(), (3, 7.5));
        let wanted = "t_bucket{a=\"b\",le=\"0.001024\"} 1\nt_bucket{a=\"b\",le=\"1\"} 2\n\
                      t_bucket{a=\"b\",le=\"+Inf\"} 3\nt_count{a=\"b\"} 3\nt_sum{a=\"b\"} 7.5\n\
                      # EOF\n";
        assert_eq!(text.end(), wanted);
    }
}
