//! The main paths, told one at a time.
