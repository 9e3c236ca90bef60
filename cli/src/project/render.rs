//! `{{key}}` in a template becomes what stands for it. It knows no template and no key.

/// Puts values into a template.
///
/// # Panics
/// The template names a key that has no value: templates are part of this program, and a test
/// renders each.
pub fn render(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (key, behind) = after.split_once("}}").expect("a template closes its braces");
        let value = values.iter().find(|(name, _)| *name == key);
        let (_, value) = value.unwrap_or_else(|| panic!("no value for {key}"));
        text.push_str(before);
        text.push_str(value);
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn values_are_put_in_once_and_as_they_are() {
        let values = [("a", "{{b}}"), ("b", "2")];
        assert_eq!(render("{{a}} and {{b}}{x}", &values), "{{b}} and 2{x}");
    }
}
