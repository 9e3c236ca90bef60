//! How the daemon arranges its own process. It touches no plugin.

use std::{ffi::CString, io, os::unix::ffi::OsStringExt as _};

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getpid, getrlimit, kill_process,
    set_child_subreaper, set_dumpable_behavior, setrlimit,
};

/// Makes this process the parent of whatever a dying keeper leaves behind.
///
/// # Errors
/// When the kernel refuses.
pub fn become_subreaper() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Keeps other processes of the same user from tracing this one or reading its memory, and it from
/// leaving core files: it knows every plugin's token.
///
/// # Errors
/// When the kernel refuses.
pub fn refuse_to_be_dumped() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Raises the soft limit on open descriptors to the hard one: each plugin takes about eight, and
/// the usual soft limit of 1,024 is for programs that call select().
pub fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Up to the hard limit is always allowed; should it fail, the old limit still serves 100
    // plugins.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Marks the calling thread as one that works beside the data plane: when it wakes, it waits for a
/// processor instead of taking one from a thread that is running. Its share of the processor stays
/// the same. Where the kernel refuses, it is a thread as any other.
pub fn yield_to_the_data_plane() {
    // SAFETY: the kernel reads one number from a live structure and writes nothing back.
    let parameters = unsafe { std::mem::zeroed::<nix::libc::sched_param>() };
    // SAFETY: as above; 0 is the calling thread.
    let _ =
        unsafe { nix::libc::sched_setscheduler(0, nix::libc::SCHED_BATCH, &raw const parameters) };
}

/// Bytes of memory this process holds resident; 0 where /proc does not tell.
pub fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * rustix::param::page_size() as u64
}

/// Runs this process's program anew in its place: same pid, same arguments, nothing else kept but
/// descriptors that survive an exec. Returns only when that failed.
pub fn start_again() -> io::Error {
    let again = || -> io::Result<std::convert::Infallible> {
        let program = CString::new(std::env::current_exe()?.into_os_string().into_vec())?;
        let args = std::env::args_os().map(|arg| CString::new(arg.into_vec()));
        let args = args.collect::<Result<Vec<_>, _>>()?;
        Ok(nix::unistd::execv(&program, &args)?)
    };
    match again() {
        Err(error) => error,
        Ok(never) => match never {},
    }
}

/// What this process creates is its user's alone, unless it says otherwise.
pub fn keep_files_private() {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
}

/// The user this process acts as.
pub fn user() -> u32 {
    nix::unistd::Uid::effective().as_raw()
}

/// Has this process told to stop, as an operator would, when its standard input ends: whoever
/// holds the other end is gone, or wants it to.
///
/// # Errors
/// The system gives no thread.
pub fn stop_at_end_of_input() -> io::Result<()> {
    let wait = || {
        // Nothing is expected there; an error is an end too.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = kill_process(getpid(), Signal::TERM);
    };
    std::thread::Builder::new().name("leash".to_owned()).spawn(wait).map(drop)
}
