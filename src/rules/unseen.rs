//! Characters that can't be seen, or are taken for others, as they come with
//! text from web pages and word processors.

/// Such characters, from one to another, and what each group is called.
const UNSEEN: &[(char, char, &str)] = &[
    ('\u{a0}', '\u{a0}', "no-break space"),
    ('\u{ad}', '\u{ad}', "soft hyphen"),
    ('\u{2000}', '\u{200a}', "space"),
    ('\u{200b}', '\u{200f}', "zero width"),
    ('\u{2010}', '\u{2012}', "dash"),
    ('\u{2013}', '\u{2013}', "en dash"),
    ('\u{2014}', '\u{2014}', "em dash"),
    ('\u{2015}', '\u{2015}', "dash"),
    ('\u{2018}', '\u{201f}', "quotation mark"),
    ('\u{2028}', '\u{2029}', "separator"),
    ('\u{202a}', '\u{202e}', "text direction"),
    ('\u{202f}', '\u{202f}', "no-break space"),
    ('\u{205f}', '\u{205f}', "space"),
    ('\u{2060}', '\u{206f}', "zero width"),
    ('\u{2212}', '\u{2212}', "minus sign"),
    ('\u{3000}', '\u{3000}', "space"),
    ('\u{fe58}', '\u{fe58}', "dash"),
    ('\u{fe63}', '\u{fe63}', "dash"),
    ('\u{feff}', '\u{feff}', "byte order mark"),
    ('\u{ff0d}', '\u{ff0d}', "dash"),
];

/// Appends a character: itself where it can be seen, else its number and name.
pub(super) fn push(text: &mut String, c: char) {
    let found = UNSEEN
        .iter()
        .find(|(from, to, _)| (*from..=*to).contains(&c));
    match found {
        Some((.., name)) => text.push_str(&format!("<U+{:04X} {name}>", u32::from(c))),
        None => text.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> String {
        let mut text = String::new();
        word.chars().for_each(|c| push(&mut text, c));
        text
    }

    #[test]
    fn what_can_not_be_seen_is_named() {
        for (word, wanted) in [
            ("-s", "-s"),
            ("é:80", "é:80"),
            ("日本", "日本"),
            ("a\u{a0}b", "a<U+00A0 no-break space>b"),
            ("\u{2013}s", "<U+2013 en dash>s"),
            ("\u{feff}-A", "<U+FEFF byte order mark>-A"),
            ("a\u{202e}b", "a<U+202E text direction>b"),
            (
                "\u{201c}rr\u{201d}",
                "<U+201C quotation mark>rr<U+201D quotation mark>",
            ),
        ] {
            assert_eq!(shown(word), wanted);
        }
    }
}
