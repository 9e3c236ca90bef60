//! The few steps between fork and execve, in the forked child: every limit is on before the
//! plugin's first instruction. It reports the step that failed and never returns to the keeper's
//! loop.

use std::{
    convert::Infallible,
    ffi::{CString, OsStr},
    fmt::Display,
    fs, io,
    os::unix::ffi::OsStrExt,
    path::Path,
};

use nix::{
    libc,
    sys::{
        resource::{Resource, getrlimit, setrlimit},
        signal::{SigHandler, SigSet, SigmaskHow, Signal, sigprocmask},
        stat::{Mode, umask},
    },
    unistd::{self, Gid, Uid},
};
use outboard_linux::{
    keeper::Plan,
    launch::{Limits, PluginUser},
};
use rustix::{
    process::{Signal as ProcessSignal, set_parent_process_death_signal},
    thread::{CapabilitySet, CapabilitySets},
};

use crate::{network, setup::close_the_rest_on_exec};

/// Above the cap by this much, RLIMIT_DATA stops an allocation that outruns every watch. Nearer it
/// would stop runtimes that only reserve (grpcio aborts at 35 MiB resident under a 50 MiB limit).
const DATA_FENCE_BYTES: u64 = 1 << 30;

/// A plugin goes before the daemon when the whole machine runs out of memory.
const OOM_SCORE: i32 = 500;

/// A step that failed, as the operator reads it.
#[derive(Debug)]
pub struct Failure {
    /// What was being done.
    pub step: String,
    /// What came of it.
    pub error: String,
}

impl Failure {
    /// It was ended before it was told to begin.
    pub fn unwanted() -> Failure {
        Failure { step: "wait for the word".into(), error: "it was ended before it began".into() }
    }

    /// Comes through the launch pipe before anything else, once the plugin has been told to begin.
    /// No encoded failure starts with it.
    pub const AFTER_THE_WORD: u8 = 0;

    /// As it goes through the launch pipe.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&(&self.step, &self.error)).unwrap_or_default()
    }

    /// From the launch pipe.
    pub fn decode(said: &[u8]) -> Failure {
        let half_a_message = |_| ("start the plugin".to_owned(), "it died on the way".to_owned());
        let (step, error) = serde_json::from_slice(said).unwrap_or_else(half_a_message);
        Failure { step, error }
    }
}

/// Becomes the plugin, once `told` returns. Returns only when that failed.
pub fn become_the_plugin(plan: &Plan, told: impl FnOnce() -> Result<(), Failure>) -> Failure {
    match try_to_become(plan, told) {
        Err(failure) => failure,
        Ok(never) => match never {},
    }
}

fn try_to_become(
    plan: &Plan,
    told: impl FnOnce() -> Result<(), Failure>,
) -> Result<Infallible, Failure> {
    let launch = &plan.launch;
    be_marked()?;
    unistd::setsid().or_say("begin a session of its own")?;
    prefer_for_oom().or_say("set oom_score_adj")?;
    if let Some(nice) = plan.nice {
        be_nice(nice).or_say("lower the CPU priority")?;
    }
    limit(&launch.limits, launch.user)?;
    signals_to_default().or_say("reset the signals")?;
    umask(Mode::from_bits_truncate(0o077));
    network::cut_with_own_rights(plan.network)?;
    change_user(launch.user)?;
    network::cut_as_its_user(plan.network)?;
    drop_privileges(launch.user).or_say("drop capabilities")?;
    die_with_the_keeper().or_say("ask to die with the keeper")?;
    let folder = &launch.working_dir;
    unistd::chdir(folder).or_say(format!("enter the folder {}", folder.display()))?;
    close_the_rest_on_exec().or_say("close the keeper's descriptors")?;
    let execution = Execution::of(plan)?;
    told()?;
    execution.begin(plan)
}

/// No program below may gain rights by setuid; and by this mark, which nobody can take off, the
/// daemon knows the orphans of a keeper that died. So it comes first.
///
/// # Errors
/// When the kernel refuses.
pub fn be_marked() -> Result<(), Failure> {
    rustix::thread::set_no_new_privs(true).or_say("set no_new_privs")
}

fn prefer_for_oom() -> io::Result<()> {
    let path = "/proc/self/oom_score_adj";
    let now: i32 = fs::read_to_string(path)?.trim().parse().unwrap_or(0);
    // Lowering takes a right we may not have, and more than 500 serves the purpose as well.
    if now >= OOM_SCORE { Ok(()) } else { fs::write(path, OOM_SCORE.to_string()) }
}

/// A daemon that runs at a lower priority itself keeps its plugins there: raising takes a right.
fn be_nice(nice: i32) -> io::Result<()> {
    let nice = nice.max(rustix::process::getpriority_process(None)?);
    rustix::process::setpriority_process(None, nice)?;
    // Where sessions are scheduled as groups, niceness counts only within one, unless the group has
    // it.
    let _ = fs::write("/proc/self/autogroup", nice.to_string());
    Ok(())
}

fn limit(limits: &Limits, user: Option<PluginUser>) -> Result<(), Failure> {
    set(Resource::RLIMIT_CORE, 0, "forbid core files")?;
    let data = limits.memory_bytes.saturating_add(DATA_FENCE_BYTES);
    set(Resource::RLIMIT_DATA, data, "limit the data segment")?;
    set(Resource::RLIMIT_NOFILE, limits.open_files, "limit open files")?;
    // The kernel counts processes per user: shared with the daemon it would hit everybody.
    if user.is_some() {
        set(Resource::RLIMIT_NPROC, limits.pids.into(), "limit processes")?;
    }
    Ok(())
}

fn set(resource: Resource, value: u64, step: &str) -> Result<(), Failure> {
    let (_, ceiling) = getrlimit(resource).or_say(step)?;
    // Whoever may not raise a ceiling keeps the lower one, which is the stricter.
    let value = value.min(ceiling);
    setrlimit(resource, value, value).or_say(step)
}

fn signals_to_default() -> io::Result<()> {
    // A disposition of "ignore" survives execve; so do blocked signals.
    for which in Signal::iterator() {
        if !matches!(which, Signal::SIGKILL | Signal::SIGSTOP) {
            // SAFETY: restores the kernel's default; this process has no handlers that code relies
            // on.
            unsafe { nix::sys::signal::signal(which, SigHandler::SigDfl) }?;
        }
    }
    internal_signals_to_default();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
    Ok(())
}

/// posix_spawn leaves the C library's two private signals ignored, and its own calls refuse to name
/// them.
fn internal_signals_to_default() {
    // The kernel's sigaction: handler (zero is the default), flags, restorer, mask.
    let default = [0_u64; 4];
    for signal in [32, 33] {
        // SAFETY: the kernel reads 32 bytes from a live array and writes nothing back. It cannot
        // fail for these signals, and nothing here waits for them.
        unsafe {
            let (new, old) = (&raw const default, std::ptr::null_mut::<u64>());
            libc::syscall(libc::SYS_rt_sigaction, signal, new, old, 8_usize);
        }
    }
}

fn change_user(user: Option<PluginUser>) -> Result<(), Failure> {
    let Some(user) = user else { return Ok(()) };
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    unistd::setgroups(&[]).or_say("empty the supplementary groups")?;
    unistd::setresgid(gid, gid, gid).or_say(format!("become group {gid}"))?;
    unistd::setresuid(uid, uid, uid).or_say(format!("become user {uid}"))
}

/// A daemon under systemd holds ambient capabilities (to change users at all); they would survive
/// both setuid between ordinary users and execve.
fn drop_privileges(user: Option<PluginUser>) -> io::Result<()> {
    rustix::thread::clear_ambient_capability_set()?;
    // Root as itself is the operator's explicit wish and keeps what root has.
    if user.is_none() && Uid::current().is_root() {
        return Ok(());
    }
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}

/// A second string to the bow, not a promise: the plugin can clear it.
fn die_with_the_keeper() -> io::Result<()> {
    let keeper = unistd::getppid();
    set_parent_process_death_signal(Some(ProcessSignal::KILL))?;
    // The keeper may have ended before the request was in place.
    if unistd::getppid() == keeper { Ok(()) } else { Err(io::Error::other("the keeper is gone")) }
}

/// What execve is told, as it wants to have it.
struct Execution {
    step: String,
    program: CString,
    args: Vec<CString>,
    env: Vec<CString>,
}

impl Execution {
    fn of(plan: &Plan) -> Result<Execution, Failure> {
        let launch = &plan.launch;
        let step = format!("execute {}", launch.program.display());
        let program = c_string(launch.program.as_os_str()).or_say(&step)?;
        let args = c_strings(launch.args.iter().cloned()).or_say(&step)?;
        let pairs = launch.env.iter().map(|(name, value)| format!("{name}={value}"));
        let env = c_strings(pairs).or_say(&step)?;
        Ok(Execution { step, program, args, env })
    }

    fn begin(self, plan: &Plan) -> Result<Infallible, Failure> {
        match unistd::execve(&self.program, &self.args, &self.env) {
            Ok(never) => match never {},
            Err(errno) => {
                let error = explain(errno, &plan.launch.program);
                Err(Failure { error, step: self.step })
            }
        }
    }
}

/// The kernel says "no such file" also of a script whose interpreter is missing.
fn explain(errno: nix::errno::Errno, program: &Path) -> String {
    let error = io::Error::from(errno);
    match errno {
        nix::errno::Errno::ENOENT if program.exists() => {
            format!("{error}: the program is there, but not the interpreter or loader it names")
        }
        nix::errno::Errno::ENOEXEC => {
            format!("{error}: neither a program for this machine nor a script that starts with #!")
        }
        _ => error.to_string(),
    }
}

fn c_strings(strings: impl Iterator<Item = String>) -> io::Result<Vec<CString>> {
    strings.map(|text| c_string(OsStr::new(&text))).collect()
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

/// Names the step an error came from.
pub trait OrSay<T> {
    /// The same result, a failure carrying the step.
    ///
    /// # Errors
    /// When `self` is one.
    fn or_say(self, step: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error> + Display> OrSay<T> for Result<T, E> {
    fn or_say(self, step: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| Failure { step: step.into(), error: error.into().to_string() })
    }
}
