//! What a rule found: every place at once, so that one run shows all there is to mend. It knows
//! no rule.

/// Collects the places that break one rule.
pub struct Findings {
    rule: &'static str,
    places: Vec<String>,
}

impl Findings {
    /// None yet, for a rule stated as a whole sentence.
    pub fn of(rule: &'static str) -> Self {
        Self { rule, places: Vec::new() }
    }

    /// Adds a place in a file; `line` counts from 1.
    pub fn at(&mut self, path: &str, line: usize, what: &str) {
        self.places.push(format!("{path}:{line}: {what}"));
    }

    /// Adds something that has no line.
    pub fn about(&mut self, what: String) {
        self.places.push(what);
    }

    /// Fails, naming the rule and every place, unless there is none.
    #[track_caller]
    pub fn none(self) {
        let count = self.places.len();
        assert!(count == 0, "{} ({count} to mend)\n  {}\n", self.rule, self.places.join("\n  "));
    }
}
