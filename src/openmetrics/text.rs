//! Writes the text: metrics, their samples, and the labels of samples.

use std::fmt::Display;
use std::io::{self, Write};

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetricType {
    /// A number that only grows, until it is reset.
    Counter,
    /// A number that rises and falls, or the constant 1 of a sample that tells facts in its labels.
    Gauge,
}

/// A document of metrics that is being written.
pub(super) struct Exposition<'a, W: ?Sized> {
    out: &'a mut W,
    /// The metric whose samples follow.
    name: String,
}

impl<'a, W: Write + ?Sized> Exposition<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self {
            out,
            name: String::new(),
        }
    }

    /// Begins a metric. The name in its lines of `# TYPE` and `# HELP` is that of the samples,
    /// including `_total`: see [the module](super).
    pub(super) fn metric(&mut self, name: &str, of: MetricType, help: &str) -> io::Result<()> {
        let word = match of {
            MetricType::Counter => "counter",
            MetricType::Gauge => "gauge",
        };
        name.clone_into(&mut self.name);
        write!(self.out, "# HELP {name} {help}\n# TYPE {name} {word}\n")
    }

    /// Writes a sample of the metric.
    pub(super) fn sample(
        &mut self,
        labels: impl FnOnce(&mut Labels<'_, W>) -> io::Result<()>,
        value: impl itoa::Integer,
    ) -> io::Result<()> {
        self.out.write_all(self.name.as_bytes())?;
        let mut set = Labels {
            out: self.out,
            before: b"{",
        };
        labels(&mut set)?;
        if set.before != b"{" {
            self.out.write_all(b"}")?;
        }
        self.out.write_all(b" ")?;
        let mut digits = itoa::Buffer::new();
        self.out.write_all(digits.format(value).as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Writes a metric that has one sample, without labels.
    pub(super) fn number(
        &mut self,
        name: &str,
        of: MetricType,
        help: &str,
        value: impl itoa::Integer,
    ) -> io::Result<()> {
        self.metric(name, of, help)?;
        self.sample(|_| Ok(()), value)
    }

    /// Ends the document.
    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"# EOF\n")
    }
}

/// The labels of a sample.
pub(super) struct Labels<'a, W: ?Sized> {
    out: &'a mut W,
    before: &'static [u8],
}

impl<W: Write + ?Sized> Labels<'_, W> {
    /// Writes the labels of a row, made by [`LabelSets`].
    pub(super) fn made(&mut self, labels: &[u8]) -> io::Result<()> {
        self.out.write_all(self.before)?;
        self.before = b",";
        self.out.write_all(labels)
    }

    fn begin(&mut self, name: &str) -> io::Result<()> {
        self.out.write_all(self.before)?;
        self.before = b",";
        self.out.write_all(name.as_bytes())?;
        self.out.write_all(b"=\"")
    }

    /// Writes a label whose value needs no escaping: an address, or a word of this program.
    pub(super) fn plain(&mut self, name: &str, value: impl Display) -> io::Result<()> {
        self.begin(name)?;
        write!(self.out, "{value}\"")
    }

    /// Writes a label whose value is a number.
    pub(super) fn number(&mut self, name: &str, value: impl itoa::Integer) -> io::Result<()> {
        self.begin(name)?;
        let mut digits = itoa::Buffer::new();
        self.out.write_all(digits.format(value).as_bytes())?;
        self.out.write_all(b"\"")
    }

    /// Writes a label whose value may be any text.
    pub(super) fn text(&mut self, name: &str, value: &str) -> io::Result<()> {
        self.begin(name)?;
        for piece in value.split_inclusive(['\\', '"', '\n']) {
            let (plain, escaped) = match piece.as_bytes().split_last() {
                Some((b'\\', plain)) => (plain, "\\\\"),
                Some((b'"', plain)) => (plain, "\\\""),
                Some((b'\n', plain)) => (plain, "\\n"),
                _ => (piece.as_bytes(), ""),
            };
            self.out.write_all(plain)?;
            self.out.write_all(escaped.as_bytes())?;
        }
        self.out.write_all(b"\"")
    }
}

/// The labels of each row, made once, because a row has a sample of every metric.
pub(super) struct LabelSets {
    text: Vec<u8>,
    /// The end of each row's labels in the text.
    ends: Vec<usize>,
}

impl LabelSets {
    /// Makes the labels of each row. Every row has at least one.
    pub(super) fn of<R>(
        rows: impl Iterator<Item = R>,
        labels: impl Fn(R, &mut Labels<'_, Vec<u8>>) -> io::Result<()>,
    ) -> io::Result<Self> {
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        for row in rows {
            let mut set = Labels {
                out: &mut text,
                before: b"",
            };
            labels(row, &mut set)?;
            ends.push(text.len());
        }
        Ok(Self { text, ends })
    }

    /// Returns the labels of the rows, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let labels = self.text.get(start..end).unwrap_or_default();
            start = end;
            labels
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() -> io::Result<()> {
        let mut out = Vec::new();
        let mut text = Exposition::new(&mut out);
        text.metric("ipvs_x_total", MetricType::Counter, "Help.")?;
        text.sample(
            |labels| {
                labels.text("a", "")?;
                labels.text("b", "\\a\"\n\"ü")?;
                labels.number("c", 65535_u16)?;
                labels.plain("d", "ipv4")
            },
            u64::MAX,
        )?;
        text.number("ipvs_y", MetricType::Gauge, "Other.", -1)?;
        text.end()?;
        assert_eq!(
            String::from_utf8_lossy(&out),
            "# HELP ipvs_x_total Help.\n\
             # TYPE ipvs_x_total counter\n\
             ipvs_x_total{a=\"\",b=\"\\\\a\\\"\\n\\\"ü\",c=\"65535\",d=\"ipv4\"} 18446744073709551615\n\
             # HELP ipvs_y Other.\n\
             # TYPE ipvs_y gauge\n\
             ipvs_y -1\n\
             # EOF\n"
        );
        Ok(())
    }
}
