//! The macros that make the types, the printers and the parsers of acts from the lists of their fields, so that they always agree.
//!
//! [`act_types`] makes the types of a list. [`acts`] makes the enumeration of all acts, and the types of those listed with their fields;
//! an act listed without fields has its type in another file.
//!
//! Not here: the lists (`acts`, `period_acts`), the spelling of a value (`line_value`).

/// Most lines of one name in an act.
pub const LINES_MAX: usize = 400;
/// Lines before those of the act itself.
pub const HEAD: [&str; 6] = ["stream", "by", "capacity", "request", "body", "act"];

/// Type, parser and printer of a field: required, optional or repeated.
macro_rules! field {
    (type required $kind:ty) => { $kind };
    (type optional $kind:ty) => { Option<$kind> };
    (type repeated $kind:ty) => { Vec<$kind> };
    (read required $fields:ident $line:literal) => { $crate::court::line_value::required($fields, $line)? };
    (read optional $fields:ident $line:literal) => { $crate::court::line_value::optional($fields, $line)? };
    (read repeated $fields:ident $line:literal) => {
        $crate::court::line_value::repeated($fields, $line, $crate::court::acts::grammar::LINES_MAX)?
    };
    (annexes required $annexes:ident $value:expr) => {
        $annexes.extend($crate::court::line_value::LineValue::annex($value))
    };
    (annexes optional $annexes:ident $value:expr) => {
        $annexes.extend($value.iter().filter_map($crate::court::line_value::LineValue::annex))
    };
    (annexes repeated $annexes:ident $value:expr) => {
        $annexes.extend($value.iter().filter_map($crate::court::line_value::LineValue::annex))
    };
    (print required $text:ident $line:literal $value:expr) => {
        $crate::court::line_value::write($text, $line, $value)
    };
    (print optional $text:ident $line:literal $value:expr) => {
        if let Some(value) = $value { $crate::court::line_value::write($text, $line, value) }
    };
    (print repeated $text:ident $line:literal $value:expr) => {
        for value in $value { $crate::court::line_value::write($text, $line, value) }
    };
}

/// Types of acts by their fields: number of lines, field name, line name, type of the value.
macro_rules! act_types {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $times:ident $field:ident $line:literal: $kind:ty,)*
        }
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                $($(#[$field_doc])* #[doc = concat!("The line `", $line, "`.")] pub $field: $crate::court::acts::grammar::field!(type $times $kind),)*
            }

            impl $name {
                /// The lines of a document with this act, in their order.
                pub(in crate::court::acts) const LINES: &'static [&'static str] = {
                    const HEAD: [&str; 6] = $crate::court::acts::grammar::HEAD;
                    &[HEAD[0], HEAD[1], HEAD[2], HEAD[3], HEAD[4], HEAD[5] $(, $line)*]
                };

                /// Its own lines, appended to `text`.
                pub(in crate::court::acts) fn print(&self, text: &mut String) {
                    let $name { $($field),* } = self;
                    $($crate::court::acts::grammar::field!(print $times text $line $field);)*
                    let _ = text;
                }

                /// The annexes that its lines name, appended to `annexes`.
                pub(in crate::court::acts) fn list_annexes(&self, annexes: &mut Vec<$crate::ledger::hash::Digest>) {
                    let $name { $($field),* } = self;
                    $($crate::court::acts::grammar::field!(annexes $times annexes $field);)*
                    let _ = annexes;
                }

                /// Reads its lines.
                pub(in crate::court::acts) fn read(
                    fields: &mut $crate::ledger::text::Fields<'_>,
                ) -> Result<Self, $crate::ledger::text::TextError> {
                    let _ = &fields;
                    Ok($name { $($field: $crate::court::acts::grammar::field!(read $times fields $line),)* })
                }
            }
        )+
    };
}

/// The type of an act that is listed with its fields; nothing for one whose type is in another file.
macro_rules! act_entry {
    ($(#[$doc:meta])* $name:ident) => {};
    ($(#[$doc:meta])* $name:ident $fields:tt) => {
        $crate::court::acts::grammar::act_types! { $(#[$doc])* $name $fields }
    };
}

/// All acts with their words and labels, and with their fields unless the type is in another file.
macro_rules! acts {
    ($(
        $(#[$doc:meta])*
        $name:ident $word:literal / $zh:literal / $en:literal $({
            $($(#[$field_doc:meta])* $times:ident $field:ident $line:literal: $kind:ty,)*
        })? $(;)?
    )+) => {
        $(
            $crate::court::acts::grammar::act_entry! {
                $(#[$doc])*
                $name $({ $($(#[$field_doc])* $times $field $line: $kind,)* })?
            }
        )+

        words! {
            /// The kinds of acts.
            ActKind { $($name = $word / $zh / $en,)+ }
        }

        /// An act.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Act {
            $(
                #[doc = $zh]
                $name($name),
            )+
        }

        impl Act {
            /// What kind of act it is.
            #[must_use]
            pub const fn kind(&self) -> ActKind {
                match self { $(Self::$name(_) => ActKind::$name,)+ }
            }

            /// Its own lines, appended to `text`.
            pub fn print(&self, text: &mut String) {
                match self { $(Self::$name(act) => act.print(text),)+ }
            }

            /// The annexes that its lines name, in their order.
            #[must_use]
            pub fn annexes(&self) -> Vec<AnnexId> {
                let mut annexes = Vec::new();
                match self { $(Self::$name(act) => act.list_annexes(&mut annexes),)+ }
                annexes.into_iter().map(AnnexId).collect()
            }

            /// Reads the lines of an act of this kind.
            ///
            /// # Errors
            ///
            /// [`TextError`]: on a chain, an act of a later version, or damage.
            pub fn parse(kind: ActKind, fields: &mut Fields<'_>) -> Result<Self, TextError> {
                Ok(match kind { $(ActKind::$name => Self::$name($name::read(fields)?),)+ })
            }
        }

        impl ActKind {
            /// The lines of a document with an act of this kind, in their order.
            #[must_use]
            pub const fn lines(self) -> &'static [&'static str] {
                match self { $(Self::$name => $name::LINES,)+ }
            }
        }
    };
}
pub(in crate::court::acts) use {act_entry, act_types, acts, field};
