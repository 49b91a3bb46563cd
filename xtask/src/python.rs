//! `cargo xtask python`: the Python package, tested in place, and its wheel, installed into an empty environment. Not here: what the
//! tests ask (`crates/ganymede-python/tests`).

use crate::ci::{cargo, succeeds};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate.
const CRATE: &str = "crates/ganymede-python";

/// Oldest Python that the package runs on.
const OLDEST: (u32, u32) = (3, 10);

/// What passed, and what did not, by name.
pub fn python(root: &Path, built: &Path) -> Vec<(&'static str, bool)> {
    let Some(interpreter) = interpreter() else {
        eprintln!("error: expected Python {}.{} or later on the PATH, found none; install python3", OLDEST.0, OLDEST.1);
        return vec![("python", false)];
    };
    let folder = built.join("xtask-python");
    let Some(python) = environment(&interpreter, &folder.join("tests"), &requirements(root)) else {
        return vec![("environment", false)];
    };
    // All targets, as the tests have them: another selection has other features, and builds everything again.
    let library = built.join("lib_ganymede.so");
    let whole = ["build", "--release", "--workspace", "--all-targets", "--locked"];
    let package = root.join(CRATE).join("python");
    let placed = cargo(root, &whole) && std::fs::copy(&library, package.join("ganymede/_ganymede.abi3.so")).is_ok();
    if !placed {
        return vec![("extension", false)];
    }
    let run = |arguments: &[&str]| {
        println!("$ python {}", arguments.join(" "));
        let mut command = Command::new(&python);
        // The sources stay as they are: nothing is written beside them.
        command.current_dir(root.join(CRATE)).args(arguments).env("PYTHONPATH", &package);
        succeeds(command.env("PYTHONDONTWRITEBYTECODE", "1"))
    };
    let stubs = ["-m", "mypy.stubtest", "ganymede._ganymede", "--mypy-config-file", "pyproject.toml"];
    vec![
        ("generated", run(&["generate.py", "--check"])),
        ("pytest", run(&["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"])),
        ("mypy", run(&["-m", "mypy", "--cache-dir=/dev/null", "-p", "ganymede"])),
        ("stubtest", run(&stubs)),
        ("wheel", wheel(root, &python, &interpreter, &folder)),
    ]
}

/// The package alone.
pub fn alone(root: &Path) -> bool {
    let built = std::env::current_exe().ok().and_then(|own| own.parent().map(Path::to_path_buf)).unwrap_or_default();
    let found = python(root, &built);
    found.iter().for_each(|(name, ok)| println!("{name:<10} {}", if *ok { "ok" } else { "FAILED" }));
    found.iter().all(|(_, ok)| *ok)
}

/// The newest usable interpreter.
fn interpreter() -> Option<PathBuf> {
    let code = format!("import sys; sys.exit(sys.version_info < {OLDEST:?})");
    let usable = |name: &&str| Command::new(name).args(["-c", &code]).status().is_ok_and(|status| status.success());
    ["python3", "python"].into_iter().find(usable).map(PathBuf::from)
}

fn requirements(root: &Path) -> PathBuf {
    root.join(CRATE).join("requirements.txt")
}

/// An environment with what a file names; Debian's Python makes one only with a package of its own.
fn environment(interpreter: &Path, folder: &Path, requirements: &Path) -> Option<PathBuf> {
    let python = folder.join("bin").join("python");
    let make = || succeeds(Command::new(interpreter).args(["-m", "venv"]).arg(folder));
    if !python.exists() && !make() {
        let _ = std::fs::remove_dir_all(folder);
        let installed =
            succeeds(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", "python3-venv"]));
        if !(installed && make()) {
            eprintln!("error: expected Python's module `venv`, found none; install python3-venv");
            return None;
        }
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    succeeds(&mut pip).then_some(python)
}

/// Builds the wheel and trains a few steps with it where nothing else is installed.
fn wheel(root: &Path, python: &Path, interpreter: &Path, folder: &Path) -> bool {
    let wheels = folder.join("wheels");
    let _ = std::fs::remove_dir_all(&wheels);
    let mut maturin = Command::new(python);
    maturin
        .current_dir(root.join(CRATE))
        .args(["-m", "maturin", "build", "--release", "--locked", "--out"])
        .arg(&wheels);
    if !succeeds(&mut maturin) {
        return false;
    }
    let Some(file) = std::fs::read_dir(&wheels).ok().and_then(|mut all| all.next()?.ok()).map(|entry| entry.path())
    else {
        return false;
    };
    let bytes = std::fs::metadata(&file).map_or(0, |about| about.len());
    println!("{}: {:.1} MB", file.file_name().unwrap_or_default().to_string_lossy(), bytes as f64 / 1e6);
    let empty = folder.join("empty");
    let _ = std::fs::remove_dir_all(&empty);
    let list = folder.join("wheel.txt");
    if std::fs::write(&list, format!("{}\n", file.display())).is_err() {
        return false;
    }
    let Some(python) = environment(interpreter, &empty, &list) else { return false };
    let mut smoke = Command::new(python);
    succeeds(smoke.current_dir(folder).arg(root.join(CRATE).join("tests/smoke.py")))
}
