//! One start of one keeper: leaf, pipes, line, posix_spawn, the first order. It waits for nothing
//! the plugin does.

use std::{
    ffi::{CStr, CString},
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    sync::Arc,
};

use nix::{
    spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn},
    sys::{
        eventfd::{EfdFlags, EventFd},
        signal::SigSet,
    },
};
use rustix::{
    pipe::PipeFlags,
    process::{Pid, PidfdFlags, pidfd_open},
};
use tokio::sync::mpsc;

use super::{Means, SpawnError};
use crate::{
    cgroup::Leaf,
    enforced::CpuBy,
    handle::{Held, Keeper, KeeperEvents},
    keeper::{Begins, GATE_FD, KEEPER_FD, Line, Order, Plan},
    launch::Launch,
    watch::{Entry, Watch, orphans},
};

/// Descriptors given to the keeper are first moved above the numbers they will have there, so that
/// none is overwritten on its way.
const ABOVE_THE_KEEPERS: i32 = 10;

/// `Started` and one last event; each keeper sends no more.
const EVENTS_PER_KEEPER: usize = 4;

/// A keeper that runs, before anything is known of its plugin.
pub struct Begun {
    pub keeper: Keeper,
    pub events: KeeperEvents,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

pub struct Starter {
    means: Arc<Means>,
    watch: Watch,
}

/// The keeper's ends.
struct Ends {
    nothing: OwnedFd,
    line: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
    gate: Option<OwnedFd>,
}

impl Starter {
    pub fn new(means: Arc<Means>, watch: Watch) -> Starter {
        Starter { means, watch }
    }

    pub fn begin(&self, launch: &Launch, begins: Begins) -> Result<Begun, SpawnError> {
        check_name(&launch.plugin)?;
        let leaf = self.means.hierarchy.as_ref().map(|tree| tree.leaf(launch)).transpose()?;
        let path = leaf.as_ref().map(|leaf| leaf.path().to_owned());
        let begun = self.begin_in(leaf, (launch, begins));
        if let (Err(_), Some(path)) = (&begun, path) {
            // Nobody is in it yet.
            let _ = std::fs::remove_dir(path);
        }
        begun
    }

    fn begin_in(
        &self,
        leaf: Option<Leaf>,
        (launch, begins): (&Launch, Begins),
    ) -> Result<Begun, SpawnError> {
        let (line, keepers_line) =
            Line::pair().map_err(SpawnError::resource("make a socket pair"))?;
        let (stdout, keepers_stdout) = output_pipe()?;
        let (stderr, keepers_stderr) = output_pipe()?;
        let plan = Plan { begins, ..self.plan(leaf.as_ref(), launch) };
        // Sent before anybody reads: an order too large is refused while nothing has begun.
        line.send(&Order::Launch(Box::new(plan)))
            .map_err(|cause| SpawnError::HandOver { plugin: launch.plugin.clone(), cause })?;
        let gate = gate(begins)?;
        let ends = Ends::lift(&keepers_line.into(), &keepers_stdout, &keepers_stderr)
            .and_then(|ends| ends.with(gate.as_ref()))
            .map_err(SpawnError::resource("duplicate descriptors"))?;

        let mut known = orphans::keepers();
        let (pid, pidfd) = self.spawn_keeper(launch, &ends)?;
        known.insert(pid);
        drop(known);

        let enforced = self.means.enforced(launch);
        let who = (launch.plugin.as_str(), launch.generation);
        let held = Arc::new(Held::new(who, pid, leaf, enforced, (self.watch.bell(), gate)));
        let (sender, events) = mpsc::channel(EVENTS_PER_KEEPER);
        let cap = launch.limits.memory_bytes;
        self.watch.take(Entry::new(
            held.clone(),
            line,
            pidfd,
            sender,
            (cap, self.means.clone()),
        ))?;
        Ok(Begun { keeper: Keeper(held), events: KeeperEvents(events), stdout, stderr })
    }

    fn plan(&self, leaf: Option<&Leaf>, launch: &Launch) -> Plan {
        let nice = match self.means.enforced(launch).cpu {
            CpuBy::Nice(nice) => Some(nice),
            CpuBy::CgroupWeight => None,
        };
        Plan {
            launch: launch.clone(),
            leaf: leaf.map(|leaf| leaf.path().to_owned()),
            namespace: self.means.namespace_for(launch),
            network: self.means.network_for(launch),
            nice,
            begins: Begins::AtOnce,
        }
    }

    fn spawn_keeper(&self, launch: &Launch, ends: &Ends) -> Result<(u32, OwnedFd), SpawnError> {
        let say = |cause| SpawnError::Keeper { path: self.means.keeper.clone(), cause };
        let pid = posix_spawn_keeper(&self.means.keeper, launch, ends).map_err(&say)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| say(errno.into()));
        Ok((pid.as_raw_nonzero().get().cast_unsigned(), pidfd?))
    }
}

impl Ends {
    fn lift(line: &OwnedFd, stdout: &OwnedFd, stderr: &OwnedFd) -> io::Result<Ends> {
        let nothing = lift(&OwnedFd::from(File::open("/dev/null")?))?;
        let (line, stdout, stderr) = (lift(line)?, lift(stdout)?, lift(stderr)?);
        Ok(Ends { nothing, line, stdout, stderr, gate: None })
    }

    fn with(self, gate: Option<&EventFd>) -> io::Result<Ends> {
        Ok(Ends { gate: gate.map(lift).transpose()?, ..self })
    }
}

fn lift(fd: &impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), ABOVE_THE_KEEPERS)?)
}

/// A keeper without a watch, its output going to `output`.
pub fn spawn_keeper_process(
    keeper: &std::path::Path,
    launch: &Launch,
    line: &OwnedFd,
    output: &OwnedFd,
) -> io::Result<Pid> {
    posix_spawn_keeper(keeper, launch, &Ends::lift(line, output, output)?)
}

fn posix_spawn_keeper(keeper: &std::path::Path, launch: &Launch, ends: &Ends) -> io::Result<Pid> {
    let mut actions = PosixSpawnFileActions::init()?;
    actions.add_dup2(ends.nothing.as_raw_fd(), 0)?;
    actions.add_dup2(ends.stdout.as_raw_fd(), 1)?;
    actions.add_dup2(ends.stderr.as_raw_fd(), 2)?;
    actions.add_dup2(ends.line.as_raw_fd(), KEEPER_FD)?;
    if let Some(gate) = &ends.gate {
        actions.add_dup2(gate.as_raw_fd(), GATE_FD)?;
    }
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_sigmask(&SigSet::empty())?;
    attributes.set_sigdefault(&SigSet::all())?;
    attributes.set_flags(
        PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF,
    )?;
    let path = CString::new(keeper.as_os_str().as_bytes())?;
    // What `ps` shows.
    let generation = CString::new(launch.generation.to_string())?;
    let args = [c"outboard-exec", &CString::new(launch.plugin.as_str())?, &generation];
    let nothing: [&CStr; 0] = [];
    let pid = posix_spawn(path.as_c_str(), &actions, &attributes, &args, &nothing)?;
    Pid::from_raw(pid.as_raw()).ok_or_else(|| io::Error::other("the kernel named no process"))
}

/// Our end does not block, the plugin's does: most programs know no other.
fn output_pipe() -> Result<(OwnedFd, OwnedFd), SpawnError> {
    let say = SpawnError::resource("make an output pipe");
    let (ours, plugins) =
        rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(|errno| say(errno.into()))?;
    rustix::io::ioctl_fionbio(&ours, true).map_err(|errno| say(errno.into()))?;
    Ok((ours, plugins))
}

/// What the plugin waits at, if it is to begin when told.
fn gate(begins: Begins) -> Result<Option<EventFd>, SpawnError> {
    let say = SpawnError::resource("make an eventfd");
    match begins {
        Begins::AtOnce => Ok(None),
        Begins::WhenTold => {
            let made = EventFd::from_flags(EfdFlags::EFD_CLOEXEC);
            Ok(Some(made.map_err(|errno| say(errno.into()))?))
        }
    }
}

fn check_name(name: &str) -> Result<(), SpawnError> {
    let is_one_part = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
    if is_one_part { Ok(()) } else { Err(SpawnError::Name(name.to_owned())) }
}
