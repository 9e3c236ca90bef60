//! The script's checks, one line each, and their sum.
//!
//! It refuses to know what is checked.

use std::process::ExitCode;

/// What has been checked so far.
#[derive(Debug, Default)]
pub struct Report {
    passed: u32,
    failed: u32,
}

impl Report {
    /// Notes one check; `saw` is printed where it failed.
    pub fn check(&mut self, claim: &str, holds: bool, saw: &str) {
        if holds {
            self.passed += 1;
            println!("ok    {claim}");
        } else {
            self.failed += 1;
            println!("FAIL  {claim}\n      saw: {saw}");
        }
    }

    /// Notes a check that ends in a value or a word about why not.
    pub fn note<T>(&mut self, claim: &str, result: anyhow::Result<T>) -> Option<T> {
        match result {
            Ok(value) => {
                self.check(claim, true, "");
                Some(value)
            }
            Err(error) => {
                self.check(claim, false, &format!("{error:#}"));
                None
            }
        }
    }

    /// The closing line and the exit code.
    pub fn close(&self) -> ExitCode {
        println!("demo: {} checks passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
