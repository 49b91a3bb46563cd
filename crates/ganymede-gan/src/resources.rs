//! What this machine gives: free memory, the cgroup's limit, the process's own use. Not here: what a
//! training needs (`step.rs`).

use crate::error::GanError;
use std::path::Path;

/// Memory that may be used, and which limit that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Available {
    /// Bytes.
    pub bytes: u64,
    /// `available memory` or `the cgroup's limit`.
    pub limit: &'static str,
}

/// The smaller of the system's available memory and what the cgroup leaves; `None` where the system says neither.
pub fn available() -> Option<Available> {
    let system = read_kib("/proc/meminfo", "MemAvailable:").map(|bytes| Available { bytes, limit: "available memory" });
    let cgroup = cgroup_left().map(|bytes| Available { bytes, limit: "the cgroup's limit" });
    [system, cgroup].into_iter().flatten().min_by_key(|a| a.bytes)
}

/// Refuses a plan that does not fit.
///
/// # Errors
/// [`GanError::Memory`].
pub fn check(needed: u64, available: Option<Available>) -> Result<(), GanError> {
    match available {
        Some(Available { bytes, limit }) if needed > bytes => Err(GanError::Memory { needed, available: bytes, limit }),
        _ => Ok(()),
    }
}

/// Resident memory of this process in bytes; 0 where the system does not say.
pub fn resident() -> u64 {
    read_kib("/proc/self/status", "VmRSS:").unwrap_or(0)
}

/// The most resident memory that this process ever had, in bytes; 0 where the system does not say.
pub fn peak_resident() -> u64 {
    read_kib("/proc/self/status", "VmHWM:").unwrap_or(0)
}

fn read_kib(file: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// What every cgroup from this process's up to the root leaves, the smallest.
fn cgroup_left() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut left: Option<u64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (root, limit, usage) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
            c if c.split(',').any(|c| c == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
            }
            _ => continue,
        };
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            let number = |name: &str| -> Option<u64> {
                std::fs::read_to_string(Path::new(root).join(group).join(name)).ok()?.trim().parse().ok()
            };
            if let (Some(limit), Some(usage)) = (number(limit), number(usage)) {
                let free = limit.saturating_sub(usage);
                left = Some(left.map_or(free, |l| l.min(free)));
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_does_not_fit_is_refused_with_both_numbers() {
        let available = Some(Available { bytes: 3 << 20, limit: "available memory" });
        assert!(check(3 << 20, available).is_ok());
        let error = |needed| check(needed, available).unwrap_err().to_string();
        let text = "expected a plan of at most 3.0 MiB (available memory), found one of at least ";
        assert_eq!(error(5 << 20), format!("{text}5.0 MiB"));
        assert_eq!(error(9_280_000_673_216), format!("{text}8642.7 GiB"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory() {
        assert!(resident() > 100_000);
        assert!(peak_resident() >= resident() / 2);
        assert!(available().unwrap().bytes > 0);
    }
}
