//! Memory of kernels: aligned buffers, and disjoint views of spans of them.
//! Not here: which value lies where (the memory plan, `ganymede-graph`).

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

/// Alignment of every buffer and, by the plan, of every value in it: a cache line, a vector of 16 floats.
pub const ALIGNMENT: usize = 64;

/// Why memory cannot be had or viewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The system has no such block of memory.
    #[error("cannot allocate {bytes} bytes")]
    OutOfMemory {
        /// Size asked for.
        bytes: usize,
    },
    /// A span reaches beyond its memory, or names one that is not there.
    #[error("expected a span inside the {available} bytes of memory {memory}, found {offset}..{offset}+{bytes}")]
    OutOfBounds {
        /// Which memory.
        memory: u8,
        /// First byte of the span.
        offset: usize,
        /// Length of the span.
        bytes: usize,
        /// Length of that memory; 0 when there is none of that number.
        available: usize,
    },
    /// A written span shares bytes with another span.
    #[error("expected disjoint spans, found write {write} over {other} (memory {memory}, byte {byte})")]
    Overlap {
        /// Index of the written span.
        write: usize,
        /// The other span: `read i` or `write i`.
        other: String,
        /// Which memory.
        memory: u8,
        /// First shared byte.
        byte: usize,
    },
}

impl MemoryError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            MemoryError::OutOfMemory { .. } => "use a smaller batch or resolution, or free memory",
            MemoryError::OutOfBounds { .. } | MemoryError::Overlap { .. } => "this is a bug in the memory plan",
        }
    }
}

/// One zeroed block of memory, aligned to [`ALIGNMENT`].
#[derive(Debug)]
pub struct Memory {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: `Memory` owns its block as a `Box<[u8]>` would, and gives access through borrows only.
unsafe impl Send for Memory {}
// SAFETY: as above; a shared `Memory` gives shared slices only.
unsafe impl Sync for Memory {}

impl Memory {
    /// A block of `bytes` zeros.
    ///
    /// # Errors
    /// [`MemoryError::OutOfMemory`] when the system has no such block.
    pub fn new(bytes: usize) -> Result<Memory, MemoryError> {
        let Ok(layout) = Layout::from_size_align(bytes, ALIGNMENT) else {
            return Err(MemoryError::OutOfMemory { bytes });
        };
        if bytes == 0 {
            // No block: an aligned address that is never read.
            return Ok(Memory { start: NonNull::<Line>::dangling().cast(), bytes });
        }
        // SAFETY: the layout has a size above 0.
        let start = unsafe { alloc_zeroed(layout) };
        prefer_large_pages(start, bytes);
        NonNull::new(start).map(|start| Memory { start, bytes }).ok_or(MemoryError::OutOfMemory { bytes })
    }

    /// Size in bytes.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `start` is valid for `bytes` initialised bytes as long as `self` lives.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }

    /// All of it, to write.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, and `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.bytes) }
    }

    /// All of it as elements; the bytes after the last whole element are left out.
    pub fn view<T: Element>(&self) -> &[T] {
        let whole = self.bytes - self.bytes % size_of::<T>();
        view(&self.bytes()[..whole])
    }

    /// All of it as elements to write; the bytes after the last whole element are left out.
    pub fn view_mut<T: Element>(&mut self) -> &mut [T] {
        let whole = self.bytes - self.bytes % size_of::<T>();
        view_mut(&mut self.bytes_mut()[..whole])
    }
}

/// Asks the system to back a large block with large pages: kernels walk over many of the usual ones at once, and looking
/// up where each lies costs products a few per cent. A refusal changes nothing.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn prefer_large_pages(start: *mut u8, bytes: usize) {
    const LARGE: usize = 2 << 20;
    const MADV_HUGEPAGE: i32 = 14;
    unsafe extern "C" {
        fn madvise(start: *mut u8, bytes: usize, advice: i32) -> i32;
    }
    let skipped = start.align_offset(LARGE);
    if !start.is_null() && bytes >= skipped.saturating_add(LARGE) {
        // SAFETY: the range lies within the block, begins at a page, and the advice changes no contents.
        unsafe { madvise(start.wrapping_add(skipped), (bytes - skipped) / LARGE * LARGE, MADV_HUGEPAGE) };
    }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn prefer_large_pages(_start: *mut u8, _bytes: usize) {}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: allocated in `new` with this layout, which was valid there.
            unsafe { dealloc(self.start.as_ptr(), Layout::from_size_align_unchecked(self.bytes, ALIGNMENT)) }
        }
    }
}

/// What gives the address of an empty block its alignment.
#[repr(align(64))]
struct Line;
const _: () = assert!(align_of::<Line>() == ALIGNMENT);

mod sealed {
    pub trait Sealed {}
}

/// A type of which every bit pattern is a value: what memory can be viewed as.
pub trait Element: sealed::Sealed + Copy + Send + Sync + 'static {}

macro_rules! elements {
    ($($type:ty),*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {}
    )*};
}
elements!(f32, i32, u32, u16, u8);

/// Bytes as elements.
///
/// # Panics
/// When `bytes` is not aligned for `T` or not a whole number of elements.
pub fn view<T: Element>(bytes: &[u8]) -> &[T] {
    check_view::<T>(bytes);
    // SAFETY: aligned, long enough, and every bit pattern is a `T` (`Element` is sealed).
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<T>()) }
}

/// Bytes as elements to write.
///
/// # Panics
/// As [`view`].
pub fn view_mut<T: Element>(bytes: &mut [u8]) -> &mut [T] {
    check_view::<T>(bytes);
    // SAFETY: as in `view`; any `T` is valid bytes, as elements have no padding.
    unsafe { std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len() / size_of::<T>()) }
}

/// Elements as bytes.
pub fn bytes_of<T: Element>(elements: &[T]) -> &[u8] {
    // SAFETY: elements have no padding, so all their bytes are initialised.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// Elements as bytes to write.
pub fn bytes_of_mut<T: Element>(elements: &mut [T]) -> &mut [u8] {
    // SAFETY: as in `bytes_of`, and any bytes are a valid `T`.
    unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(elements)) }
}

fn check_view<T>(bytes: &[u8]) {
    let (size, aligned) = (size_of::<T>(), bytes.as_ptr().addr().is_multiple_of(align_of::<T>()));
    assert!(aligned && bytes.len().is_multiple_of(size), "expected aligned elements of {size} bytes");
}

/// A range of bytes of one of several memories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Index into the memories given to [`Access::bind`].
    pub memory: u8,
    /// First byte.
    pub offset: usize,
    /// Number of bytes.
    pub bytes: usize,
}

impl Span {
    /// The first byte that both spans have.
    fn shared_byte(&self, other: &Span) -> Option<usize> {
        let byte = self.offset.max(other.offset);
        let both = self.memory == other.memory && self.bytes > 0 && other.bytes > 0;
        (both && byte - self.offset < self.bytes && byte - other.offset < other.bytes).then_some(byte)
    }
}

/// The spans that one kernel call reads and writes, checked once: no written span overlaps another.
/// What is read and updated in place is a write only.
#[derive(Debug)]
pub struct Access {
    reads: Vec<Span>,
    writes: Vec<Span>,
    /// Room for the addresses, so that binding allocates nothing.
    read_views: Vec<NonNull<[u8]>>,
    write_views: Vec<NonNull<[u8]>>,
}

// SAFETY: the addresses are meaningless outside the life of the `Views` that `bind` returns, which
// borrows the `Access` exclusively; the rest is plain data.
unsafe impl Send for Access {}
// SAFETY: a shared `Access` never looks at the addresses.
unsafe impl Sync for Access {}

/// The slices of one kernel call, in the order of the spans given to [`Access::new`].
#[derive(Debug)]
pub struct Views<'a> {
    /// What is read.
    pub reads: &'a [&'a [u8]],
    /// What is written.
    pub writes: &'a mut [&'a mut [u8]],
}

impl Access {
    /// Checks that no write overlaps a read or another write.
    ///
    /// # Errors
    /// [`MemoryError::Overlap`].
    pub fn new(reads: Vec<Span>, writes: Vec<Span>) -> Result<Access, MemoryError> {
        for (w, write) in writes.iter().enumerate() {
            let overlap = |what: &str, i: usize, other: &Span| match write.shared_byte(other) {
                None => Ok(()),
                Some(byte) => {
                    Err(MemoryError::Overlap { write: w, other: format!("{what} {i}"), memory: write.memory, byte })
                }
            };
            reads.iter().enumerate().try_for_each(|(i, read)| overlap("read", i, read))?;
            writes[..w].iter().enumerate().try_for_each(|(i, other)| overlap("write", i, other))?;
        }
        let (read_views, write_views) = (Vec::with_capacity(reads.len()), Vec::with_capacity(writes.len()));
        Ok(Access { reads, writes, read_views, write_views })
    }

    /// What is read.
    pub fn reads(&self) -> &[Span] {
        &self.reads
    }

    /// What is written.
    pub fn writes(&self) -> &[Span] {
        &self.writes
    }

    /// The slices of these spans in `memories`.
    ///
    /// # Errors
    /// [`MemoryError::OutOfBounds`].
    pub fn bind<'a>(&'a mut self, memories: &'a mut [&mut Memory]) -> Result<Views<'a>, MemoryError> {
        self.read_views.clear();
        self.write_views.clear();
        for (spans, views) in [(&self.reads, &mut self.read_views), (&self.writes, &mut self.write_views)] {
            for &Span { memory, offset, bytes } in spans {
                let (start, available) = memories
                    .get(usize::from(memory))
                    .map_or((NonNull::<Line>::dangling().cast(), 0), |m| (m.start, m.bytes));
                if offset > available || bytes > available - offset {
                    return Err(MemoryError::OutOfBounds { memory, offset, bytes, available });
                }
                // SAFETY: `offset` is at most the length of the block.
                let first = unsafe { start.add(offset) };
                views.push(NonNull::slice_from_raw_parts(first, bytes));
            }
        }
        // SAFETY: `NonNull<[u8]>`, `&[u8]` and `&mut [u8]` have one layout. Each address is inside its
        // memory, whose blocks are distinct and borrowed exclusively for 'a, as is the room that holds
        // the addresses; and by the check in `new` a written span overlaps no other span.
        unsafe {
            let reads = std::slice::from_raw_parts(self.read_views.as_ptr().cast(), self.read_views.len());
            let writes = std::slice::from_raw_parts_mut(self.write_views.as_mut_ptr().cast(), self.write_views.len());
            Ok(Views { reads, writes })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(memory: u8, offset: usize, bytes: usize) -> Span {
        Span { memory, offset, bytes }
    }

    #[test]
    fn memory_is_aligned_and_zeroed() {
        for bytes in [0, 1, 63, 4096, 1_000_003] {
            let memory = Memory::new(bytes).unwrap();
            assert_eq!(memory.len(), bytes);
            assert_eq!(memory.bytes().as_ptr().addr() % ALIGNMENT, 0);
            assert!(memory.bytes().iter().all(|&b| b == 0));
            assert_eq!(memory.view::<f32>().len(), bytes / 4);
        }
    }

    #[test]
    fn too_much_is_an_error() {
        for bytes in [usize::MAX, isize::MAX as usize, 1 << 60] {
            // The compiler may do without an allocation that it sees is never used.
            assert_eq!(std::hint::black_box(Memory::new(bytes)).err(), Some(MemoryError::OutOfMemory { bytes }));
        }
    }

    #[test]
    fn views_are_the_spans() {
        let (mut arena, mut store) = (Memory::new(256).unwrap(), Memory::new(64).unwrap());
        arena.view_mut::<f32>()[16] = 2.5;
        let reads = vec![span(0, 64, 64), span(0, 64, 4), span(1, 0, 0)];
        let mut access = Access::new(reads, vec![span(1, 0, 64), span(0, 0, 64)]).unwrap();
        for round in 0..2 {
            let mut memories = [&mut arena, &mut store];
            let views = access.bind(&mut memories).unwrap();
            assert_eq!(view::<f32>(views.reads[0])[0], 2.5);
            assert_eq!((views.reads[1].len(), views.reads[2].len()), (4, 0));
            view_mut::<i32>(views.writes[0]).fill(7 + round);
            views.writes[1].fill(1);
        }
        assert!(store.view::<i32>().iter().all(|&x| x == 8));
        assert!(arena.bytes()[..64].iter().all(|&x| x == 1));
    }

    #[test]
    fn overlaps_and_overruns_are_errors() {
        let overlap = Access::new(vec![span(0, 0, 65)], vec![span(0, 128, 4), span(0, 64, 64)]).unwrap_err();
        assert_eq!(overlap.to_string(), "expected disjoint spans, found write 1 over read 0 (memory 0, byte 64)");
        assert!(Access::new(vec![], vec![span(0, 0, 8), span(0, 4, 8)]).is_err());
        assert!(Access::new(vec![span(1, 0, 8)], vec![span(0, 0, 8)]).is_ok());
        let mut memory = Memory::new(64).unwrap();
        for bad in [span(0, 0, 65), span(0, 65, 0), span(0, usize::MAX, 2), span(1, 0, 1)] {
            let mut access = Access::new(vec![bad], vec![]).unwrap();
            let mut memories = [&mut memory];
            assert!(matches!(access.bind(&mut memories), Err(MemoryError::OutOfBounds { .. })), "{bad:?}");
        }
    }
}
