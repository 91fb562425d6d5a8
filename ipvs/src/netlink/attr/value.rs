use netlink_packet_core::{
    DecodeError, Emitable, NLA_F_NESTED, Nla, NlaBuffer, NlasIterator, Parseable,
};

/// A type that an attribute may hold.
pub trait Value: Sized {
    /// Bits that are added to the attribute's type.
    const TYPE_FLAGS: u16 = 0;

    /// Returns how many bytes [`write`](Value::write) fills.
    fn size(&self) -> usize;
    /// Writes the value into a buffer of exactly its length.
    fn write(&self, buffer: &mut [u8]);
    /// Reads the value from the whole of a buffer.
    ///
    /// # Errors
    /// Where the buffer can't hold such a value.
    fn read(buffer: &[u8]) -> Result<Self, DecodeError>;
}

/// A 16-bit number in network byte order, as ports are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BigEndian(pub u16);

/// The longest text that is sent, in bytes. The kernel takes at most 15 bytes of any name,
/// so that it refuses a text that was cut here as it would refuse the whole.
const LONGEST_TEXT: usize = 255;

impl<const N: usize> Value for [u8; N] {
    fn size(&self) -> usize {
        N
    }

    fn write(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(self);
    }

    fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
        buffer.try_into().map_err(|_| {
            DecodeError::from(format!("{} bytes where {N} are expected", buffer.len()))
        })
    }
}

macro_rules! host_order {
    ($($number:ty),+) => { $(
        impl Value for $number {
            fn size(&self) -> usize {
                size_of::<Self>()
            }

            fn write(&self, buffer: &mut [u8]) {
                self.to_ne_bytes().write(buffer);
            }

            fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
                Value::read(buffer).map(Self::from_ne_bytes)
            }
        }
    )+ };
}

host_order!(u8, u16, u32, u64);

impl Value for BigEndian {
    fn size(&self) -> usize {
        2
    }

    fn write(&self, buffer: &mut [u8]) {
        self.0.to_be_bytes().write(buffer);
    }

    fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
        Value::read(buffer).map(|bytes| Self(u16::from_be_bytes(bytes)))
    }
}

/// Text up to its first NUL; bytes that are no UTF-8 are replaced.
impl Value for String {
    fn size(&self) -> usize {
        self.len().min(LONGEST_TEXT) + 1
    }

    fn write(&self, buffer: &mut [u8]) {
        let text = self.bytes().take(LONGEST_TEXT).chain([0]);
        for (to, from) in buffer.iter_mut().zip(text) {
            *to = from;
        }
    }

    fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
        let text = buffer.split(|&byte| byte == 0).next().unwrap_or_default();
        Ok(Self::from_utf8_lossy(text).into_owned())
    }
}

/// Nested attributes.
impl<A> Value for Vec<A>
where
    A: Nla + for<'a> Parseable<NlaBuffer<&'a [u8]>>,
{
    const TYPE_FLAGS: u16 = NLA_F_NESTED;

    fn size(&self) -> usize {
        self.as_slice().buffer_len()
    }

    fn write(&self, buffer: &mut [u8]) {
        self.as_slice().emit(buffer);
    }

    fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
        NlasIterator::new(buffer)
            .map(|attribute| A::parse(&attribute?))
            .collect()
    }
}
