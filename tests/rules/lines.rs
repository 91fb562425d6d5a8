use std::io::{BufRead, BufReader, Read};

use ipvsadm::rules::lines::{LIMIT, Lines, Malformed};

type Read1 = (u64, Result<Vec<String>, Malformed>);

fn read(input: impl BufRead) -> Vec<Read1> {
    let mut lines = Lines::new(input);
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        all.push((line.number, line.words.map(<[String]>::to_vec)));
    }
    all
}

#[track_caller]
fn expect(input: &[u8], wanted: &[(u64, &[&str])]) {
    let wanted: Vec<Read1> = wanted
        .iter()
        .map(|(number, words)| {
            let words = words.iter().map(|word| (*word).to_owned());
            (*number, Ok(words.collect()))
        })
        .collect();
    assert_eq!(read(input), wanted);
    // Wherever the input is cut into pieces.
    for size in 1..6 {
        assert_eq!(read(BufReader::with_capacity(size, input)), wanted);
    }
}

#[test]
fn words_are_parted_by_blanks_tabs_and_carriage_returns() {
    expect(b" a  b\tc\rd \r\n", &[(1, &["a", "b", "c", "d"])]);
}

#[test]
fn nothing_else_parts_words() {
    expect(b"a\x0bb\x0cc\xc2\xa0d\n", &[(1, &["a\u{b}b\u{c}c\u{a0}d"])]);
}

#[test]
fn quotes_and_backslashes_are_plain_characters() {
    expect(
        b"-s \"r r\" 'x' a\\ b\\\nc\n",
        &[(1, &["-s", "\"r", "r\"", "'x'", "a\\", "b\\"]), (2, &["c"])],
    );
}

#[test]
fn the_word_ipvsadm_is_passed_over_wherever_it_stands() {
    expect(
        b"ipvsadm -A -t ipvsadm a:1 ipvsadm\nipvsadm\n/sbin/ipvsadm -C",
        &[
            (1, &["-A", "-t", "a:1"]),
            (2, &[]),
            (3, &["/sbin/ipvsadm", "-C"]),
        ],
    );
}

#[test]
fn empty_lines_count_and_are_passed_over() {
    expect(b"\n \t\n\r\na\n\nb", &[(4, &["a"]), (6, &["b"])]);
}

#[test]
fn the_last_line_needs_no_end() {
    expect(b"a\nb c", &[(1, &["a"]), (2, &["b", "c"])]);
    expect(b"", &[]);
    expect(b"\n", &[]);
}

#[test]
fn a_comment_begins_where_a_word_would() {
    expect(
        b"# all of it\na # b c\na#b #\n  #\n#a\n",
        &[(2, &["a"]), (3, &["a#b"])],
    );
}

#[test]
fn a_comment_may_hold_anything() {
    expect(b"a # \xff\0\nb\n", &[(1, &["a"]), (2, &["b"])]);
}

#[test]
fn a_nul_byte_is_an_error_of_its_line() {
    let lines = read(&b"a\nb\0c d\ne\n"[..]);
    assert_eq!(lines[1], (2, Err(Malformed::Nul("b\\x00c".into()))));
    assert_eq!(lines[2], (3, Ok(vec!["e".into()])));
}

#[test]
fn bytes_that_are_no_text_are_an_error_of_their_line() {
    let lines = read(&b"a \xff\xfe\nb\n"[..]);
    assert_eq!(lines[0], (1, Err(Malformed::Encoding("\\xff\\xfe".into()))));
    assert_eq!(lines[1].0, 2);
}

#[test]
fn blanks_and_comments_may_be_longer_than_the_limit() {
    let mut input = vec![b' '; 2 * LIMIT];
    input.extend_from_slice(b"a #");
    input.extend(vec![b'x'; 2 * LIMIT]);
    input.extend_from_slice(b"\nb\n");
    expect(&input, &[(1, &["a"]), (2, &["b"])]);
}

#[test]
fn a_line_may_have_words_up_to_the_limit() {
    let mut input = vec![b'x'; LIMIT];
    input.push(b'\n');
    assert!(read(&input[..])[0].1.is_ok());
    input.insert(0, b'x');
    assert_eq!(read(&input[..])[0], (1, Err(Malformed::TooLong)));
}

/// Gives the same words for ever.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for (at, byte) in buffer.iter_mut().enumerate() {
            *byte = if at % 2 == 0 { b'x' } else { b' ' };
        }
        Ok(buffer.len())
    }
}

#[test]
fn of_a_line_without_end_only_the_beginning_is_kept() {
    let input = Endless.take(100 * LIMIT as u64).chain(&b"\nb\n"[..]);
    let lines = read(BufReader::new(input));
    assert_eq!(lines[0], (1, Err(Malformed::TooLong)));
    assert_eq!(lines[1], (2, Ok(vec!["b".into()])));
}

#[test]
fn an_input_that_fails_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }
    let mut lines = Lines::new(BufReader::new((&b"a\nb"[..]).chain(Broken)));
    assert!(lines.next_line().unwrap().is_some());
    assert!(lines.next_line().is_err());
}

#[test]
fn a_byte_order_mark_at_the_start_is_passed_over() {
    expect(b"\xef\xbb\xbf-A\nb\n", &[(1, &["-A"]), (2, &["b"])]);
    expect(b"\xef\xbb\xbf# x\nb", &[(2, &["b"])]);
    expect(b"\xef\xbb\xbf", &[]);
    expect(b"\xef\xbb\xbf\n\xef\xbb\xbfb", &[(2, &["\u{feff}b"])]);
    expect("\u{feff}\u{feff}a".as_bytes(), &[(1, &["\u{feff}a"])]);
    expect("\u{feee}a".as_bytes(), &[(1, &["\u{feee}a"])]);
    let lines = read(&b"\xef\xbb\nb"[..]);
    assert_eq!(lines[0], (1, Err(Malformed::Encoding("\\xef\\xbb".into()))));
    let lines = read(&b"\xef"[..]);
    assert_eq!(lines[0], (1, Err(Malformed::Encoding("\\xef".into()))));
}
