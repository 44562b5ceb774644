//! Printing JSON by hand, for what is asked for ten thousand times a second: the printer of a shape takes three times as
//! long, and the shape itself as long again. Tests hold what is printed against what the shape prints.

use std::fmt::{Display, Write as _};

use crate::wire::json;

/// JSON over several lines, as `json::pretty` prints it.
#[derive(Debug)]
pub(super) struct Pretty {
    text: String,
    depth: usize,
    /// Whether nothing stands yet in what was begun last.
    empty: bool,
}

/// Two spaces a level.
const INDENTATION: &str = "                ";

impl Pretty {
    /// One object, to which `fill` adds fields, LF at the end.
    pub(super) fn object(capacity: usize, fill: impl FnOnce(&mut Self)) -> String {
        let mut printing = Self { text: String::with_capacity(capacity), depth: 0, empty: true };
        printing.within('{', '}', fill);
        printing.text.push('\n');
        printing.text
    }

    fn within(&mut self, begin: char, end: char, fill: impl FnOnce(&mut Self)) {
        self.text.push(begin);
        self.depth += 1;
        self.empty = true;
        fill(self);
        self.depth -= 1;
        if !self.empty {
            self.line();
        }
        self.text.push(end);
        self.empty = false;
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.push_str(INDENTATION.get(..2 * self.depth).unwrap_or(INDENTATION));
    }

    /// Begins the next field or item.
    fn next(&mut self) {
        if !self.empty {
            self.text.push(',');
        }
        self.empty = false;
        self.line();
    }

    /// Names are letters.
    fn name(&mut self, name: &str) {
        self.next();
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\": ");
    }

    /// A field that is a string.
    pub(super) fn string(&mut self, name: &str, value: &str) {
        self.name(name);
        json::quote(&mut self.text, value);
    }

    /// A field that is a string of which nothing has to be escaped: digits, or words of ours.
    pub(super) fn plain(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push('"');
        self.text.push_str(value);
        self.text.push('"');
    }

    /// Likewise, of a value that is shown so.
    pub(super) fn shown(&mut self, name: &str, value: impl Display) {
        self.name(name);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "\"{value}\"");
    }

    /// A field that is a number or a truth value.
    pub(super) fn bare(&mut self, name: &str, value: impl Display) {
        self.name(name);
        let _ = write!(self.text, "{value}");
    }

    /// A field that is an object.
    pub(super) fn inner(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.name(name);
        self.within('{', '}', fill);
    }

    /// A field that is a list of objects.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Self, T),
    ) {
        self.name(name);
        self.within('[', ']', |list| {
            for item in items {
                list.next();
                list.within('{', '}', |object| fill(object, item));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_the_library_prints() {
        // In the order of their names, in which the library keeps them.
        let text = Pretty::object(0, |json| {
            json.string("a", "\"证\n");
            json.plain("aa", "证");
            json.shown("ab", 7);
            json.bare("b", 7);
            json.inner("c", |json| json.bare("d", true));
            json.list("e", [1, 2], |json, n| json.bare("n", n));
            json.list("none", [0; 0], |json, n| json.bare("n", n));
            json.inner("nothing", |_| {});
        });
        let shape = serde_json::json!({
            "a": "\"证\n", "aa": "证", "ab": "7", "b": 7, "c": { "d": true }, "e": [{ "n": 1 }, { "n": 2 }],
            "none": [], "nothing": {},
        });
        assert_eq!(text, serde_json::to_string_pretty(&shape).unwrap() + "\n");
    }
}
