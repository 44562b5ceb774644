//! Characters that make a text look like another text. Source: Unicode, `Default_Ignorable_Code_Point`, `Bidi_Control`.

/// Whether the character alters how other characters are displayed, or is invisible: control characters, separators, bidirectional
/// controls, zero-width characters, fillers and tags.
#[must_use]
pub const fn alters_display(c: char) -> bool {
    matches!(c as u32,
        0x0000..=0x001F | 0x007F..=0x009F                                       // controls
        | 0x00AD | 0x034F | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F // invisible
        | 0x061C | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F          // zero width, separators, bidirectional
        | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB                            // fillers, annotations
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A                                 // shorthand, music
        | 0xE0000..=0xE00FF | 0xE01F0..=0xE0FFF) // tags, and unassigned characters that are not displayed
}

/// Whether the character selects a variant of the one before it. Names of persons have such variants of Han characters.
#[must_use]
pub const fn is_variation_selector(c: char) -> bool {
    matches!(c as u32, 0xFE00..=0xFE0F | 0xE0100..=0xE01EF)
}
