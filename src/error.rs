//! The one error type. Every refusal in the library is decided by making one of these; the C boundary only copies it.

use std::fmt;

/// Bytes of message kept, its terminating NUL not counted: what fits a `pf_error`.
const MESSAGE_BYTES: usize = 239;

/// What kind of refusal an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A required pointer is NULL.
    Null,
    /// A value is outside its documented range.
    Argument,
    /// Offsets, stride, alignment or overlap: not a readable buffer.
    Layout,
    /// A coordinate is NaN or infinite.
    Coordinate,
    /// An output buffer is too small.
    Capacity,
    /// A newer structure field, flag or file version than this build knows.
    Unsupported,
    /// A limit, the caller's or the format's, was reached.
    Limit,
    /// The progress callback or the cancel flag asked to stop.
    Cancelled,
    /// An allocation failed.
    Memory,
    /// The operating system refused a file operation; the item is its error number.
    Io,
    /// Malformed bytes: no index or a damaged one, or a row that is no polygon.
    Format,
    /// A bug in this library.
    Internal,
}

/// A refusal: its kind, the row it concerns and a message that names the argument. Making one never allocates.
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    item: Option<usize>,
    message: Message,
}

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error about a whole argument.
    pub fn new(kind: Kind, message: fmt::Arguments<'_>) -> Self {
        Error { kind, item: None, message: Message::format(message) }
    }

    /// An error about row `item` of an argument.
    pub fn at(kind: Kind, item: usize, message: fmt::Arguments<'_>) -> Self {
        Error { kind, item: Some(item), message: Message::format(message) }
    }

    /// What kind of refusal this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The row that caused it, if one did.
    pub fn item(&self) -> Option<usize> {
        self.item
    }

    /// The message, cut at 239 bytes.
    pub fn message(&self) -> &str {
        self.message.as_str()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?}): {}", self.kind, self.item, self.message())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}

/// An allocation failed.
pub(crate) fn out_of_memory() -> Error {
    Error::new(Kind::Memory, format_args!("out of memory"))
}

/// A string of at most [`MESSAGE_BYTES`], cut at a character.
#[derive(Clone)]
struct Message {
    len: usize,
    bytes: [u8; MESSAGE_BYTES],
}

impl Message {
    fn format(arguments: fmt::Arguments<'_>) -> Self {
        let mut message = Message { len: 0, bytes: [0; MESSAGE_BYTES] };
        // Cutting is not an error, and a value whose Display fails has said what it could.
        let _ = fmt::write(&mut message, arguments);
        message
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or("")
    }
}

impl fmt::Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut take = text.len().min(MESSAGE_BYTES - self.len);
        while !text.is_char_boundary(take) {
            take -= 1;
        }
        self.bytes[self.len..self.len + take].copy_from_slice(&text.as_bytes()[..take]);
        self.len += take;
        if take == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let error = Error::at(Kind::Argument, 3, format_args!("{}{}", "a".repeat(238), "\u{e9}tude"));
        assert_eq!(error.message(), "a".repeat(238));
        assert_eq!(error.item(), Some(3));
    }
}
