//! How pages of cases write labels.

/// With a capital letter, as headings and buttons in English begin.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_begins_with_a_capital_letter() {
        assert_eq!(
            (capital("file the case"), capital("立案"), capital("")),
            ("File the case".into(), "立案".into(), String::new())
        );
    }
}
