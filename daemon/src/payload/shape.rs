//! What the messages of a payload look like on the wire, and whether given bytes are one.
//!
//! A payload that is only passed on need not be taken apart: a walk over its bytes says that every
//! reader will be able to. It accepts less than a decoder does (no unknown fields, no groups), and
//! nothing a decoder would refuse; what it does not accept is decoded. It refuses to know what the
//! fields mean, but for two kinds of message that routing must look into.

use std::collections::HashMap;
use std::sync::LazyLock;

use outboard_proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use super::wire::{Reader, Wire};

/// Shapes, by the place of their message.
pub struct Shapes {
    table: Vec<Shape>,
    places: HashMap<String, usize>,
}

/// The fields of one message, by number.
#[derive(Default)]
struct Shape {
    fields: Vec<Option<Field>>,
    is_telling: bool,
}

#[derive(Clone, Copy)]
enum Field {
    Varint,
    Fixed32,
    Fixed64,
    Text,
    Bytes,
    Nested(usize),
}

/// What a walk found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// A body nobody can inspect, or the mark of a plugin: routing must look at it.
    pub is_telling: bool,
}

/// Messages whose presence routing cares about.
const TELLING: [&str; 2] = [".outboard.common.v1.Opaque", ".outboard.common.v1.Origin"];

/// The shapes of everything in the committed descriptors.
static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    // Our own descriptors, committed beside the bindings; without them nothing is accepted, and
    // every payload is decoded.
    Shapes::of(&FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default())
});

/// The shape of one message.
#[derive(Clone, Copy)]
pub struct ShapeOf(Option<usize>);

impl ShapeOf {
    /// Of the message with this full name, such as `.outboard.common.v1.Message`.
    pub fn named(name: &str) -> Self {
        Self(SHAPES.places.get(name).copied())
    }

    /// Whether `bytes` are such a message, and what was found in it.
    pub fn walk(self, bytes: &[u8]) -> Option<Found> {
        let mut found = Found::default();
        SHAPES.walk(self.0?, bytes, &mut found)?;
        Some(found)
    }
}

impl Shapes {
    fn of(set: &FileDescriptorSet) -> Self {
        let mut messages = Vec::new();
        for file in &set.file {
            let package = format!(".{}", file.package());
            for message in &file.message_type {
                collect(&package, message, &mut messages);
            }
        }
        let names = messages.iter().map(|(name, _)| name.clone());
        let places: HashMap<String, usize> = names.zip(0..).collect();
        let shape = |(name, message): &(String, &DescriptorProto)| Shape {
            fields: fields(message, &places),
            is_telling: TELLING.contains(&name.as_str()),
        };
        Self { table: messages.iter().map(shape).collect(), places }
    }

    fn walk(&self, place: usize, bytes: &[u8], found: &mut Found) -> Option<()> {
        let shape = &self.table[place];
        found.is_telling |= shape.is_telling;
        let mut reader = Reader::new(bytes);
        while !reader.is_done() {
            let (number, wire) = reader.key()?;
            let field = shape.fields.get(number as usize).copied().flatten()?;
            match (field, wire) {
                (Field::Varint, Wire::Varint) => {
                    reader.varint()?;
                }
                (Field::Fixed32, Wire::Fixed32) => {
                    reader.take(4)?;
                }
                (Field::Fixed64, Wire::Fixed64) => {
                    reader.take(8)?;
                }
                (Field::Text, Wire::Delimited) => {
                    std::str::from_utf8(reader.delimited()?).ok()?;
                }
                (Field::Bytes, Wire::Delimited) => {
                    reader.delimited()?;
                }
                (Field::Nested(inner), Wire::Delimited) => {
                    self.walk(inner, reader.delimited()?, found)?;
                }
                // Numbers may also come packed; nothing here has any.
                (
                    Field::Varint
                    | Field::Fixed32
                    | Field::Fixed64
                    | Field::Text
                    | Field::Bytes
                    | Field::Nested(_),
                    _,
                ) => return None,
            }
        }
        Some(())
    }
}

fn collect<'a>(
    prefix: &str,
    message: &'a DescriptorProto,
    into: &mut Vec<(String, &'a DescriptorProto)>,
) {
    let name = format!("{prefix}.{}", message.name());
    for nested in &message.nested_type {
        collect(&name, nested, into);
    }
    into.push((name, message));
}

fn fields(message: &DescriptorProto, places: &HashMap<String, usize>) -> Vec<Option<Field>> {
    let highest = message.field.iter().map(FieldDescriptorProto::number).max().unwrap_or(0);
    let mut fields = vec![None; usize::try_from(highest).unwrap_or(0) + 1];
    for field in &message.field {
        if let Some(place) = usize::try_from(field.number()).ok().and_then(|it| fields.get_mut(it))
        {
            *place = read(field, places);
        }
    }
    fields
}

/// `None` for what the walk does not know: such a message is decoded.
fn read(field: &FieldDescriptorProto, places: &HashMap<String, usize>) -> Option<Field> {
    match field.r#type() {
        Type::Int64 | Type::Uint64 | Type::Int32 | Type::Bool | Type::Uint32 | Type::Enum => {
            Some(Field::Varint)
        }
        Type::Sint32 | Type::Sint64 => Some(Field::Varint),
        Type::Fixed64 | Type::Sfixed64 | Type::Double => Some(Field::Fixed64),
        Type::Fixed32 | Type::Sfixed32 | Type::Float => Some(Field::Fixed32),
        Type::String => Some(Field::Text),
        Type::Bytes => Some(Field::Bytes),
        Type::Message => places.get(field.type_name()).copied().map(Field::Nested),
        Type::Group => None,
    }
}
