//! Fields that people fill in, and whether what came back is what was asked for.
//!
//! Pure. Whether a user or a channel exists, the app knows.

use std::collections::BTreeMap;

use outboard_proto::common::{
    Failure, ModalField, ModalFieldKind, Reason, UiInput, UiOption, UiSelect, Value, value,
};
use tonic::Code;

use super::{Flaws, calm, is_id};

/// Characters of a text where nobody says.
const USUAL: u32 = 4_000;
/// Options of one select.
const OPTIONS: usize = 100;
/// Bytes of a label and the like.
pub const LABEL: usize = 255;
/// Bytes that a value without limits may have.
const LONGEST: usize = 16 * 1024;

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    kind: FieldKind,
    required: bool,
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum FieldKind {
    Text { lines: bool },
    Integer,
    Number,
    Boolean,
    Select(Vec<String>),
    User,
    Channel,
}

impl Field {
    /// A component's field for text.
    pub fn of_input(input: &mut UiInput, at: &str, flaws: &mut Flaws) -> Self {
        if input.most == 0 {
            input.most = USUAL;
        }
        for text in [&mut input.label, &mut input.placeholder] {
            short(text, at, flaws);
        }
        calm(&mut input.initial);
        let kind = FieldKind::Text { lines: input.multiline };
        let field = Self { kind, required: false, min: None, max: Some(f64::from(input.most)) };
        field.check_initial(&input.initial, at, flaws);
        field
    }

    /// A component's choice.
    pub fn of_select(select: &mut UiSelect, at: &str, flaws: &mut Flaws) -> Self {
        short(&mut select.label, at, flaws);
        let kind = FieldKind::Select(options(&mut select.options, at, flaws));
        let field = Self { kind, required: false, min: None, max: None };
        field.check_initial(&select.initial, at, flaws);
        field
    }

    /// A form's.
    pub fn of_modal(field: &mut ModalField, at: &str, flaws: &mut Flaws) -> Self {
        if !is_id(&field.id) {
            flaws.add(format!("{at}.id"), format!("{:?} is no id", field.id));
        }
        for text in [&mut field.label, &mut field.placeholder, &mut field.description] {
            short(text, at, flaws);
        }
        calm(&mut field.initial);
        let bounds = [field.min, field.max];
        if bounds.iter().flatten().any(|it| !it.is_finite())
            || matches!(bounds, [Some(min), Some(max)] if min > max)
        {
            flaws.add(at, "min and max contradict each other");
        }
        let selects = field.kind() == ModalFieldKind::Select;
        if !selects && !field.options.is_empty() {
            flaws.add(format!("{at}.options"), "only a select has options");
        }
        let kind = match field.kind() {
            ModalFieldKind::String => FieldKind::Text { lines: false },
            ModalFieldKind::Text => FieldKind::Text { lines: true },
            ModalFieldKind::Integer => FieldKind::Integer,
            ModalFieldKind::Number => FieldKind::Number,
            ModalFieldKind::Boolean => FieldKind::Boolean,
            ModalFieldKind::Select => FieldKind::Select(options(&mut field.options, at, flaws)),
            ModalFieldKind::User => FieldKind::User,
            ModalFieldKind::Channel => FieldKind::Channel,
            ModalFieldKind::Unspecified => {
                flaws.add(format!("{at}.kind"), "says not what it takes");
                FieldKind::Boolean
            }
        };
        let read = Self { kind, required: field.required, min: field.min, max: field.max };
        read.check_initial(&field.initial, at, flaws);
        read
    }

    /// What it holds at first must be something that it takes, or the start of a text.
    fn check_initial(&self, initial: &str, at: &str, flaws: &mut Flaws) {
        if initial.is_empty() {
            return;
        }
        let fits = match &self.kind {
            FieldKind::Text { .. } => initial.len() <= LONGEST,
            FieldKind::Integer => initial.parse::<i64>().is_ok(),
            FieldKind::Number => initial.parse::<f64>().is_ok_and(f64::is_finite),
            FieldKind::Boolean => matches!(initial, "true" | "false"),
            FieldKind::Select(options) => options.iter().any(|it| it == initial),
            FieldKind::User | FieldKind::Channel => initial.len() <= LABEL,
        };
        if !fits {
            flaws.add(format!("{at}.initial"), format!("{initial:?} is nothing that it takes"));
        }
    }

    /// Whether a value is one that it takes.
    fn check(&self, given: Option<&value::Of>) -> Result<(), String> {
        use value::Of;
        let absent = match given {
            None => true,
            Some(Of::String(text) | Of::Choice(text) | Of::User(text) | Of::Channel(text)) => {
                text.is_empty()
            }
            Some(Of::Integer(_) | Of::Number(_) | Of::Boolean(_)) => false,
        };
        if absent {
            return if self.required { Err("is missing".to_owned()) } else { Ok(()) };
        }
        match (&self.kind, given) {
            (FieldKind::Text { lines }, Some(Of::String(text))) => self.check_text(text, *lines),
            // A form's number is at most what a double can count by ones.
            #[allow(clippy::cast_precision_loss)]
            (FieldKind::Integer, Some(Of::Integer(number))) => self.within(*number as f64, ""),
            (FieldKind::Number, Some(Of::Number(number))) if number.is_finite() => {
                self.within(*number, "")
            }
            (FieldKind::Boolean, Some(Of::Boolean(yes))) => match self.required && !yes {
                true => Err("must be agreed to".to_owned()),
                false => Ok(()),
            },
            (FieldKind::Select(options), Some(Of::Choice(chosen))) => {
                match options.iter().any(|it| it == chosen) {
                    true => Ok(()),
                    false => Err(format!("{chosen:?} is none of its options")),
                }
            }
            (FieldKind::User, Some(Of::User(id))) | (FieldKind::Channel, Some(Of::Channel(id))) => {
                match id.len() <= LABEL {
                    true => Ok(()),
                    false => Err("is no id".to_owned()),
                }
            }
            (kind, _) => Err(format!("takes {}", kind.words())),
        }
    }

    fn check_text(&self, text: &str, lines: bool) -> Result<(), String> {
        if !lines && text.contains('\n') {
            return Err("has one line".to_owned());
        }
        if text.len() > LONGEST {
            return Err(format!("has at most {LONGEST} bytes"));
        }
        // At most some thousands.
        #[allow(clippy::cast_precision_loss)]
        self.within(text.chars().count() as f64, " characters")
    }

    fn within(&self, size: f64, unit: &str) -> Result<(), String> {
        match (self.min, self.max) {
            (Some(min), _) if size < min => Err(format!("is at least {min}{unit}")),
            (_, Some(max)) if size > max => Err(format!("is at most {max}{unit}")),
            _ => Ok(()),
        }
    }
}

impl FieldKind {
    fn words(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Select(_) => "one of its options",
            Self::User => "a user",
            Self::Channel => "a channel",
        }
    }
}

/// Whether what somebody filled in is what was asked for.
///
/// # Errors
/// `BAD_VALUES`, with every field at fault in the details, `field.ID`.
pub fn check_values(
    fields: &BTreeMap<String, Field>,
    given: &BTreeMap<String, Value>,
) -> Result<(), Failure> {
    let mut wrong: Vec<(&str, String)> = Vec::new();
    for (id, field) in fields {
        let of = given.get(id).and_then(|it| it.of.as_ref());
        wrong.extend(field.check(of).err().map(|why| (id.as_str(), why)));
    }
    let strange = given.keys().filter(|id| !fields.contains_key(*id)).take(8);
    wrong.extend(strange.map(|id| (id.as_str(), "there is no such field".to_owned())));
    if wrong.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = wrong.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    let failure = Failure::new(Code::InvalidArgument, Reason::BadValues, words.join("; "));
    Err(wrong.into_iter().fold(failure, |failure, (id, why)| {
        failure.detail(&format!("field.{}", id.chars().take(64).collect::<String>()), why)
    }))
}

/// Calms a short text, and refuses a long one.
pub fn short(text: &mut String, at: &str, flaws: &mut Flaws) {
    calm(text);
    if text.len() > LABEL {
        flaws.add(at, format!("a label or note has at most {LABEL} bytes"));
    }
}

fn options(options: &mut [UiOption], at: &str, flaws: &mut Flaws) -> Vec<String> {
    if options.is_empty() || options.len() > OPTIONS {
        flaws.add(format!("{at}.options"), format!("has 1 to {OPTIONS} options"));
    }
    for option in options.iter_mut().take(OPTIONS + 1) {
        for text in [&mut option.value, &mut option.label] {
            short(text, at, flaws);
        }
        if option.value.is_empty() {
            flaws.add(format!("{at}.options"), "an option has no value");
        }
    }
    let values: Vec<String> = options.iter().map(|it| it.value.clone()).collect();
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|two| two[0] == two[1]) {
        flaws.add(format!("{at}.options"), "two options have the same value");
    }
    values
}
