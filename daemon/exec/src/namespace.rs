//! Forking the plugin: directly below the keeper, or below an init of a pid namespace of its own,
//! whose end takes everybody inside with it. It knows neither limits nor what is executed.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
};

use nix::{
    libc,
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::{
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, Gid, Pid, Uid, fork},
};
use outboard_linux::{
    keeper::{Begins, Exit, Namespace, Plan},
    tree,
};

use crate::{
    child::{self, Failure, OrSay},
    setup,
};

/// The C library's binding truncates this flag.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// A plugin on its way to execve.
pub struct Fork {
    /// The keeper's child: the plugin, or the init above it.
    pub pid: Pid,
    /// Says which step failed, or closes when execve has happened.
    pub launching: OwnedFd,
    /// With an init: says how the plugin's main process ended.
    pub exit_of_main: Option<OwnedFd>,
}

/// Forks the plugin as the plan says.
///
/// # Errors
/// When there is no process or no namespace to have.
pub fn fork_plugin(plan: &Plan) -> Result<Fork, Failure> {
    match plan.namespace {
        Namespace::None => fork_directly(plan),
        Namespace::Pid => fork_below_init(plan, CloneFlags::CLONE_NEWPID),
        Namespace::UserAndPid => {
            fork_below_init(plan, CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)
        }
    }
}

/// The main process of the plugin as the keeper sees it: inside a namespace the init's oldest
/// child.
pub fn main_process(first: Pid, below_init: bool) -> Pid {
    if !below_init {
        return first;
    }
    let children = tree::children_of(first.as_raw().cast_unsigned());
    children.first().and_then(|pid| tree::real_pid(*pid)).unwrap_or(first)
}

/// What the init said of the main process; its own end stands in when it was killed before.
pub fn exit_of(pipe: OwnedFd, of_init: Exit) -> Exit {
    let mut said = Vec::new();
    let _ = File::from(pipe).read_to_end(&mut said);
    serde_json::from_slice(&said).unwrap_or(of_init)
}

fn fork_directly(plan: &Plan) -> Result<Fork, Failure> {
    let (launching, say) = pipe("make a pipe")?;
    let (forked, still_to_join) = match &plan.leaf {
        Some(leaf) => fork_into(leaf)?,
        None => (fork_here("fork")?, None),
    };
    match forked {
        ForkResult::Parent { child } => Ok(Fork { pid: child, launching, exit_of_main: None }),
        ForkResult::Child => {
            if let Some(Err(failure)) = still_to_join.map(join) {
                give_up(&failure, say);
            }
            become_the_plugin(plan, say)
        }
    }
}

fn fork_below_init(plan: &Plan, namespaces: CloneFlags) -> Result<Fork, Failure> {
    let (launching, say) = pipe("make a pipe")?;
    let (exit_of_main, tell) = pipe("make a pipe")?;
    let (uid, gid) = (Uid::current(), Gid::current());
    unshare(namespaces).or_say("make a pid namespace")?;
    if namespaces.contains(CloneFlags::CLONE_NEWUSER) {
        map_user(uid, gid).or_say("map the user into its namespace")?;
    }
    match fork_here("fork the init of the pid namespace")? {
        ForkResult::Parent { child } => {
            Ok(Fork { pid: child, launching, exit_of_main: Some(exit_of_main) })
        }
        ForkResult::Child => run_init(plan, say, tell),
    }
}

/// The same numbers inside as outside: the one user and group that there is.
///
/// # Errors
/// When the kernel refuses.
pub fn map_user(uid: Uid, gid: Gid) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Process 1 of the namespace: the plugin cannot be it, because the kernel hides default-action
/// signals from a process 1 (SIGTERM would do nothing).
fn run_init(plan: &Plan, say: OwnedFd, tell: OwnedFd) -> ! {
    if let Err(failure) = arrange_init() {
        give_up(&failure, say);
    }
    match fork_here("fork") {
        Ok(ForkResult::Child) => become_the_plugin(plan, say),
        Ok(ForkResult::Parent { child }) => {
            drop(say);
            let _ = setup::let_go_of_the_output();
            reap_until_the_end(child, tell)
        }
        Err(failure) => give_up(&failure, say),
    }
}

fn arrange_init() -> Result<(), Failure> {
    child::be_marked()?;
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .or_say("ask to die with the keeper")?;
    unshare(CloneFlags::CLONE_NEWNS).or_say("make a mount namespace")?;
    let nothing = None::<&str>;
    let down_only = MsFlags::MS_SLAVE | MsFlags::MS_REC;
    mount(nothing, "/", nothing, down_only, nothing).or_say("separate the mounts")?;
    let strict = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), strict, nothing).or_say("mount /proc")
}

fn reap_until_the_end(main: Pid, tell: OwnedFd) -> ! {
    let exit = loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == main => break Exit::Code(code),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == main => {
                break Exit::Signal(signal as i32);
            }
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            // The main process was this one's child and has not been reaped.
            Err(_) => break Exit::Signal(Signal::SIGKILL as i32),
        }
    };
    let said = serde_json::to_vec(&exit).unwrap_or_default();
    let _ = File::from(tell).write_all(&said);
    // Our end is everybody's end: the kernel kills what is left in the namespace.
    std::process::exit(0)
}

fn become_the_plugin(plan: &Plan, say: OwnedFd) -> ! {
    let mut say = File::from(say);
    let told = || match plan.begins {
        Begins::AtOnce => Ok(()),
        Begins::WhenTold => wait_for_the_word(&mut say),
    };
    let failure = child::become_the_plugin(plan, told);
    give_up(&failure, say.into())
}

/// What is said then tells a plugin that began from one that was ended while it waited.
fn wait_for_the_word(say: &mut File) -> Result<(), Failure> {
    setup::gate().read_exact(&mut [0; 8]).or_say("wait for the word")?;
    say.write_all(&[Failure::AFTER_THE_WORD]).or_say("say that it begins")
}

fn give_up(failure: &Failure, say: OwnedFd) -> ! {
    let _ = File::from(say).write_all(&failure.encode());
    std::process::exit(127)
}

fn pipe(step: &str) -> Result<(OwnedFd, OwnedFd), Failure> {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).or_say(step)
}

/// Forks a child that begins its life in the leaf. Joining it afterwards makes the kernel wait for
/// every processor (10 ms and more); being born there costs nothing.
fn fork_into(leaf: &Path) -> Result<(ForkResult, Option<&Path>), Failure> {
    let folder = File::open(leaf).or_say(format!("open the cgroup {}", leaf.display()))?;
    match clone_into(&folder) {
        Ok(0) => Ok((ForkResult::Child, None)),
        Ok(child) => Ok((ForkResult::Parent { child: Pid::from_raw(child) }, None)),
        // Forbidden by a filter, or a kernel before 5.7: the child joins by hand.
        Err(_) => Ok((fork_here("fork")?, Some(leaf))),
    }
}

fn join(leaf: &Path) -> Result<(), Failure> {
    let joined = fs::write(leaf.join("cgroup.procs"), "0");
    joined.or_say(format!("join the cgroup {}", leaf.display()))
}

fn clone_into(leaf: &File) -> io::Result<i32> {
    // SAFETY: all of its fields are numbers, for which zero says "not asked for".
    let mut wish: libc::clone_args = unsafe { std::mem::zeroed() };
    wish.flags = CLONE_INTO_CGROUP;
    wish.exit_signal = libc::SIGCHLD as u64;
    wish.cgroup = u64::from(leaf.as_raw_fd().cast_unsigned());
    let size = size_of::<libc::clone_args>();
    // SAFETY: without CLONE_VM this is fork by another name: the child runs on its own copy of the
    // stack, and with one thread no lock can be left held in it.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const wish, size) };
    if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(pid as i32) }
}

fn fork_here(step: &str) -> Result<ForkResult, Failure> {
    // SAFETY: the keeper and its init have one thread each, so no lock can be left held in the
    // child.
    unsafe { fork() }.or_say(step)
}
