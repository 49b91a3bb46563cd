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
    let cgroup = cgroup_left(Path::new("/")).map(|bytes| Available { bytes, limit: "the cgroup's limit" });
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

/// What every cgroup from this process's up to the root leaves, the smallest, in the file system of `system`.
fn cgroup_left(system: &Path) -> Option<u64> {
    let groups = std::fs::read_to_string(system.join("proc/self/cgroup")).ok()?;
    let mut left: Option<u64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (root, limit, usage) = match controllers {
            "" => ("sys/fs/cgroup", "memory.max", "memory.current"),
            c if c.split(',').any(|c| c == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
            }
            _ => continue,
        };
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            let number = |name: &str| -> Option<u64> {
                std::fs::read_to_string(system.join(root).join(group).join(name)).ok()?.trim().parse().ok()
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

    /// A system with these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_tightest_cgroup_on_the_way_up_is_the_limit() {
        // The second version of cgroups: the outer group leaves 70, the inner one 300; the root has no limit.
        let two = system(&[
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "1000\n"),
            ("sys/fs/cgroup/outer/inner/memory.current", "700\n"),
            ("sys/fs/cgroup/outer/memory.max", "800\n"),
            ("sys/fs/cgroup/outer/memory.current", "730\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/memory.current", "900\n"),
        ]);
        assert_eq!(cgroup_left(two.path()), Some(70));
        // The first version: the line of the controller `memory` alone counts, whatever the others have.
        let one = system(&[
            ("proc/self/cgroup", "5:cpu,cpuacct:/other\n4:hugetlb,memory:/mine\n0::/\n"),
            ("sys/fs/cgroup/memory/mine/memory.limit_in_bytes", "500\n"),
            ("sys/fs/cgroup/memory/mine/memory.usage_in_bytes", "200\n"),
            ("sys/fs/cgroup/memory/other/memory.limit_in_bytes", "10\n"),
            ("sys/fs/cgroup/memory/other/memory.usage_in_bytes", "10\n"),
        ]);
        assert_eq!(cgroup_left(one.path()), Some(300));
        // More in use than the limit leaves nothing; no file, no limit.
        let over = system(&[
            ("proc/self/cgroup", "0::/a\n"),
            ("sys/fs/cgroup/a/memory.max", "5"),
            ("sys/fs/cgroup/a/memory.current", "9"),
        ]);
        assert_eq!(cgroup_left(over.path()), Some(0));
        assert_eq!(cgroup_left(system(&[("proc/self/cgroup", "0::/a\n")]).path()), None);
        assert_eq!(cgroup_left(system(&[]).path()), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_memory() {
        assert!(resident() > 100_000);
        assert!(peak_resident() >= resident() / 2);
        assert!(available().unwrap().bytes > 0);
    }
}
