//! Characters that can't be seen, or are taken for others. They come with text from
//! web pages and word processors.

/// The character to type in place of an unseen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plain {
    Dash,
    Blank,
    Nothing,
}

/// The unseen characters in groups: the first and last of a group, what it is called,
/// and what to type in its place.
const UNSEEN: &[(char, char, &str, Plain)] = &[
    ('\u{a0}', '\u{a0}', "no-break space", Plain::Blank),
    ('\u{ad}', '\u{ad}', "soft hyphen", Plain::Nothing),
    ('\u{2000}', '\u{200a}', "space", Plain::Blank),
    ('\u{200b}', '\u{200f}', "zero width", Plain::Nothing),
    ('\u{2010}', '\u{2012}', "dash", Plain::Dash),
    ('\u{2013}', '\u{2013}', "en dash", Plain::Dash),
    ('\u{2014}', '\u{2014}', "em dash", Plain::Dash),
    ('\u{2015}', '\u{2015}', "dash", Plain::Dash),
    ('\u{2018}', '\u{201f}', "quotation mark", Plain::Nothing),
    ('\u{2028}', '\u{2029}', "separator", Plain::Blank),
    ('\u{202a}', '\u{202e}', "text direction", Plain::Nothing),
    ('\u{202f}', '\u{202f}', "no-break space", Plain::Blank),
    ('\u{205f}', '\u{205f}', "space", Plain::Blank),
    ('\u{2060}', '\u{206f}', "zero width", Plain::Nothing),
    ('\u{2212}', '\u{2212}', "minus sign", Plain::Dash),
    ('\u{3000}', '\u{3000}', "space", Plain::Blank),
    ('\u{fe58}', '\u{fe58}', "dash", Plain::Dash),
    ('\u{fe63}', '\u{fe63}', "dash", Plain::Dash),
    ('\u{feff}', '\u{feff}', "byte order mark", Plain::Nothing),
    ('\u{ff0d}', '\u{ff0d}', "dash", Plain::Dash),
];

fn find(c: char) -> Option<(&'static str, Plain)> {
    let mut unseen = UNSEEN.iter();
    unseen.find_map(|&(from, to, name, plain)| (from..=to).contains(&c).then_some((name, plain)))
}

/// Returns the beginning of a text as messages show it: control characters are
/// escaped, and unseen characters are shown by their number and name.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 300;
    let mut shown = String::with_capacity(text.len().min(MOST));
    let mut characters = text.chars();
    for c in characters.by_ref().take(MOST) {
        match find(c) {
            _ if c.is_control() => shown.extend(c.escape_default()),
            Some((name, _)) => shown.push_str(&format!("<U+{:04X} {name}>", u32::from(c))),
            None => shown.push(c),
        }
    }
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// Returns the word with what is to be typed in place of unseen characters, or none
/// if there are none in it. A long option gets two dashes, even if it had only one.
pub(crate) fn plain(word: &str, is_long_option: impl Fn(&str) -> bool) -> Option<String> {
    word.chars().find_map(find)?;
    let mut text = String::with_capacity(word.len());
    for c in word.chars() {
        match find(c) {
            Some((_, Plain::Dash)) => text.push('-'),
            Some((_, Plain::Blank)) => text.push(' '),
            Some((_, Plain::Nothing)) => {}
            None => text.push(c),
        }
    }
    let option = text.trim_start_matches('-');
    let name = option.split(['=', ' ']).next().unwrap_or_default();
    Some(match option.len() < text.len() && is_long_option(name) {
        true => format!("--{option}"),
        false => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn long_texts_are_cut_and_controls_escaped() {
        assert_eq!(shown("a\u{1b}[31m"), "a\\u{1b}[31m");
        assert_eq!(shown(&"x".repeat(301)), "x".repeat(300) + "...");
    }

    #[test]
    fn words_as_they_are_to_be_typed() {
        for (word, wanted) in [
            ("-s", None),
            ("\u{2013}s", Some("-s")),
            ("\u{2014}set", Some("--set")),
            ("\u{2013}\u{2013}set=1", Some("--set=1")),
            ("-\u{2010}set", Some("--set")),
            ("\u{2212}ln", Some("-ln")),
            ("\u{2013}\u{2013}nothing", Some("--nothing")),
            ("-A\u{a0}-t", Some("-A -t")),
            ("\u{feff}-A", Some("-A")),
            ("\u{201c}rr\u{201d}", Some("rr")),
            ("10.0.0.1\u{200b}:80", Some("10.0.0.1:80")),
            ("\u{2013}", Some("-")),
            ("\u{200b}", Some("")),
        ] {
            let plain = plain(word, |name| name == "set");
            assert_eq!(plain.as_deref(), wanted, "{word}");
        }
    }
}
