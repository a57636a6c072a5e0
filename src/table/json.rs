//! JSON (RFC 8259), as much of it as a reader of GeoJSON needs: it goes through a text once and keeps nothing. Strings are looked at as
//! bytes: whether they are UTF-8 is not asked, and names are compared as they are written.

use super::fault::{Fault, Reason};

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// How deep lists and objects may lie in each other where they are read past.
const DEEPEST: usize = 1024;

/// The longest number that is finite whatever its digits are.
const LONGEST: usize = 300;

pub(super) struct Reader<'a> {
    text: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    /// At the beginning, behind a byte order mark.
    pub(super) fn new(text: &'a [u8]) -> Self {
        let at = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Reader { text, at }
    }

    /// Goes on to what is no space.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<u8> {
        while let Some(c) = self.text.get(self.at) {
            if !matches!(c, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*c);
            }
            self.at += 1;
        }
        None
    }

    /// What is wrong here.
    #[cold]
    pub(super) fn fault(&self, reason: Reason) -> Fault {
        let is_end = self.at >= self.text.len();
        Fault::new(self.at.min(self.text.len()), if is_end { Reason::End } else { reason })
    }

    /// Takes a mark if it is the next.
    #[inline(always)]
    pub(super) fn takes(&mut self, mark: u8) -> bool {
        let is_next = self.next() == Some(mark);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, mark: u8, reason: Reason) -> Result<()> {
        if self.takes(mark) { Ok(()) } else { Err(self.fault(reason)) }
    }

    /// The members of a list, each of which is gone past.
    #[inline(always)]
    pub(super) fn list(&mut self, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.expect(b'[', Reason::List)?;
        if self.takes(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.takes(b']') {
                return Ok(());
            }
            self.expect(b',', Reason::Json)?;
        }
    }

    /// The members of an object: for each its name, at whose value the reader then is, and which is gone past.
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, &'a [u8]) -> Result<()>) -> Result<()> {
        self.expect(b'{', Reason::Type)?;
        if self.takes(b'}') {
            return Ok(());
        }
        loop {
            let name = self.name()?;
            each(self, name)?;
            if self.takes(b'}') {
                return Ok(());
            }
            self.expect(b',', Reason::Json)?;
        }
    }

    fn name(&mut self) -> Result<&'a [u8]> {
        let name = self.string()?;
        self.expect(b':', Reason::Json)?;
        Ok(name)
    }

    /// What is between quotes.
    pub(super) fn string(&mut self) -> Result<&'a [u8]> {
        self.expect(b'"', Reason::Json)?;
        let start = self.at;
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.iter().position(|&c| c == b'"' || c == b'\\' || c < b' ').unwrap_or(rest.len());
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                _ => return Err(self.fault(Reason::Json)),
            }
        }
        self.at += 1;
        Ok(&self.text[start..self.at - 1])
    }

    fn escape(&mut self) -> Result<()> {
        self.at += 1;
        let digits = match self.text.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.fault(Reason::Json)),
        };
        self.at += 1;
        for _ in 0..digits {
            if !self.text.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                return Err(self.fault(Reason::Json));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// A number; 0 in place of one that is finite, if its value is not wanted.
    #[inline(always)]
    pub(super) fn number(&mut self, is_wanted: bool) -> Result<f64> {
        self.next();
        let start = self.at;
        let mut is_short = true;
        self.at += usize::from(self.text.get(self.at) == Some(&b'-'));
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            is_short = false;
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if !is_wanted && is_short && text.len() <= LONGEST {
            return Ok(0.0);
        }
        let value = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        value.ok_or_else(|| Fault::new(start, Reason::Number))
    }

    /// One digit or more.
    #[inline(always)]
    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault(Reason::Number)) } else { Ok(()) }
    }

    /// A word if it is the next.
    pub(super) fn takes_word(&mut self, word: &[u8]) -> bool {
        self.next();
        let is_next = self.text[self.at.min(self.text.len())..].starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Goes past a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<()> {
        // A bit for what is open at each depth: whether it is an object.
        let (mut open, mut depth) = ([0u64; DEEPEST / 64], 0);
        loop {
            match self.next() {
                Some(mark @ (b'{' | b'[')) => {
                    if depth == DEEPEST {
                        return Err(self.fault(Reason::Depth));
                    }
                    let bit = 1 << (depth % 64);
                    let is_object = mark == b'{';
                    open[depth / 64] = if is_object { open[depth / 64] | bit } else { open[depth / 64] & !bit };
                    depth += 1;
                    self.at += 1;
                    if !self.takes(if is_object { b'}' } else { b']' }) {
                        if is_object {
                            self.name()?;
                        }
                        continue;
                    }
                    depth -= 1;
                }
                Some(b'"') => drop(self.string()?),
                Some(b'-' | b'0'..=b'9') => drop(self.number(false)?),
                _ if [&b"true"[..], b"false", b"null"].iter().any(|word| self.takes_word(word)) => {}
                _ => return Err(self.fault(Reason::Json)),
            }
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let is_object = open[(depth - 1) / 64] >> ((depth - 1) % 64) & 1 == 1;
                if self.takes(b',') {
                    if is_object {
                        self.name()?;
                    }
                    break;
                }
                self.expect(if is_object { b'}' } else { b']' }, Reason::Json)?;
                depth -= 1;
            }
        }
    }
}
