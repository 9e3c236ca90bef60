//! A program that commits one named sin, for the keeper's tests. Its last argument is a token by
//! which the tests find it and everything it forked.
#![allow(unsafe_code)] // fork and mappings in a program with one thread

use std::{env, hint::black_box, num::NonZeroUsize, process::exit};

use nix::{
    libc,
    sys::{
        mman::{MapFlags, ProtFlags, mmap_anonymous},
        signal::{SigHandler, Signal, signal},
    },
    unistd::{ForkResult, fork, pause, setsid},
};

const MIB: usize = 1 << 20;

fn main() {
    let args: Vec<String> = env::args().collect();
    let amount = || args[2].parse::<usize>().expect("a number");
    match args[1].as_str() {
        "pause" => {}
        "be-stubborn" => ignore(Signal::SIGTERM),
        "escape" => escape(),
        "escape-and-end" => {
            escape();
            exit(0);
        }
        "fork-without-end" => fork_without_end(),
        "eat" => eat(amount(), MapFlags::MAP_PRIVATE),
        "eat-shared" => eat(amount(), MapFlags::MAP_SHARED),
        "eat-in-a-child" => eat_in_a_child(amount()),
        "eat-then-fork" => eat_then_fork(amount()),
        "eat-and-end" => {
            eat(amount(), MapFlags::MAP_PRIVATE);
            exit(7);
        }
        other => panic!("unknown sin {other}"),
    }
    println!("done");
    rest();
}

fn rest() -> ! {
    loop {
        pause();
    }
}

fn ignore(which: Signal) {
    // SAFETY: the kernel's own "ignore", no handler.
    unsafe { signal(which, SigHandler::SigIgn) }.expect("a signal that may be ignored");
}

fn fork_here() -> ForkResult {
    // SAFETY: this program has one thread.
    unsafe { fork() }.expect("a fork")
}

/// A daemon in the old style: a session of its own, forked twice, no death signal, deaf.
fn escape() {
    let (mut read, write) = std::io::pipe().expect("a pipe");
    if let ForkResult::Child = fork_here() {
        setsid().expect("a session");
        if let ForkResult::Child = fork_here() {
            rustix::process::set_parent_process_death_signal(None).expect("no death signal");
            ignore(Signal::SIGTERM);
            ignore(Signal::SIGHUP);
            drop(write);
            rest();
        }
        exit(0);
    }
    drop(write);
    // End of file: the grandchild is on its own.
    std::io::Read::read_to_end(&mut read, &mut Vec::new()).expect("a pipe's end");
}

/// Never at home: each process forks its successor and ends.
fn fork_without_end() {
    println!("done");
    if let ForkResult::Parent { .. } = fork_here() {
        rest();
    }
    loop {
        if let ForkResult::Parent { .. } = fork_here() {
            // SAFETY: nothing of this process needs a clean exit.
            unsafe { libc::_exit(0) };
        }
    }
}

fn eat(mib: usize, kind: MapFlags) {
    for _ in 0..mib {
        let size = NonZeroUsize::new(MIB).expect("not zero");
        let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping that nobody else knows and nobody unmaps.
        let piece = unsafe { mmap_anonymous(None, size, rights, kind) }.expect("memory");
        // SAFETY: within the mapping, which is writable.
        unsafe { piece.cast::<u8>().write_bytes(1, MIB) };
        black_box(piece);
    }
}

fn eat_in_a_child(mib: usize) {
    if let ForkResult::Child = fork_here() {
        eat(mib, MapFlags::MAP_PRIVATE);
        rest();
    }
}

fn eat_then_fork(mib: usize) {
    eat(mib, MapFlags::MAP_PRIVATE);
    for _ in 0..3 {
        if let ForkResult::Child = fork_here() {
            rest();
        }
    }
}
