//! How long work tells its caller how far it is. Not here: bars and text (the command draws them).

/// Receives the progress of decoding. All methods may be called from several threads.
///
/// `()` is the receiver that ignores everything.
pub trait Progress: Sync {
    /// A new stretch of work begins: what it is, and how many units it has when that is known.
    fn start(&self, what: &str, total: Option<u64>);
    /// `units` more are done.
    fn advance(&self, units: u64);
    /// The stretch has ended.
    fn finish(&self);
}

impl Progress for () {
    fn start(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn finish(&self) {}
}
