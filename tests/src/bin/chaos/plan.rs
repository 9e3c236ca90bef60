//! Who is killed, and after how many events: all of it from a seed.

use std::time::Duration;

use anyhow::Context as _;

/// What was asked for on the command line.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub events: usize,
    pub plugins: usize,
    pub plugin_kills: usize,
    pub daemon_kills: usize,
}

/// One death.
#[derive(Debug, Clone)]
pub struct Kill {
    /// Events that are acknowledged by then.
    pub after: usize,
    /// And then so long.
    pub pause: Duration,
    pub victim: Victim,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    Plugin(usize),
    Daemon,
}

/// All deaths, in order.
#[derive(Debug)]
pub struct Plan {
    pub kills: Vec<Kill>,
}

impl Options {
    /// Reads `--seed N`, `--events N`, `--plugin-kills N`, `--daemon-kills N`.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let seed = fastrand::u64(..1_000_000);
        let mut options =
            Self { seed, events: 10_000, plugins: 4, plugin_kills: 100, daemon_kills: 20 };
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("{name} needs a number"))?;
            let number: usize = value.parse().with_context(|| format!("{name} {value}"))?;
            match name.as_str() {
                "--seed" => options.seed = number as u64,
                "--events" => options.events = number,
                "--plugin-kills" => options.plugin_kills = number,
                "--daemon-kills" => options.daemon_kills = number,
                _ => anyhow::bail!("{name} is nothing chaos knows"),
            }
        }
        Ok(options)
    }
}

impl Plan {
    pub fn new(options: &Options) -> Self {
        let mut luck = fastrand::Rng::with_seed(options.seed);
        let plugins = (0..options.plugin_kills).map(|_| luck.usize(..options.plugins));
        let mut victims: Vec<Victim> = plugins.map(Victim::Plugin).collect();
        victims.extend((0..options.daemon_kills).map(|_| Victim::Daemon));
        luck.shuffle(&mut victims);
        let mut after: Vec<usize> =
            victims.iter().map(|_| luck.usize(..options.events.max(1))).collect();
        after.sort_unstable();
        let kill = |(victim, after)| {
            let pause = Duration::from_micros(luck.u64(..30_000));
            Kill { after, pause, victim }
        };
        Self { kills: victims.into_iter().zip(after).map(kill).collect() }
    }
}
