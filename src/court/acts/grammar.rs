//! The macro that makes the types, the printer and the parser of acts from the list of their fields, so that they always agree.
//!
//! Not here: the list (`acts`), the spelling of a value (`line_value`).

/// Type, parser and printer of a field: required, optional or repeated.
macro_rules! field {
    (type required $kind:ty) => { $kind };
    (type optional $kind:ty) => { Option<$kind> };
    (type repeated $kind:ty) => { Vec<$kind> };
    (read required $fields:ident $line:literal) => { required($fields, $line)? };
    (read optional $fields:ident $line:literal) => { optional($fields, $line)? };
    (read repeated $fields:ident $line:literal) => { repeated($fields, $line, LINES_MAX)? };
    (annexes required $annexes:ident $value:expr) => { $annexes.extend(LineValue::annex($value)) };
    (annexes optional $annexes:ident $value:expr) => { $annexes.extend($value.iter().filter_map(LineValue::annex)) };
    (annexes repeated $annexes:ident $value:expr) => { $annexes.extend($value.iter().filter_map(LineValue::annex)) };
    (print required $text:ident $line:literal $value:expr) => { write($text, $line, $value) };
    (print optional $text:ident $line:literal $value:expr) => { if let Some(value) = $value { write($text, $line, value) } };
    (print repeated $text:ident $line:literal $value:expr) => { for value in $value { write($text, $line, value) } };
}

/// Acts by their fields: number of lines, field name, line name, type of the value.
macro_rules! acts {
    ($(
        $(#[$doc:meta])*
        $name:ident $word:literal / $zh:literal / $en:literal {
            $($(#[$field_doc:meta])* $times:ident $field:ident $line:literal: $kind:ty,)*
        }
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                $($(#[$field_doc])* #[doc = concat!("The line `", $line, "`.")] pub $field: field!(type $times $kind),)*
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
                match self {
                    $(Self::$name(act) => {
                        let $name { $($field),* } = act;
                        $(field!(print $times text $line $field);)*
                        let _ = text;
                    })+
                }
            }

            /// The annexes that its lines name, in their order.
            #[must_use]
            pub fn annexes(&self) -> Vec<AnnexId> {
                let mut annexes = Vec::new();
                match self {
                    $(Self::$name(act) => {
                        let $name { $($field),* } = act;
                        $(field!(annexes $times annexes $field);)*
                        let _ = &annexes;
                    })+
                }
                annexes.into_iter().map(AnnexId).collect()
            }

            /// Reads the lines of an act of this kind.
            ///
            /// # Errors
            ///
            /// [`TextError`]: on a chain, an act of a later version, or damage.
            pub fn parse(kind: ActKind, fields: &mut Fields<'_>) -> Result<Self, TextError> {
                let _ = &fields;
                Ok(match kind {
                    $(ActKind::$name => Self::$name($name { $($field: field!(read $times fields $line),)* }),)+
                })
            }
        }

        impl ActKind {
            /// The lines of a document with an act of this kind, in their order.
            #[must_use]
            pub const fn lines(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[HEAD[0], HEAD[1], HEAD[2], HEAD[3], HEAD[4], HEAD[5] $(, $line)*],)+
                }
            }
        }
    };
}
pub(in crate::court::acts) use {acts, field};
