//! Numbers for people: grouped digits, bytes, durations, operations.

use std::time::Duration;

/// `12345` as `12,345`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

/// `1 file`, `2,720 files`: words that take an s.
pub fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Bytes in the largest binary unit of at least 1: `401.2 MiB`.
pub fn bytes(n: u64) -> String {
    scaled(n as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// Floating-point operations: `12.3 GFLOP`.
pub fn flops(n: u64) -> String {
    scaled(n as f64, 1000.0, &["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"])
}

fn scaled(mut value: f64, base: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while value >= base && unit + 1 < units.len() {
        value /= base;
        unit += 1;
    }
    if unit == 0 { format!("{value} {}", units[0]) } else { format!("{value:.1} {}", units[unit]) }
}

/// `8s`, `5m 08s`, `2h 05m`, `3d 04h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(7), grouped(1_000), grouped(1_234_567)], ["7", "1,000", "1,234,567"]);
        assert_eq!(
            [counted(1, "file"), counted(0, "file"), counted(2720, "file")],
            ["1 file", "0 files", "2,720 files"]
        );
        assert_eq!([bytes(512), bytes(1 << 20), bytes(u64::MAX)], ["512 B", "1.0 MiB", "16777216.0 TiB"]);
        assert_eq!([flops(999), flops(12_340_000_000)], ["999 FLOP", "12.3 GFLOP"]);
        let written = [8.4, 308.0, 7_500.0, 273_600.0].map(|s| duration(Duration::from_secs_f64(s)));
        assert_eq!(written, ["8s", "5m 08s", "2h 05m", "3d 04h"]);
    }
}
