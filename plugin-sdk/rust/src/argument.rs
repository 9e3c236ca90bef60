//! Arguments of commands, from the wire's values to Rust's.
//!
//! It refuses to parse text: values arrive typed.

use outboard_proto::common::value::Of;

/// An argument that is not what the handler takes it for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("argument {argument} of /{command} is no {expected}: does the manifest declare it so?")]
pub struct ArgumentError {
    /// The command's name.
    pub command: String,
    /// The argument's name.
    pub argument: String,
    /// What the handler takes it for.
    pub expected: &'static str,
}

/// A type that an argument can have.
pub trait FromValue: Sized {
    /// The value as this type.
    ///
    /// # Errors
    /// The name of the type that was expected.
    fn from_value(value: Option<&Of>) -> Result<Self, &'static str>;
}

impl FromValue for String {
    fn from_value(value: Option<&Of>) -> Result<Self, &'static str> {
        match value {
            Some(Of::String(text) | Of::User(text) | Of::Channel(text) | Of::Choice(text)) => {
                Ok(text.clone())
            }
            Some(Of::Integer(_) | Of::Number(_) | Of::Boolean(_)) | None => Err("string"),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Option<&Of>) -> Result<Self, &'static str> {
        match value {
            Some(Of::Integer(number)) => Ok(*number),
            _ => Err("integer"),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Option<&Of>) -> Result<Self, &'static str> {
        match value {
            Some(Of::Number(number)) => Ok(*number),
            _ => Err("number"),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Option<&Of>) -> Result<Self, &'static str> {
        match value {
            Some(Of::Boolean(truth)) => Ok(*truth),
            _ => Err("boolean"),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Option<&Of>) -> Result<Self, &'static str> {
        value.map(|_| T::from_value(value)).transpose()
    }
}
